"""A session: one lesson of an offering on one day. When it counts as held, and what may still be changed."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Any, Final
from uuid import UUID

from sqlalchemy import CheckConstraint, Date, ForeignKey, Index, SmallInteger, Text, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from services.afterschool.orm import Base
from services.afterschool.programme.offerings.domain import Offering
from services.afterschool.roster.schools.domain import School
from services.afterschool.roster.teachers.domain import Teacher
from services.afterschool.roster.terms.domain import DayKind, Term
from shared.data.database import Aggregate
from shared.domain.refusals import Conflict, Invalid, NotFound
from shared.events.afterschool.sessions import (
    AttendanceRecorded,
    ChildPickedUp,
    MarkChanged,
    SessionCancelled,
    SessionRestored,
    SessionSubstituted,
)


class SessionNotFound(NotFound):
    """There is no such session, or you may not see it."""

    code = "session-not-found"
    zh = "没有此课次，或不在您的权限范围内。"


class NotMakeupWorkday(Invalid):
    """Only a make-up workday can follow the timetable of another weekday."""

    code = "not-a-makeup-workday"
    zh = "只有调休上班日可以按其他工作日的课表上课。"


class SessionIsCancelled(Conflict):
    """The session is cancelled (`cancelled_for`)."""

    code = "session-cancelled"
    zh = "该课次已取消。"


class SessionHasAttendance(Conflict):
    """Attendance of this session is recorded, so it cannot be changed any more."""

    code = "session-has-attendance"
    zh = "该课次已有考勤记录，不能再更改。"


class TeacherNotAtSchool(Conflict):
    """The teacher does not belong to the school on the day of the session."""

    code = "teacher-not-at-school"
    zh = "该教师在上课当日不属于本校。"


class TeacherBusy(Conflict):
    """The teacher has another session at this time."""

    code = "teacher-busy"
    zh = "该教师在该时段已有其他课次。"


class SessionState(StrEnum):
    """Whether a session takes place. Whether it was held follows from its attendance."""

    PLANNED = "planned"
    CANCELLED = "cancelled"


class CancelledFor(StrEnum):
    """Who cancelled a session: the school, or the calendar when it was corrected."""

    SCHOOL = "school"
    CALENDAR = "calendar"


class AttendanceState(StrEnum):
    """The attendance of one person. `not_taken` withdraws a mark: it counts neither as present nor as absent."""

    PRESENT = "present"
    ABSENT = "absent"
    EXCUSED = "excused"
    LATE = "late"
    LEFT_EARLY = "left_early"
    NOT_TAKEN = "not_taken"


COUNTED: Final = tuple(state for state in AttendanceState if state is not AttendanceState.NOT_TAKEN)
ATTENDED: Final = (AttendanceState.PRESENT, AttendanceState.LATE, AttendanceState.LEFT_EARLY)
"""States in which the person was there."""


class CourseSession(Base, Aggregate):
    """One lesson of an offering: a day in China, the number of the period, start and end.

    The counts are of children, by state. `led` is the attendance of the one who teaches; null: not taken.
    """

    __tablename__ = "course_session"
    __table_args__ = (
        UniqueConstraint("offering_id", "on_day", "number"),
        CheckConstraint("starts_at < ends_at", name="time_not_empty"),
        CheckConstraint("(state = 'cancelled') = (cancelled_for IS NOT NULL)", name="cancelled_for_a_reason"),
        CheckConstraint("least(present, absent, excused, late, left_early) >= 0", name="counts_not_negative"),
        Index("ix_course_session_school_id_on_day", "school_id", "on_day"),
        Index("ix_course_session_on_day", "on_day"),
        Index("ix_course_session_teacher_id_on_day", "teacher_id", "on_day"),
        Index(
            "ix_course_session_substitute_id_on_day",
            "substitute_id",
            "on_day",
            postgresql_where=text("substitute_id IS NOT NULL"),
        ),
    )

    offering_id: Mapped[UUID] = mapped_column(ForeignKey(Offering.id))
    school_id: Mapped[UUID] = mapped_column(ForeignKey(School.id))
    term_id: Mapped[UUID] = mapped_column(ForeignKey(Term.id))
    on: Mapped[date] = mapped_column("on_day", Date)
    weekday: Mapped[int] = mapped_column(SmallInteger)
    """The weekday whose timetable the day follows, 1 to 7; on a make-up workday another one than its own."""
    number: Mapped[int] = mapped_column(SmallInteger)
    starts_at: Mapped[datetime]
    ends_at: Mapped[datetime]
    care: Mapped[str] = mapped_column(Text)
    teacher_id: Mapped[UUID | None] = mapped_column(ForeignKey(Teacher.id))
    provider_id: Mapped[UUID | None]
    outside_person_id: Mapped[UUID | None]
    substitute_id: Mapped[UUID | None] = mapped_column(ForeignKey(Teacher.id))
    state: Mapped[str] = mapped_column(Text)
    cancelled_for: Mapped[str | None] = mapped_column(Text)
    reason: Mapped[str | None] = mapped_column(Text)
    """Why the school cancelled it."""
    taken_at: Mapped[datetime | None]
    """When attendance was first recorded; null: not taken."""
    present: Mapped[int] = mapped_column(server_default=text("0"))
    absent: Mapped[int] = mapped_column(server_default=text("0"))
    excused: Mapped[int] = mapped_column(server_default=text("0"))
    late: Mapped[int] = mapped_column(server_default=text("0"))
    left_early: Mapped[int] = mapped_column(server_default=text("0"))
    led: Mapped[str | None] = mapped_column(Text)

    @property
    def leaders(self) -> Sequence[UUID]:
        """The people who teach: the substitute alone, else the teacher and the person from outside."""
        if self.substitute_id is not None:
            return [self.substitute_id]
        return [one for one in (self.teacher_id, self.outside_person_id) if one is not None]

    @property
    def held(self) -> bool:
        """It was not cancelled, somebody taught, and at least one child was there. Not taken is not held."""
        attended = self.present + self.late + self.left_early
        return self.state == SessionState.PLANNED and self.led in ATTENDED and attended > 0

    def substitute(
        self, teacher: Teacher | None, *, busy: bool, school: School, at: datetime
    ) -> SessionSubstituted | None:
        """Let another teacher take the session, or the offering's own again; None if that is so already."""
        self._check_planned()
        wanted = None if teacher is None else teacher.id
        if wanted == self.substitute_id:
            return None
        if self.led is not None:
            raise SessionHasAttendance
        if teacher is not None:
            gone = teacher.valid_to is not None and teacher.valid_to <= self.on
            if teacher.school_id != self.school_id or self.on < teacher.valid_from or gone:
                raise TeacherNotAtSchool(pointer="/teacher_id")
        if busy:
            raise TeacherBusy(pointer="/teacher_id")
        self.substitute_id = wanted
        return SessionSubstituted(**self._said(school, at), substitute_id=wanted)

    def cancel(self, reason: str, *, school: School, at: datetime) -> SessionCancelled:
        """Raises `SessionIsCancelled` and `SessionHasAttendance`."""
        self._check_planned()
        if self.taken_at is not None:
            raise SessionHasAttendance
        self.state, self.cancelled_for, self.reason = SessionState.CANCELLED, CancelledFor.SCHOOL, reason
        return SessionCancelled(**self._said(school, at), cancelled_for=self.cancelled_for)

    def count(
        self,
        counts: Mapping[str, int],
        *,
        led: str | None,
        changed: Sequence[MarkChanged],
        school: School,
        at: datetime,
    ) -> AttendanceRecorded:
        """Take over what is recorded of its people now."""
        for state in COUNTED:
            setattr(self, state, counts.get(state, 0))
        self.led, self.taken_at = led, self.taken_at or at
        said = {state.value: counts.get(state, 0) for state in COUNTED}
        return AttendanceRecorded(**self._said(school, at), **said, held=self.held, changed=list(changed))

    def hand_over(
        self, pickup_id: UUID, student_id: UUID, guardianship_id: UUID | None, *, school: School, at: datetime
    ) -> ChildPickedUp:
        """A child leaves with somebody. Raises `SessionIsCancelled`."""
        self._check_planned()
        return ChildPickedUp(
            **self._said(school, at),
            pickup_id=pickup_id,
            student_id=student_id,
            guardianship_id=guardianship_id,
        )

    def _check_planned(self) -> None:
        if self.state == SessionState.CANCELLED:
            raise SessionIsCancelled(cancelled_for=self.cancelled_for)

    def _said(self, school: School, at: datetime) -> dict[str, Any]:
        return {
            "session_id": self.id,
            "offering_id": self.offering_id,
            "school_id": self.school_id,
            "district": school.district,
            "street": school.street,
            "on": self.on,
            "number": self.number,
            "at": at,
        }


