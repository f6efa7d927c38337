"""A pupil without a name: memberships from day to day, and groups for whom seats are reserved."""

import re
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Any, Final, Self
from uuid import UUID

from sqlalchemy import CheckConstraint, Date, ForeignKey, Index, Text, text
from sqlalchemy.orm import Mapped, mapped_column

from services.afterschool.orm import Base
from services.afterschool.roster.classes.domain import SchoolClass
from services.afterschool.roster.schools.domain import School
from shared.data.database import Aggregate, made, new_id
from shared.domain.refusals import Conflict, Invalid, NotFound
from shared.events.afterschool.students import StudentAdmitted, StudentLeft, StudentMoved


class StudentNotFound(NotFound):
    """There is no such student, or you may not see them."""

    code = "student-not-found"
    zh = "没有此学生，或不在您的权限范围内。"


class StudentNumberMalformed(Invalid):
    """A student number is G, J or L and 18 digits or letters."""

    code = "student-number-malformed"
    zh = "学籍号应为 G、J 或 L 加 18 位数字或字母。"


class MoveTooEarly(Conflict):
    """The student's present membership began on `since`; a change must take effect on a later day."""

    code = "move-too-early"
    zh = "变动日期须晚于现有班级归属的开始日期。"


class StudentHasLeft(Conflict):
    """The student belongs to no class any more."""

    code = "student-left"
    zh = "该学生已离校。"


class SameClass(Conflict):
    """The student is already in this class."""

    code = "same-class"
    zh = "该学生已在此班级。"


class Group(StrEnum):
    """Groups for whom seats can be reserved; `general` is everybody."""

    HARDSHIP = "hardship"
    LEFT_BEHIND = "left_behind"
    SIBLINGS = "siblings"
    GENERAL = "general"


GROUP_ORDER: Final = tuple(Group)
"""A child in several groups counts in the first of these alone."""

_NUMBER: Final = re.compile(r"[GJL][0-9A-Z]{18}")


def student_number(written: str) -> str:
    """The normal form of a 学籍号: G, J or L and 18 characters. Raises `StudentNumberMalformed`.

    After G follows an identity number; L is temporary, until the child has a G.
    """
    plain = re.sub(r"[\s-]", "", written).upper()
    if _NUMBER.fullmatch(plain) is None:
        raise StudentNumberMalformed(pointer="/number")
    return plain


def upgrades(before: str | None, after: str | None) -> bool:
    """Whether a new number replaces the old one: a temporary number never replaces a final one."""
    return after is not None and (before is None or not (before[0] == "G" and after[0] == "L"))


class Origin(StrEnum):
    """Who decided last. What a person decided is not changed by a file."""

    FILE = "file"
    SCHOOL = "school"


class Student(Base, Aggregate):
    """A pupil by pseudonym. The name is a sealed `person` of the same id."""

    __tablename__ = "student"

    registered_at: Mapped[datetime]
    credit: Mapped[int] = mapped_column(server_default=text("0"))
    """How often the child was left without any seat it had listed, since it last got one that others wanted too."""

    @classmethod
    def admit(
        cls, school_class: SchoolClass, *, school: School, on: date, origin: Origin, at: datetime
    ) -> tuple[Self, "Membership", StudentAdmitted]:
        """A new pupil, from a day on."""
        student = made(cls, id=new_id(), version=0, credit=0, registered_at=at)
        membership, admitted = admission(student.id, school_class, school=school, on=on, origin=origin, at=at)
        return student, membership, admitted

    def move(
        self, membership: "Membership", to: SchoolClass, *, school: School, on: date, origin: Origin, at: datetime
    ) -> tuple["Membership", StudentMoved]:
        """To another class or school; that day is the first one there and counts nowhere else."""
        if membership.class_id == to.id:
            raise SameClass
        membership.end(on, origin)
        moved = StudentMoved(
            **said(self.id, to, school, at),
            valid_from=on,
            from_class=membership.class_id,
            from_school=membership.school_id,
        )
        return Membership.of(self.id, to, on, origin), moved

    def leave(self, membership: "Membership", *, school: School, on: date, origin: Origin, at: datetime) -> StudentLeft:
        """`on` is the first day on which the pupil no longer belongs to the class."""
        membership.end(on, origin)
        return StudentLeft(
            student_id=self.id,
            school_id=school.id,
            class_id=membership.class_id,
            district=school.district,
            street=school.street,
            left_on=on,
            at=at,
        )


