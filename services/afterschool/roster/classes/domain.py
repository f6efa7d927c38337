"""A class of a school in one school year."""

from datetime import date, datetime
from typing import Annotated, Final, Self
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy import CheckConstraint, ForeignKey, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from services.afterschool.orm import Base
from services.afterschool.roster.schools.domain import School, Stage
from shared.data.database import Aggregate, key_check, new_id
from shared.domain.refusals import Conflict, Invalid, NotFound
from shared.domain.wording import NUMBER, Key, Line
from shared.events.afterschool.schools import ClassFormed

FIRST_JUNIOR_GRADE: Final = 7


class ClassNotFound(NotFound):
    """There is no such class, or you may not see it."""

    code = "class-not-found"
    zh = "没有此班级，或不在您的权限范围内。"


class ClassCodeTaken(Conflict):
    """The school already has a class with this code in this school year."""

    code = "class-code-taken"
    zh = "该校本学年已有同一代码的班级。"


class GradeNotTaught(Invalid):
    """A school of this stage does not teach this grade."""

    code = "grade-not-taught"
    zh = "该校学段不含此年级。"


Grade = Annotated[int, NUMBER, Field(ge=1, le=9)]
"""Grades 1 to 6 are primary school, 7 to 9 junior high school."""


class ClassDetails(BaseModel):
    """A class. `school_year` is the calendar year in which the school year begins; `code` is unique within both."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    code: Key
    name: Line
    grade: Grade
    school_year: Annotated[int, NUMBER, Field(ge=2000, le=2099)]


class SchoolClass(Base, Aggregate):
    """A class (班级) of one school year. The next year's class is another one."""

    __tablename__ = "school_class"
    __table_args__ = (
        UniqueConstraint("school_id", "school_year", "code"),
        CheckConstraint("grade BETWEEN 1 AND 9", name="grade_of_compulsory_education"),
        key_check("code"),
    )

    school_id: Mapped[UUID] = mapped_column(ForeignKey(School.id))
    school_year: Mapped[int]
    code: Mapped[str] = mapped_column(Text)
    name: Mapped[str] = mapped_column(Text)
    grade: Mapped[int]
    formed_at: Mapped[datetime]

    @classmethod
    def form(cls, details: ClassDetails, *, school: School, at: datetime) -> tuple[Self, ClassFormed]:
        """Raises `GradeNotTaught`."""
        if not teaches(Stage(school.stage), details.grade):
            raise GradeNotTaught(pointer="/grade", stage=school.stage)
        formed = cls(id=new_id(), version=0, school_id=school.id, formed_at=at, **details.model_dump())
        event = ClassFormed(
            class_id=formed.id,
            school_id=school.id,
            district=school.district,
            street=school.street,
            at=at,
            **details.model_dump(),
        )
        return formed, event

    @property
    def stage(self) -> Stage:
        return stage_of(self.grade)


def stage_of(grade: int) -> Stage:
    return Stage.JUNIOR if grade >= FIRST_JUNIOR_GRADE else Stage.PRIMARY


def teaches(stage: Stage, grade: int) -> bool:
    """Whether a school of this stage teaches this grade."""
    return stage in (Stage.NINE_YEAR, stage_of(grade))


def school_year_of(on: date) -> int:
    """The school year of a day: it begins in September, and its rosters are made in August."""
    return on.year if on.month >= 8 else on.year - 1
