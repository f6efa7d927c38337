"""Complaints: received, matched, answered."""

from datetime import date, datetime
from typing import ClassVar
from uuid import UUID

from shared.events import Event


class ComplaintEvent(Event):
    """Every fact of a complaint carries its subject and place, never the complainant or the text."""

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
    """A complaint was handed over to another team; `team` is the new one."""

    type: ClassVar[str] = "inspection.complaint.handed_over.v1"

    from_team: str
    team: str


class ComplaintReceived(ComplaintEvent):
    """A complaint was received; the answer is due by `due_on`."""

    type: ClassVar[str] = "inspection.complaint.received.v1"

    due_on: date


class ComplaintMatched(ComplaintEvent):
    """A complaint was matched to an institution or a grid."""

    type: ClassVar[str] = "inspection.complaint.matched.v1"


class ComplaintJoined(ComplaintEvent):
    """A complaint joined an open complaint about the same matter; `lead_id` is that complaint."""

    type: ClassVar[str] = "inspection.complaint.joined.v1"

    lead_id: UUID


class ComplaintParted(ComplaintEvent):
    """A complaint no longer belongs to the one it had joined. It is open again, with its earlier match."""

    type: ClassVar[str] = "inspection.complaint.parted.v1"


class ComplaintVisitPlanned(ComplaintEvent):
    """A visit about the complaint was planned."""

    type: ClassVar[str] = "inspection.complaint.visit_planned.v1"

    visit_id: UUID


class ComplaintAnswered(ComplaintEvent):
    """A complaint was answered: substantiated, unsubstantiated or not_ours."""

    type: ClassVar[str] = "inspection.complaint.answered.v1"

    outcome: str


class ComplaintContactRead(ComplaintEvent):
    """An official read the complainant's contact; the journal records who and why."""

    type: ClassVar[str] = "inspection.complaint.contact_read.v1"