class Membership(Base):
    """A pupil belongs to a class on the days `[valid_from, valid_to)`."""

    __tablename__ = "membership"
    __table_args__ = (
        CheckConstraint("valid_to IS NULL OR valid_from < valid_to", name="days_not_empty"),
        Index("uq_membership_student_id_open", "student_id", unique=True, postgresql_where=text("valid_to IS NULL")),
        Index("ix_membership_student_id_valid_from", "student_id", "valid_from", unique=True),
        Index("ix_membership_school_id", "school_id", "student_id"),
        Index("ix_membership_class_id", "class_id", "student_id"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    student_id: Mapped[UUID] = mapped_column(ForeignKey(Student.id))
    school_id: Mapped[UUID] = mapped_column(ForeignKey(School.id))
    class_id: Mapped[UUID] = mapped_column(ForeignKey(SchoolClass.id))
    grade: Mapped[int]
    valid_from: Mapped[date] = mapped_column(Date)
    valid_to: Mapped[date | None] = mapped_column(Date)
    origin: Mapped[str] = mapped_column(Text)

    @classmethod
    def of(cls, student_id: UUID, school_class: SchoolClass, on: date, origin: Origin) -> Self:
        return made(
            cls,
            id=new_id(),
            student_id=student_id,
            school_id=school_class.school_id,
            class_id=school_class.id,
            grade=school_class.grade,
            valid_from=on,
            valid_to=None,
            origin=origin,
        )

    def end(self, on: date, origin: Origin) -> None:
        """Raises `MoveTooEarly` and `StudentHasLeft`."""
        if self.valid_to is not None:
            raise StudentHasLeft
        if on <= self.valid_from:
            raise MoveTooEarly(since=self.valid_from)
        self.valid_to, self.origin = on, origin


class GroupMembership(Base):
    """A pupil belongs to a group with reserves on the days `[valid_from, valid_to)`; `decided_by` confirmed it."""

    __tablename__ = "student_group"
    __table_args__ = (
        Index("ix_student_group_student_id", "student_id"),
        Index(
            "uq_student_group_student_id_group_open",
            "student_id",
            "group",
            unique=True,
            postgresql_where=text("valid_to IS NULL"),
        ),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    student_id: Mapped[UUID] = mapped_column(ForeignKey(Student.id))
    group: Mapped[str] = mapped_column(Text)
    valid_from: Mapped[date] = mapped_column(Date)
    valid_to: Mapped[date | None] = mapped_column(Date)
    decided_by: Mapped[str] = mapped_column(Text)
    reason: Mapped[str | None] = mapped_column(Text)


@dataclass(frozen=True, slots=True)
class Pupil:
    """A student with the membership of a day."""

    student: Student
    membership: Membership
    school: School


def admission(
    student_id: UUID, school_class: SchoolClass, *, school: School, on: date, origin: Origin, at: datetime
) -> tuple[Membership, StudentAdmitted]:
    """A pupil without a class joins one, for the first time or again."""
    membership = Membership.of(student_id, school_class, on, origin)
    return membership, StudentAdmitted(**said(student_id, school_class, school, at), valid_from=on)


def said(student_id: UUID, school_class: SchoolClass, school: School, at: datetime) -> dict[str, Any]:
    """What every event of a pupil's membership says."""
    return {
        "student_id": student_id,
        "school_id": school.id,
        "class_id": school_class.id,
        "grade": school_class.grade,
        "district": school.district,
        "street": school.street,
        "at": at,
    }