class MakeupTimetable(Base):
    """On this make-up workday the school follows the timetable of `weekday`. Without a row it has no sessions."""

    __tablename__ = "makeup_timetable"

    school_id: Mapped[UUID] = mapped_column(ForeignKey(School.id), primary_key=True)
    on: Mapped[date] = mapped_column("on_day", Date, primary_key=True)
    weekday: Mapped[int] = mapped_column(SmallInteger)
    decided_by: Mapped[str] = mapped_column(Text)
    decided_at: Mapped[datetime]


@dataclass(frozen=True, slots=True)
class TaughtDay:
    """A day with sessions: whose timetable it follows, and the week of the term."""

    on: date
    weekday: int
    week: int


def taught_days(
    days: Sequence[date], *, term: Term, exceptional: Mapping[date, str | None], makeup: Mapping[date, int]
) -> list[TaughtDay]:
    """The school days that have a timetable: a make-up workday has none unless the school gave it a weekday."""
    taught = []
    for day in days:
        own = None if exceptional.get(day) == DayKind.MAKEUP_WORKDAY else day.isoweekday()
        weekday = own or makeup.get(day)
        if weekday is not None:
            taught.append(TaughtDay(day, weekday, term.week_of(day)))
    return taught


def check_makeup_day(kind: str | None) -> None:
    """Raises `NotMakeupWorkday`."""
    if kind != DayKind.MAKEUP_WORKDAY:
        raise NotMakeupWorkday(pointer="/on")


@dataclass(frozen=True, slots=True)
class SessionRef:
    """A session that generating changed or left, with its version now."""

    id: UUID
    offering_id: UUID
    on: date
    number: int
    version: int
    starts_at: datetime
    ends_at: datetime

    def cancelled(self, school: School, at: datetime) -> SessionCancelled:
        return SessionCancelled(**self._said(school, at), cancelled_for=CancelledFor.CALENDAR)

    def restored(self, school: School, at: datetime) -> SessionRestored:
        return SessionRestored(**self._said(school, at), starts_at=self.starts_at, ends_at=self.ends_at)

    def _said(self, school: School, at: datetime) -> dict[str, Any]:
        return {
            "session_id": self.id,
            "offering_id": self.offering_id,
            "school_id": school.id,
            "district": school.district,
            "street": school.street,
            "on": self.on,
            "number": self.number,
            "at": at,
        }


@dataclass(frozen=True, slots=True)
class Generated:
    """The changes made by generating. `kept` sessions are on days without a timetable now, but have attendance."""

    planned: int
    restored: Sequence[SessionRef]
    cancelled: Sequence[SessionRef]
    kept: Sequence[SessionRef]

    @property
    def changed(self) -> bool:
        return bool(self.planned or self.restored or self.cancelled)
