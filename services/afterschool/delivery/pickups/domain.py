"""A pick-up: a named person took over a child after a session."""

from datetime import date, datetime
from typing import Self
from uuid import UUID

from pydantic import BaseModel, ConfigDict, model_validator
from sqlalchemy import ForeignKey, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from services.afterschool.delivery.sessions.domain import CourseSession
from services.afterschool.orm import Base
from services.afterschool.programme.offerings.domain import Instant
from services.afterschool.roster.guardianships.domain import GuardianBarred, Guardianship, GuardianshipNotFound
from services.afterschool.roster.students.domain import Student
from shared.domain.refusals import Conflict, NotFound, field_error
from shared.domain.wording import Line


class PickupNotFound(NotFound):
    """There is no such pick-up, or you may not see it."""

    code = "pickup-not-found"
    zh = "没有此接领记录，或不在您的权限范围内。"


class PickupIdReused(Conflict):
    """This id stands for another pick-up."""

    code = "pickup-id-reused"
    zh = "该编号已用于另一条接领记录。"


class AlreadyPickedUp(Conflict):
    """The child was already picked up after this session."""

    code = "already-picked-up"
    zh = "该学生在此课次后已被接走。"


class PickupIn(BaseModel):
    """One pickup: the child, the person, the time by the phone's clock. Send a guardianship, or the name of another
    person.

    The phone makes the id; sending the same again has no effect."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    id: UUID
    student_id: UUID
    guardianship_id: UUID | None = None
    name: Line | None = None
    at: Instant

    @model_validator(mode="after")
    def names_one_person(self) -> Self:
        if (self.guardianship_id is None) == (self.name is None):
            raise field_error(
                "guardian-or-name",
                en="Send either `guardianship_id` or `name`.",
                zh="请提供监护关系编号或接领人姓名，二者择一。",
            )
        return self


class Pickup(Base):
    """A child left with a person after a session. Without a guardianship, the name is a sealed `person` of this id."""

    __tablename__ = "pickup"
    __table_args__ = (UniqueConstraint("session_id", "student_id"),)

    id: Mapped[UUID] = mapped_column(primary_key=True)
    session_id: Mapped[UUID] = mapped_column(ForeignKey(CourseSession.id))
    student_id: Mapped[UUID] = mapped_column(ForeignKey(Student.id))
    guardianship_id: Mapped[UUID | None] = mapped_column(ForeignKey(Guardianship.id))
    picked_up_at: Mapped[datetime]
    recorded_by: Mapped[str] = mapped_column(Text)
    recorded_at: Mapped[datetime]

    @classmethod
    def of(cls, sent: PickupIn, session_id: UUID, *, by: str, at: datetime) -> Self:
        return cls(
            id=sent.id,
            session_id=session_id,
            student_id=sent.student_id,
            guardianship_id=sent.guardianship_id,
            picked_up_at=sent.at,
            recorded_by=by,
            recorded_at=at,
        )

    def is_same_as(self, sent: PickupIn, session_id: UUID) -> bool:
        """Whether the phone sends what is recorded; the name is sealed, and not compared."""
        mine = self.session_id, self.student_id, self.guardianship_id, self.picked_up_at
        return mine == (session_id, sent.student_id, sent.guardianship_id, sent.at)


def check_guardian(guardianship: Guardianship | None, student_id: UUID, on: date) -> None:
    """A guardian may pick up a child on the days of the guardianship. Raises `GuardianshipNotFound` or
    `GuardianBarred`."""
    if guardianship is None or guardianship.student_id != student_id:
        raise GuardianshipNotFound(pointer="/guardianship_id")
    if guardianship.barred:
        raise GuardianBarred(pointer="/guardianship_id")
    if on < guardianship.valid_from or (guardianship.valid_to is not None and guardianship.valid_to <= on):
        raise GuardianshipNotFound(pointer="/guardianship_id")
