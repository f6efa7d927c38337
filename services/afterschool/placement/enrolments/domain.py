"""A child's request for a place in a course, from asking to withdrawal. Children are pseudonymous ids."""

from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import ForeignKey, Index, Text, text
from sqlalchemy.orm import Mapped, mapped_column

from services.afterschool.orm import Base
from services.afterschool.programme.offerings.domain import Offering
from services.afterschool.roster.schools.domain import School
from shared.data.database import Aggregate
from shared.domain.refusals import Conflict, Invalid, NotFound
from shared.events.afterschool.enrolments import EnrolmentWithdrawn, StudentPromoted


class EnrolmentNotFound(NotFound):
    """There is no such enrolment, or you may not see it."""

    code = "enrolment-not-found"
    zh = "没有此选课记录，或不在您的权限范围内。"


class StudentNotFound(NotFound):
    """This guardian has no such child."""

    code = "student-not-found"
    zh = "没有由您监护的此学生。"


class AlreadyEnrolled(Conflict):
    """This child already has a place in this course, or is on its waiting list."""

    code = "already-enrolled"
    zh = "该学生已选此课程或已在候补中。"


class EnrolmentNotOpen(Conflict):
    """Enrolment for this course is not open now."""

    code = "enrolment-not-open"
    zh = "该课程当前不在选课时间内。"


class EnrolmentEnded(Conflict):
    """The enrolment has already been withdrawn."""

    code = "enrolment-withdrawn"
    zh = "该选课已退出。"


class NotWaiting(Conflict):
    """Only a child on the waiting list can be given a free place."""

    code = "enrolment-not-waiting"
    zh = "只有候补学生可以递补。"


class GuardianUnclear(Invalid):
    """School staff must name the guardian they act for; a guardian can act only for themselves."""

    code = "guardian-unclear"
    zh = "学校人员须注明监护人；监护人只能为本人监护的学生选课。"


class State(StrEnum):
    """The state of an enrolment. Withdrawal is final; a new request goes to the end of the waiting list."""

    ENROLLED = "enrolled"
    WAITING = "waiting"
    WITHDRAWN = "withdrawn"


class Student(Base):
    """A child by pseudonym. The guardian who enrols it first is its guardian here."""

    __tablename__ = "student"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    guardian: Mapped[str] = mapped_column(Text, index=True)


class Enrolment(Base, Aggregate):
    """A request for a place. `ticket` is its number in the order of asking for this offering."""

    __tablename__ = "enrolment"
    __table_args__ = (
        Index(
            "uq_enrolment_offering_id_student_id",
            "offering_id",
            "student_id",
            unique=True,
            postgresql_where=text("state <> 'withdrawn'"),
        ),
        Index("ix_enrolment_queue", "offering_id", "ticket", unique=True, postgresql_where=text("state = 'waiting'")),
        Index("ix_enrolment_student_id", "student_id"),
        Index("ix_enrolment_school_id_id", "school_id", "id"),
        Index("ix_enrolment_offering_id_id", "offering_id", "id"),
    )

    offering_id: Mapped[UUID] = mapped_column(ForeignKey(Offering.id))
    student_id: Mapped[UUID] = mapped_column(ForeignKey(Student.id))
    school_id: Mapped[UUID] = mapped_column(ForeignKey(School.id))
    state: Mapped[str] = mapped_column(Text)
    ticket: Mapped[int]
    asked_at: Mapped[datetime]
    decided_at: Mapped[datetime | None]
    withdrawn_at: Mapped[datetime | None]

    def promote(self, *, school: School, at: datetime) -> StudentPromoted:
        if self.state != State.WAITING:
            raise NotWaiting(state=self.state)
        self.state, self.decided_at = State.ENROLLED, at
        return StudentPromoted(**self._said(school, at))

    def withdraw(self, *, school: School, at: datetime) -> EnrolmentWithdrawn:
        """Give up the place, or the position in the queue. Possible at any time, also after enrolment closed."""
        if self.state == State.WITHDRAWN:
            raise EnrolmentEnded
        was, self.state, self.withdrawn_at = self.state, State.WITHDRAWN, at
        return EnrolmentWithdrawn(**self._said(school, at), was=was)

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
