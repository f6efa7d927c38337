"""A teacher of a school, without a name."""

from datetime import date, datetime
from typing import Self
from uuid import UUID

from sqlalchemy import CheckConstraint, Date, ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from services.afterschool.orm import Base
from services.afterschool.roster.schools.domain import School
from shared.data.database import Aggregate, made, new_id
from shared.domain.refusals import Conflict, NotFound
from shared.events.afterschool.schools import TeacherLeft, TeacherRegistered


class TeacherNotFound(NotFound):
    """There is no such teacher, or you may not see them."""

    code = "teacher-not-found"
    zh = "没有此教师，或不在您的权限范围内。"


class TeacherHasLeft(Conflict):
    """The teacher has left the school, or would leave before the first day."""

    code = "teacher-left"
    zh = "该教师已离校，或离校日期早于入校日期。"


class Teacher(Base, Aggregate):
    """A teacher belongs to a school on the days `[valid_from, valid_to)`. The name is a `person` of that id."""

    __tablename__ = "teacher"
    __table_args__ = (
        CheckConstraint("valid_to IS NULL OR valid_from < valid_to", name="days_not_empty"),
        Index("ix_teacher_school_id_id", "school_id", "id"),
    )

    school_id: Mapped[UUID] = mapped_column(ForeignKey(School.id))
    valid_from: Mapped[date] = mapped_column(Date)
    valid_to: Mapped[date | None] = mapped_column(Date)
    registered_at: Mapped[datetime]

    @classmethod
    def register(cls, school: School, *, on: date, at: datetime) -> tuple[Self, TeacherRegistered]:
        teacher = made(cls, id=new_id(), version=0, school_id=school.id, valid_from=on, valid_to=None, registered_at=at)
        event = TeacherRegistered(
            teacher_id=teacher.id, school_id=school.id, district=school.district, street=school.street, at=at
        )
        return teacher, event

    def leave(self, *, school: School, on: date, at: datetime) -> TeacherLeft:
        """`on` is the first day without the teacher. Raises `TeacherHasLeft`."""
        if self.valid_to is not None or on <= self.valid_from:
            raise TeacherHasLeft(valid_from=self.valid_from, valid_to=self.valid_to)
        self.valid_to = on
        return TeacherLeft(
            teacher_id=self.id, school_id=school.id, district=school.district, street=school.street, left_on=on, at=at
        )

    def belongs(self, on: date) -> bool:
        """Whether the teacher belongs to the school on a day."""
        return self.valid_from <= on and (self.valid_to is None or on < self.valid_to)
