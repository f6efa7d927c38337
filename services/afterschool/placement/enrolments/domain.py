"""A child's request for a seat in a course, from asking to its end. Children are pseudonymous ids."""

from datetime import datetime
from enum import StrEnum
from typing import Any, Final
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, Text, text
from sqlalchemy.orm import Mapped, mapped_column

from services.afterschool.orm import Base
from services.afterschool.programme.offerings.domain import ByAllocation, Offering, OfferingIsFrozen, OfferingNotFound
from services.afterschool.roster.schools.domain import School
from services.afterschool.roster.students.domain import Group, Student, StudentHasLeft, StudentNotFound
from shared.data.database import Aggregate
from shared.domain.refusals import Conflict, NotFound, Refusal
from shared.events.afterschool.enrolments import (
    EnrolmentPassedOver,
    EnrolmentReturned,
    EnrolmentWithdrawn,
    PromotionChosen,
    SeatOffered,
    StudentPromoted,
)


class EnrolmentNotFound(NotFound):
    """There is no such enrolment, or you may not see it."""

    code = "enrolment-not-found"
    zh = "没有此选课记录，或不在您的权限范围内。"


class AlreadyEnrolled(Conflict):
    """This child already has a seat in this course, or is on its waiting list."""

    code = "already-enrolled"
    zh = "该学生已选此课程或已在候补中。"


class EnrolmentNotOpen(Conflict):
    """Enrolment for this course is not open now."""

    code = "enrolment-not-open"
    zh = "该课程当前不在选课时间内。"


class EnrolmentEnded(Conflict):
    """The enrolment has already ended (`ending`)."""

    code = "enrolment-ended"
    zh = "该选课已结束。"


class OtherSchool(Conflict):
    """The course is for pupils of another school."""

    code = "other-school"
    zh = "该课程只面向本校学生。"


class GradeNotAdmitted(Conflict):
    """The course is not for the child's grade."""

    code = "grade-not-admitted"
    zh = "该课程不面向该学生所在年级。"


class ChildBusy(Conflict):
    """The child has another course at this time."""

    code = "child-busy"
    zh = "该学生在该时段已有其他课程。"


class NoOffer(Conflict):
    """No seat is offered to this child now, or the offer has expired."""

    code = "no-offer"
    zh = "该学生当前没有待确认的名额，或确认已过期。"


class NotWaiting(Conflict):
    """Only a child on the waiting list can be given a free seat."""

    code = "enrolment-not-waiting"
    zh = "只有候补学生可以递补。"


REFUSALS: Final[dict[str, type[Refusal]]] = {
    refusal.code: refusal
    for refusal in (
        OfferingNotFound,
        StudentNotFound,
        StudentHasLeft,
        OtherSchool,
        ByAllocation,
        OfferingIsFrozen,
        EnrolmentNotOpen,
        GradeNotAdmitted,
        AlreadyEnrolled,
        ChildBusy,
    )
}
"""The refusals that the decision can answer instead of an enrolment, by code."""


class State(StrEnum):
    """The state of an enrolment. `passed` waits as well, but the child cannot take the seat now; `ended` is final."""

    ENROLLED = "enrolled"
    OFFERED = "offered"
    WAITING = "waiting"
    PASSED = "passed"
    ENDED = "ended"


ACTIVE: Final = (State.ENROLLED, State.OFFERED, State.WAITING, State.PASSED)
SEATED: Final = (State.ENROLLED, State.OFFERED)
"""States that take a seat, and the child's time."""
QUEUED: Final = (State.WAITING, State.PASSED)


class Ending(StrEnum):
    """Why an enrolment ended."""

    WITHDRAWN = "withdrawn"
    DECLINED = "declined"
    EXPIRED = "expired"
    MOVED = "moved"
    EXCHANGED = "exchanged"
    CANCELLED = "cancelled"


class PassedFor(StrEnum):
    """Why a waiting child was passed over."""

    BUSY = "child-busy"
    GRADE = "grade-not-admitted"
    LEFT = "student-left"


