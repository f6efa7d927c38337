"""Versions of after-school's norms."""

from datetime import date, datetime
from typing import ClassVar
from uuid import UUID

from shared.events import Event


class NormEvent(Event):
    """Every fact of a version of a norm. Without a district it holds for the whole city."""

    topic: ClassVar[str] = "afterschool.norms.v1"

    norm_id: UUID
    name: str
    district: str | None
    at: datetime


class NormEnacted(NormEvent):
    """A norm's value was enacted and is in force from a day on. The norm's name ends with the unit of the value."""

    type: ClassVar[str] = "afterschool.norm.enacted.v1"

    value: int
    source: str
    valid_from: date


class NormRepealed(NormEvent):
    """A norm's value was repealed; `valid_to` is its last day. From then on the city's value holds in a district."""

    type: ClassVar[str] = "afterschool.norm.repealed.v1"

    valid_to: date


class NormWithdrawn(NormEvent):
    """A norm's value was withdrawn, as if it had never been enacted."""

    type: ClassVar[str] = "afterschool.norm.withdrawn.v1"

    valid_from: date


class NormContinued(NormEvent):
    """The next value was withdrawn, so this one stays in force; `valid_to` is its last day, or null if it has none."""

    type: ClassVar[str] = "afterschool.norm.continued.v1"

    valid_to: date | None
