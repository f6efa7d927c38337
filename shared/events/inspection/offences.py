"""Versions of offences."""

from datetime import date, datetime
from typing import ClassVar
from uuid import UUID

from shared.events import Event


class OffenceEnacted(Event):
    """A version of an offence was enacted: its first day, clause, severity, and days to rectify."""

    type: ClassVar[str] = "inspection.offence.enacted.v1"
    topic: ClassVar[str] = "inspection.offences.v1"

    offence_id: UUID
    code: str
    title: str
    clause: str
    severity: str
    days: int
    valid_from: date
    at: datetime


class OffenceRepealed(Event):
    """A version of an offence was repealed; `valid_to` is its last day."""

    type: ClassVar[str] = "inspection.offence.repealed.v1"
    topic: ClassVar[str] = "inspection.offences.v1"

    offence_id: UUID
    code: str
    valid_to: date
    at: datetime


class OffenceWithdrawn(Event):
    """A version of an offence was withdrawn, as if it had never been enacted."""

    type: ClassVar[str] = "inspection.offence.withdrawn.v1"
    topic: ClassVar[str] = "inspection.offences.v1"

    offence_id: UUID
    code: str
    valid_from: date
    at: datetime


class OffenceContinued(Event):
    """The next version was withdrawn, so this one stays in force; `valid_to` is its last day, or null if it has
    none."""

    type: ClassVar[str] = "inspection.offence.continued.v1"
    topic: ClassVar[str] = "inspection.offences.v1"

    offence_id: UUID
    code: str
    valid_to: date | None
    at: datetime
