"""Versions of norms."""

from datetime import date, datetime
from typing import ClassVar
from uuid import UUID

from shared.events import Event


class NormEnacted(Event):
    """A number that offices decide counts from a day on: days, shares in basis points, points of risk, fen."""

    type: ClassVar[str] = "inspection.norm.enacted.v1"
    topic: ClassVar[str] = "inspection.norms.v1"

    norm_id: UUID
    name: str
    value: int
    valid_from: date
    source: str
    at: datetime


class NormWithdrawn(Event):
    """A number was withdrawn, as if it had never been decided; the one before counts on."""

    type: ClassVar[str] = "inspection.norm.withdrawn.v1"
    topic: ClassVar[str] = "inspection.norms.v1"

    norm_id: UUID
    name: str
    valid_from: date
    at: datetime
