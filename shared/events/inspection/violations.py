"""Violations, from report to verification."""

from datetime import date, datetime
from typing import ClassVar
from uuid import UUID

from pydantic import Field

from shared.events import Event


class ViolationEvent(Event):
    """Every fact of a violation carries its severity and place. `found_on` is the day in China; `offence` is the code
    in the catalogue."""

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
    """A violation was reported."""

    type: ClassVar[str] = "inspection.violation.reported.v1"

    description: str
    external_ref: str | None


class ViolationHandedOver(ViolationEvent):
    """A violation was handed over to another team; `team` is the new one."""

    type: ClassVar[str] = "inspection.violation.handed_over.v1"

    from_team: str
    team: str


class RectificationOrdered(ViolationEvent):
    """The institution was ordered to rectify the violation by `due_on`."""

    type: ClassVar[str] = "inspection.violation.rectification_ordered.v1"

    due_on: date
    requirement: str


class ViolationRectified(ViolationEvent):
    """The institution reported the rectification; `evidence` lists the ids of its evidence."""

    type: ClassVar[str] = "inspection.violation.rectified.v1"

    statement: str
    evidence: list[UUID] = Field(default_factory=list)


class ViolationWithdrawn(ViolationEvent):
    """A violation was withdrawn: it was reported by mistake and is not counted."""

    type: ClassVar[str] = "inspection.violation.withdrawn.v1"


class ViolationVerified(ViolationEvent):
    """A rectification was verified: the violation is closed if it holds, or under order again if not."""

    type: ClassVar[str] = "inspection.violation.verified.v1"

    holds: bool
    note: str | None


class ViolationExtended(ViolationEvent):
    """The deadline of a rectification was extended, which is possible once."""

    type: ClassVar[str] = "inspection.violation.extended.v1"

    due_on: date
    reason: str
