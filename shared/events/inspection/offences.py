"""Versions of offences."""

from datetime import date, datetime
from typing import ClassVar
from uuid import UUID

from shared.events import Event


class OffenceEnacted(Event):
    """A version of an offence is in force from a day on: its clause, its severity, the days to put it right."""

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
    """A version of an offence ends with `valid_to`."""

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
    """The version after this one was withdrawn; `valid_to` is its last day again, null while none is known."""

    type: ClassVar[str] = "inspection.offence.continued.v1"
    topic: ClassVar[str] = "inspection.offences.v1"

    offence_id: UUID
    code: str
    valid_to: date | None
    at: datetime
