"""Complaints: received, matched, answered."""

from datetime import date, datetime
from typing import ClassVar
from uuid import UUID

from shared.events import Event


class ComplaintEvent(Event):
    """Every fact of a complaint: what it is about and where, never who complained nor in which words."""

    topic: ClassVar[str] = "inspection.complaints.v1"

    complaint_id: UUID
    institution_id: UUID | None
    source: str
    subject: str
    grid: str | None
    district: str | None
    street: str | None
    state: str
    at: datetime


class ComplaintHandedOver(ComplaintEvent):
    """Another team looks into it; `team` is the new one."""

    type: ClassVar[str] = "inspection.complaint.handed_over.v1"

    from_team: str
    team: str


class ComplaintReceived(ComplaintEvent):
    """Somebody complained; by `due_on` there is an answer."""

    type: ClassVar[str] = "inspection.complaint.received.v1"

    due_on: date


class ComplaintMatched(ComplaintEvent):
    """Somebody decided whom or where it is about."""

    type: ClassVar[str] = "inspection.complaint.matched.v1"


class ComplaintJoined(ComplaintEvent):
    """The same is being looked into already; `lead_id` is that complaint."""

    type: ClassVar[str] = "inspection.complaint.joined.v1"

    lead_id: UUID


class ComplaintParted(ComplaintEvent):
    """The complaint it had joined is about something else now: it stands for itself again, where it was matched."""

    type: ClassVar[str] = "inspection.complaint.parted.v1"


class ComplaintVisitPlanned(ComplaintEvent):
    """A team goes and looks."""

    type: ClassVar[str] = "inspection.complaint.visit_planned.v1"

    visit_id: UUID


class ComplaintAnswered(ComplaintEvent):
    """The complainant was told what was found: substantiated, unsubstantiated or not_ours."""

    type: ClassVar[str] = "inspection.complaint.answered.v1"

    outcome: str


class ComplaintContactRead(ComplaintEvent):
    """An official looked at the complainant's contact; the journal keeps who and why."""

    type: ClassVar[str] = "inspection.complaint.contact_read.v1"
