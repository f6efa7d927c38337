"""A wish: whether a family wants after-school service for its child in a term."""

from datetime import datetime
from typing import Self
from uuid import UUID

from sqlalchemy import ForeignKey, Index, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from services.afterschool.orm import Base
from services.afterschool.roster.schools.domain import School
from services.afterschool.roster.students.domain import Student
from services.afterschool.roster.terms.domain import Term
from shared.data.database import Aggregate, new_id
from shared.domain.refusals import Conflict
from shared.events.afterschool.wishes import WishRecorded


class TermIsOver(Conflict):
    """The term has ended (`ended_on`)."""

    code = "term-over"
    zh = "该学期已结束。"


class Wish(Base, Aggregate):
    """Whether a child is to have after-school service in a term. The newest wish counts; a child without one is not
    willing."""

    __tablename__ = "wish"
    __table_args__ = (UniqueConstraint("student_id", "term_id"), Index("ix_wish_term_id_wanted", "term_id", "wanted"))

    student_id: Mapped[UUID] = mapped_column(ForeignKey(Student.id))
    term_id: Mapped[UUID] = mapped_column(ForeignKey(Term.id))
    wanted: Mapped[bool]
    told_by: Mapped[str] = mapped_column(Text)
    told_at: Mapped[datetime]

    @classmethod
    def first(
        cls, student_id: UUID, term_id: UUID, *, wanted: bool, by: str, school: School, at: datetime
    ) -> tuple[Self, WishRecorded]:
        wish = cls(
            id=new_id(), version=0, student_id=student_id, term_id=term_id, wanted=wanted, told_by=by, told_at=at
        )
        return wish, wish._recorded(school)

    def change(self, *, wanted: bool, by: str, school: School, at: datetime) -> WishRecorded | None:
        """None if the family said the same before."""
        if self.wanted == wanted:
            return None
        self.wanted, self.told_by, self.told_at = wanted, by, at
        return self._recorded(school)

    def _recorded(self, school: School) -> WishRecorded:
        return WishRecorded(
            wish_id=self.id,
            student_id=self.student_id,
            school_id=school.id,
            term_id=self.term_id,
            district=school.district,
            street=school.street,
            wanted=self.wanted,
            at=self.told_at,
        )
