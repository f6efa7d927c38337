"""A mark that a phone sends, the verdict on it, and the attendance that holds now."""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Annotated, Any, Final, Self
from uuid import UUID

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, model_validator
from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Date,
    ForeignKey,
    Index,
    LargeBinary,
    SmallInteger,
    Text,
    UniqueConstraint,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from services.afterschool.delivery.sessions.domain import ATTENDED, AttendanceState, CourseSession, SessionIsCancelled
from services.afterschool.orm import Base
from services.afterschool.programme.offerings.domain import Instant
from services.afterschool.roster.schools.domain import School
from shared.domain.refusals import Conflict, Invalid, Refusal, field_error
from shared.domain.wording import NUMBER, Day

MAX_MARKS: Final = 500
"""In one batch; a phone that was away for long sends several."""


class DayNotScheduled(Invalid):
    """The offering has no session in this period of this day."""

    code = "day-not-scheduled"
    zh = "该课程在该日该节次没有课次。"


class SessionInFuture(Conflict):
    """The day of the session has not come yet."""

    code = "session-in-future"
    zh = "尚未到上课当日。"


class NoSeat(Conflict):
    """The child had no seat in the offering at the time of the session."""

    code = "no-seat"
    zh = "该学生在上课时没有此课程的名额。"


class NotAtSchool(Conflict):
    """The child did not belong to the school on the day of the session."""

    code = "not-at-school"
    zh = "该学生在上课当日不属于本校。"


class NotTheTeacher(Conflict):
    """This person does not teach the session; if somebody else does, record a substitution first."""

    code = "not-the-teacher"
    zh = "此人不是该课次的任课人员；如由他人代课，请先登记代课。"


class VersionUnknown(Invalid):
    """The mark names a version that does not exist."""

    code = "version-unknown"
    zh = "所依据的版本不存在。"


class NewerMark(Conflict):
    """Another attendance was recorded meanwhile (`theirs`). Look at it, and correct it if it is wrong."""

    code = "newer-mark"
    zh = "期间他人已登记不同的考勤，请核对后再更正。"


class MarkIdReused(Conflict):
    """This id stands for another mark."""

    code = "mark-id-reused"
    zh = "该编号已用于另一条考勤。"


class MarkIdTaken(Conflict):
    """Another user sent a mark with the same id at the same moment. Send the batch again."""

    code = "mark-id-taken"
    zh = "同一编号的考勤同时到达，请重新发送。"


class AttendanceCodeUnknown(Invalid):
    """This is no attendance code: use present, absent, excused, late, left_early or not_taken."""

    code = "attendance-code-unknown"
    zh = "考勤代码无法识别，应为 present、absent、excused、late、left_early 或 not_taken。"


class StudentOrTeacher(Invalid):
    """A mark is about either a student or a teacher."""

    code = "student-or-teacher"
    zh = "一条考勤只能对应一名学生或一名任课人员。"


REFUSALS: Final[dict[str, type[Refusal]]] = {
    refusal.code: refusal
    for refusal in (
        DayNotScheduled,
        SessionInFuture,
        SessionIsCancelled,
        NoSeat,
        NotAtSchool,
        NotTheTeacher,
        VersionUnknown,
        NewerMark,
        MarkIdReused,
        AttendanceCodeUnknown,
        StudentOrTeacher,
    )
}
"""The reasons that a verdict on a mark can give, by code."""


def _known(value: object) -> object:
    if not isinstance(value, str) or value not in set(AttendanceState):
        raise field_error(AttendanceCodeUnknown.code, en=AttendanceCodeUnknown.en(), zh=AttendanceCodeUnknown.zh)
    return value


class Verdict(StrEnum):
    """The verdict on a mark. `already_applied` answers a mark sent again; `unchanged`: the same was recorded before."""

    APPLIED = "applied"
    ALREADY_APPLIED = "already_applied"
    UNCHANGED = "unchanged"
    CONFLICT = "conflict"
    REFUSED = "refused"


