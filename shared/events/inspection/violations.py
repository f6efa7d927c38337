"""Violations, from report to verification."""

from datetime import date, datetime
from typing import ClassVar
from uuid import UUID

from pydantic import Field

from shared.events import Event


class ViolationEvent(Event):
    """Every fact of a violation carries its severity and place; `found_on` is the day in China, `offence` its code in
    the catalogue."""

    topic: ClassVar[str] = "inspection.violations.v1"

    violation_id: UUID
    institution_id: UUID | None
    visit_id: UUID | None
    grid: str | None
    district: str | None
    street: str | None
    severity: str
    found_on: date
    state: str
    at: datetime
    offence: str | None = None


class ViolationReported(ViolationEvent):
    """A breach was found."""

    type: ClassVar[str] = "inspection.violation.reported.v1"

    description: str
    external_ref: str | None


class ViolationHandedOver(ViolationEvent):
    """The work on a violation went from one team to another; `team` is the new one."""

    type: ClassVar[str] = "inspection.violation.handed_over.v1"

    from_team: str
    team: str


class RectificationOrdered(ViolationEvent):
    """The institution was told to put it right by a day."""

    type: ClassVar[str] = "inspection.violation.rectification_ordered.v1"

    due_on: date
    requirement: str


class ViolationRectified(ViolationEvent):
    """The institution says it has put it right; `evidence` are ids of what it shows for it."""

    type: ClassVar[str] = "inspection.violation.rectified.v1"

    statement: str
    evidence: list[UUID] = Field(default_factory=list)


class ViolationWithdrawn(ViolationEvent):
    """It was reported by mistake, and counts nowhere."""

    type: ClassVar[str] = "inspection.violation.withdrawn.v1"


class ViolationVerified(ViolationEvent):
    """An inspector looked again: closed if it holds, back under order if not."""

    type: ClassVar[str] = "inspection.violation.verified.v1"

    holds: bool
    note: str | None


class ViolationExtended(ViolationEvent):
    """The day by which to put it right was moved, once."""

    type: ClassVar[str] = "inspection.violation.extended.v1"

    due_on: date
    reason: str
