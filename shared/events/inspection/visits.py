"""Visits, from plan to review."""

from datetime import date, datetime
from typing import ClassVar
from uuid import UUID

from shared.events import Event


class VisitEvent(Event):
    """Every fact of a visit carries where it took place; `visited_on` is the day in China.

    A visit that another service asked for says so: `purpose` is site_visit (of an application) or stop_order (its
    verification), `reference_id` what it is about. Both are null for inspection's own visits.
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
    """A visit was put on a team's list."""

    type: ClassVar[str] = "inspection.visit.planned.v1"


class VisitStarted(VisitEvent):
    """Inspectors are at the door, with this version of a checklist if they use one."""

    type: ClassVar[str] = "inspection.visit.started.v1"

    visited_on: date
    checklist_id: UUID | None = None


class VisitSubmitted(VisitEvent):
    """A visit ended with its outcome: inspected, closed_door, moved, duplicate, refused or newly_found.

    `passed` answers who asked for it: the premises are fit, or the order is kept; null where nobody could tell.
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
    """A planned visit is no longer wanted; `cause` says why."""

    type: ClassVar[str] = "inspection.visit.called_off.v1"

    cause: str


class VisitHandedOver(VisitEvent):
    """A visit went from one team's list to another's, or from nobody's (`from_team` null); `team` is the new one."""

    type: ClassVar[str] = "inspection.visit.handed_over.v1"

    from_team: str | None


class VisitJoined(VisitEvent):
    """A colleague came to a visit under way; `inspectors` are all who are there."""

    type: ClassVar[str] = "inspection.visit.joined.v1"

    inspectors: list[str]