class MarkIn(BaseModel):
    """The attendance of one person in the session of an offering on a day in a period. The phone makes the id.

    `base_version` is the version that the phone saw, 0 if it saw none; `at` is by the phone's clock and only recorded.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    id: UUID
    offering_id: UUID
    on: Day
    number: Annotated[int, NUMBER, Field(ge=1, le=12)]
    student_id: UUID | None = None
    teacher_id: UUID | None = None
    state: Annotated[AttendanceState, BeforeValidator(_known)]
    base_version: Annotated[int, NUMBER, Field(ge=0, le=2**53)] = 0
    at: Instant

    @model_validator(mode="after")
    def about_one_person(self) -> Self:
        if (self.student_id is None) == (self.teacher_id is None):
            raise field_error(StudentOrTeacher.code, en=StudentOrTeacher.en(), zh=StudentOrTeacher.zh)
        return self

    @property
    def person_id(self) -> UUID:
        found = self.student_id or self.teacher_id
        assert found is not None, "checked above"
        return found

    @property
    def lesson(self) -> tuple[UUID, date, int]:
        """The identity of the session."""
        return self.offering_id, self.on, self.number

    @property
    def fingerprint(self) -> bytes:
        """Hash of the content: an id sent twice must stand for the same mark."""
        return hashlib.sha256(self.model_dump_json().encode()).digest()


@dataclass(frozen=True, slots=True)
class Standing:
    """How a child stood to a session: whether it had a seat then, and belonged to the school."""

    seat: bool
    at_school: bool


NOBODY: Final = Standing(seat=False, at_school=False)


@dataclass(frozen=True, slots=True)
class Current:
    """The attendance that holds now; version 0: never recorded."""

    state: str = AttendanceState.NOT_TAKEN.value
    version: int = 0
    marked_at: datetime | None = None

    def told(self) -> dict[str, Any]:
        """As a conflict shows it."""
        return {"state": self.state, "version": self.version}


NOT_TAKEN: Final = Current()


@dataclass(frozen=True, slots=True)
class Judgement:
    """The verdict on a mark, and what holds after it."""

    verdict: Verdict
    current: Current
    code: str | None = None
    theirs: dict[str, Any] | None = None


def judge(
    mark: MarkIn, session: CourseSession | None, *, standing: Standing, current: Current, today: date
) -> Judgement:
    """Decide about a mark. An older phone never overwrites what it has not seen."""
    against = _refusal(mark, session, standing, today)
    if against is None and mark.base_version > current.version:
        against = VersionUnknown
    if against is not None:
        return Judgement(Verdict.REFUSED, current, against.code)
    if mark.state == current.state:
        return Judgement(Verdict.UNCHANGED, current)
    if mark.base_version < current.version:
        return Judgement(Verdict.CONFLICT, current, NewerMark.code, current.told())
    return Judgement(Verdict.APPLIED, Current(mark.state.value, current.version + 1, mark.at))


def _refusal(mark: MarkIn, session: CourseSession | None, standing: Standing, today: date) -> type[Refusal] | None:
    if session is None:
        return DayNotScheduled
    if session.cancelled_for is not None:
        return SessionIsCancelled
    if session.on > today:
        return SessionInFuture
    if mark.teacher_id is not None:
        return None if mark.teacher_id in session.leaders else NotTheTeacher
    if not standing.seat:
        return NoSeat
    return None if standing.at_school else NotAtSchool


def led_by(states: Iterable[str]) -> str | None:
    """The attendance of those who teach a session, as one: somebody who was there counts first. None: not taken."""
    taken = [state for state in states if state != AttendanceState.NOT_TAKEN]
    return min(taken, key=lambda state: (state not in ATTENDED, state), default=None)


class Attendance(Base):
    """The attendance of one person in one session, as it holds now. `not_taken`: an earlier mark was withdrawn."""

    __tablename__ = "attendance"
    __table_args__ = (
        UniqueConstraint("session_id", "person_id"),
        CheckConstraint(
            "state IN ('present', 'absent', 'excused', 'late', 'left_early', 'not_taken')", name="state_is_known"
        ),
        Index("ix_attendance_person_id_session_id", "person_id", "session_id"),
        Index("ix_attendance_school_id_id", "school_id", "id"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    session_id: Mapped[UUID] = mapped_column(ForeignKey(CourseSession.id))
    school_id: Mapped[UUID] = mapped_column(ForeignKey(School.id))
    person_id: Mapped[UUID]
    teacher: Mapped[bool]
    """Whether the person teaches; else it is a child."""
    state: Mapped[str] = mapped_column(Text)
    version: Mapped[int] = mapped_column(BigInteger)
    marked_at: Mapped[datetime]


class Mark(Base):
    """A mark as a phone sent it, with its verdict. The applied ones of a person and session are its versions."""

    __tablename__ = "attendance_mark"
    __table_args__ = (Index("ix_attendance_mark_session_id_person_id", "session_id", "person_id"),)

    id: Mapped[UUID] = mapped_column(primary_key=True)
    subject: Mapped[str] = mapped_column(Text)
    fingerprint: Mapped[bytes] = mapped_column(LargeBinary)
    session_id: Mapped[UUID | None] = mapped_column(ForeignKey(CourseSession.id))
    offering_id: Mapped[UUID]
    on: Mapped[date] = mapped_column("on_day", Date)
    number: Mapped[int] = mapped_column(SmallInteger)
    person_id: Mapped[UUID]
    teacher: Mapped[bool]
    state: Mapped[str] = mapped_column(Text)
    base_version: Mapped[int] = mapped_column(BigInteger)
    marked_at: Mapped[datetime]
    received_at: Mapped[datetime]
    verdict: Mapped[str] = mapped_column(Text)
    code: Mapped[str | None] = mapped_column(Text)
    version: Mapped[int] = mapped_column(BigInteger)
    """The version that holds after the verdict."""
    theirs: Mapped[dict[str, Any] | None] = mapped_column(JSONB)

    @classmethod
    def take(cls, sent: MarkIn, judged: Judgement, *, session_id: UUID | None, subject: str, at: datetime) -> Self:
        return cls(
            id=sent.id,
            subject=subject,
            fingerprint=sent.fingerprint,
            session_id=session_id,
            offering_id=sent.offering_id,
            on=sent.on,
            number=sent.number,
            person_id=sent.person_id,
            teacher=sent.teacher_id is not None,
            state=sent.state.value,
            base_version=sent.base_version,
            marked_at=sent.at,
            received_at=at,
            verdict=judged.verdict.value,
            code=judged.code,
            version=judged.current.version,
            theirs=judged.theirs,
        )

    def is_same_as(self, sent: MarkIn, subject: str) -> bool:
        return self.subject == subject and self.fingerprint == sent.fingerprint

    @property
    def answer(self) -> Verdict:
        """The verdict for a phone that sends the mark again."""
        return Verdict.ALREADY_APPLIED if self.verdict == Verdict.APPLIED else Verdict(self.verdict)
