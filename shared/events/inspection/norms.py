"""Versions of norms."""

from datetime import date, datetime
from typing import ClassVar
from uuid import UUID

from shared.events import Event


class NormEnacted(Event):
    """A norm's value was enacted and is in force from a day on. It is in days, basis points, risk points or fen."""

    type: ClassVar[str] = "inspection.norm.enacted.v1"
    topic: ClassVar[str] = "inspection.norms.v1"

    norm_id: UUID
    name: str
    value: int
    valid_from: date
    source: str
    at: datetime


class NormWithdrawn(Event):
    """A norm's value was withdrawn, as if it had never been enacted; the earlier value stays in force."""

    type: ClassVar[str] = "inspection.norm.withdrawn.v1"
    topic: ClassVar[str] = "inspection.norms.v1"

    norm_id: UUID
    name: str
    valid_from: date
    at: datetime