class Enrolment(Base, Aggregate):
    """A request for a seat. `ticket` is its number in the order of asking for this offering.

    `reserve` is the group in which the child counts here, `pool` that whose seat it has.
    """

    __tablename__ = "enrolment"
    __table_args__ = (
        Index(
            "uq_enrolment_offering_id_student_id",
            "offering_id",
            "student_id",
            unique=True,
            postgresql_where=text("state <> 'ended'"),
        ),
        Index(
            "ix_enrolment_queue",
            "offering_id",
            "ticket",
            unique=True,
            postgresql_where=text("state IN ('waiting', 'passed')"),
        ),
        Index("ix_enrolment_expires_at", "expires_at", postgresql_where=text("state = 'offered'")),
        Index("ix_enrolment_student_id", "student_id"),
        Index("ix_enrolment_school_id_id", "school_id", "id"),
        Index("ix_enrolment_offering_id_id", "offering_id", "id"),
        CheckConstraint("(pool IS NOT NULL) = (state IN ('enrolled', 'offered'))", name="a_seat_is_in_a_pool"),
        CheckConstraint("(expires_at IS NOT NULL) = (state = 'offered')", name="an_offer_expires"),
        CheckConstraint("(ending IS NOT NULL) = (state = 'ended')", name="an_end_has_a_reason"),
        CheckConstraint("(passed_for IS NOT NULL) = (state = 'passed')", name="passed_for_a_reason"),
    )

    offering_id: Mapped[UUID] = mapped_column(ForeignKey(Offering.id))
    student_id: Mapped[UUID] = mapped_column(ForeignKey(Student.id))
    school_id: Mapped[UUID] = mapped_column(ForeignKey(School.id))
    state: Mapped[str] = mapped_column(Text)
    reserve: Mapped[str] = mapped_column(Text)
    pool: Mapped[str | None] = mapped_column(Text)
    ticket: Mapped[int]
    accepts_promotion: Mapped[bool]
    asked_at: Mapped[datetime]
    decided_at: Mapped[datetime | None]
    expires_at: Mapped[datetime | None]
    passed_for: Mapped[str | None] = mapped_column(Text)
    ending: Mapped[str | None] = mapped_column(Text)
    ended_at: Mapped[datetime | None]

    def promote(self, pool: Group, *, school: School, at: datetime) -> StudentPromoted:
        """Give the child a seat for which it waits."""
        self._check_waiting()
        self.state, self.pool, self.decided_at = State.ENROLLED, pool, at
        return StudentPromoted(**self._said(school, at))

    def offer(self, pool: Group, *, expires_at: datetime, school: School, at: datetime) -> SeatOffered:
        """Hold a seat for the child until `expires_at`."""
        self._check_waiting()
        self.state, self.pool, self.expires_at = State.OFFERED, pool, expires_at
        return SeatOffered(**self._said(school, at), expires_at=expires_at)

    def accept(self, *, school: School, at: datetime) -> StudentPromoted:
        """Take the offered seat. Raises `NoOffer`."""
        if self.state != State.OFFERED or self.expires_at is None or at >= self.expires_at:
            raise NoOffer(state=self.state, expires_at=self.expires_at)
        self.state, self.expires_at, self.decided_at = State.ENROLLED, None, at
        return StudentPromoted(**self._said(school, at))

    def pass_over(self, reason: PassedFor, *, school: School, at: datetime) -> EnrolmentPassedOver:
        """Leave the child in the queue, and let the next one have the seat."""
        self._check_waiting()
        self.state, self.passed_for = State.PASSED, reason
        return EnrolmentPassedOver(**self._said(school, at), passed_for=reason)

    def wait_again(self, *, school: School, at: datetime) -> EnrolmentReturned:
        """The child can take a seat again, and waits with its old ticket."""
        if self.state != State.PASSED:
            raise NotWaiting(state=self.state)
        self.state, self.passed_for = State.WAITING, None
        return EnrolmentReturned(**self._said(school, at))

    def end(self, ending: Ending, *, school: School, at: datetime) -> EnrolmentWithdrawn:
        """Give up the seat, the offer or the position in the queue. Possible at any time."""
        if self.state == State.ENDED:
            raise EnrolmentEnded(ending=self.ending)
        was = self.state
        self.state, self.pool, self.expires_at, self.passed_for = State.ENDED, None, None, None
        self.ending, self.ended_at = ending, at
        return EnrolmentWithdrawn(**self._said(school, at), was=was, ending=ending)

    def choose(self, *, accepts: bool, school: School, at: datetime) -> PromotionChosen | None:
        """Whether a seat that becomes free is taken at once; None if that was so before. Raises `EnrolmentEnded`."""
        if self.state == State.ENDED:
            raise EnrolmentEnded(ending=self.ending)
        if self.accepts_promotion == accepts:
            return None
        self.accepts_promotion = accepts
        return PromotionChosen(**self._said(school, at), accepts_promotion=accepts)

    def _check_waiting(self) -> None:
        if self.state != State.WAITING:
            raise NotWaiting(state=self.state)

    def _said(self, school: School, at: datetime) -> dict[str, Any]:
        return {
            "enrolment_id": self.id,
            "offering_id": self.offering_id,
            "student_id": self.student_id,
            "school_id": self.school_id,
            "district": school.district,
            "street": school.street,
            "at": at,
        }
