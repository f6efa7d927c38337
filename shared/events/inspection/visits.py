"""Visits, from plan to review."""

from datetime import date, datetime
from typing import ClassVar
from uuid import UUID

from shared.events import Event


class VisitEvent(Event):
    """Every fact of a visit carries its place; `visited_on` is the day in China.

    If another service requested the visit, `purpose` is site_visit (of an application) or stop_order (its
    verification), and `reference_id` is the application or order. Both are null for inspection's own visits.
    """

    topic: ClassVar[str] = "inspection.visits.v1"

    visit_id: UUID
    institution_id: UUID | None
    campaign_id: UUID | None
    team: str | None
    grid: str | None
    district: str | None
    street: str | None
    at: datetime
    purpose: str | None = None
    reference_id: UUID | None = None


class VisitPlanned(VisitEvent):
    """A visit was planned for a team."""

    type: ClassVar[str] = "inspection.visit.planned.v1"


class VisitStarted(VisitEvent):
    """A visit was started, with this version of a checklist if it has one."""

    type: ClassVar[str] = "inspection.visit.started.v1"

    visited_on: date
    checklist_id: UUID | None = None


class VisitSubmitted(VisitEvent):
    """A visit was submitted with its outcome: inspected, closed_door, moved, duplicate, refused or newly_found.

    `passed` is the conclusion of a requested visit: the premises are suitable, or the order is kept. It is null if the
    visit could not tell.
    """

    type: ClassVar[str] = "inspection.visit.submitted.v1"

    outcome: str
    visited_on: date
    score: int | None
    violations: int
    passed: bool | None = None


class VisitRecorded(VisitEvent):
    """A visit made before this platform existed was imported."""

    type: ClassVar[str] = "inspection.visit.recorded.v1"

    outcome: str
    visited_on: date
    score: int | None
    visit_type: str | None
    external_ref: str


class VisitReviewed(VisitEvent):
    """A district officer accepted a submitted visit or sent it back."""

    type: ClassVar[str] = "inspection.visit.reviewed.v1"

    accepted: bool
    note: str | None


class VisitCalledOff(VisitEvent):
    """A planned visit was cancelled; `cause` says why."""

    type: ClassVar[str] = "inspection.visit.called_off.v1"

    cause: str


class VisitHandedOver(VisitEvent):
    """A visit was handed over from one team, or from none (`from_team` is null), to another; `team` is the new one."""

    type: ClassVar[str] = "inspection.visit.handed_over.v1"

    from_team: str | None


class VisitJoined(VisitEvent):
    """A colleague joined a visit under way; `inspectors` lists everybody present."""

    type: ClassVar[str] = "inspection.visit.joined.v1"

    inspectors: list[str]
