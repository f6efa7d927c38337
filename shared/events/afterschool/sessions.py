"""Sessions of offerings: planned, substituted, cancelled, and what attendance was recorded."""

from datetime import date, datetime
from typing import ClassVar
from uuid import UUID

from pydantic import BaseModel, Field

from shared.events import Event

_TOPIC = "afterschool.sessions.v1"


class SessionsPlanned(Event):
    """Sessions of a school were generated from the timetable and the calendar: how many are new, planned again,
    cancelled, or kept although their day has no timetable now, because they have attendance."""

    type: ClassVar[str] = "afterschool.sessions.planned.v1"
    topic: ClassVar[str] = _TOPIC

    run_id: UUID
    school_id: UUID
    offering_id: UUID | None
    term_id: UUID
    district: str | None
    street: str | None
    planned: int
    restored: int
    cancelled: int
    kept: int
    at: datetime


class SessionEvent(Event):
    """Every fact of a session says when it takes place; `on` is the day in China, `number` the period."""

    topic: ClassVar[str] = _TOPIC

    session_id: UUID
    offering_id: UUID
    school_id: UUID
    district: str | None
    street: str | None
    on: date
    number: int
    at: datetime


class SessionSubstituted(SessionEvent):
    """Another teacher takes a session; null: the teacher of the offering takes it again."""

    type: ClassVar[str] = "afterschool.session.substituted.v1"

    substitute_id: UUID | None


class SessionCancelled(SessionEvent):
    """A session does not take place: the school cancelled it, or its day has no timetable after a correction."""

    type: ClassVar[str] = "afterschool.session.cancelled.v1"

    cancelled_for: str


class SessionRestored(SessionEvent):
    """A session that the calendar had cancelled takes place after all, or at another time than before."""

    type: ClassVar[str] = "afterschool.session.restored.v1"

    starts_at: datetime
    ends_at: datetime


class MarkChanged(BaseModel):
    """The attendance of one person: a child or, with `teacher`, who teaches. `not_taken` withdraws an earlier mark."""

    person_id: UUID
    teacher: bool
    state: str
    version: int


class AttendanceRecorded(SessionEvent):
    """Attendance of a session was submitted. The counts are of the session's children now; `changed` is new."""

    type: ClassVar[str] = "afterschool.session.attendance-recorded.v1"

    present: int
    absent: int
    excused: int
    late: int
    left_early: int
    held: bool
    changed: list[MarkChanged] = Field(default_factory=list)


class ChildPickedUp(SessionEvent):
    """A child was picked up: by a guardian, or by another person whose name the school keeps sealed."""

    type: ClassVar[str] = "afterschool.session.child-picked-up.v1"

    pickup_id: UUID
    student_id: UUID
    guardianship_id: UUID | None
