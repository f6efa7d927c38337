"""A school as after-school knows it, and the kinds of text every slice accepts."""

from datetime import datetime
from enum import StrEnum
from typing import Self

from pydantic import BaseModel, ConfigDict
from sqlalchemy import Index, Text
from sqlalchemy.orm import Mapped, mapped_column

from services.afterschool.orm import Base
from shared.data.database import Aggregate, key_check, new_id
from shared.domain.refusals import Conflict, Forbidden, NotFound
from shared.domain.wording import Code, Line
from shared.events.afterschool.schools import SchoolRegistered


class SchoolNotFound(NotFound):
    """There is no such school, or you may not see it."""

    code = "school-not-found"
    zh = "没有此学校，或不在您的权限范围内。"


class SchoolCodeTaken(Conflict):
    """Another school has this code."""

    code = "school-code-taken"
    zh = "已有学校使用该学校标识码。"


class OutsideYourDistrict(Forbidden):
    """You may register schools only in your own district."""

    code = "outside-your-district"
    zh = "区县人员只能登记本区县学校。"


class Stage(StrEnum):
    """Stages of compulsory education; `nine_year` schools teach both."""

    PRIMARY = "primary"
    JUNIOR = "junior"
    NINE_YEAR = "nine_year"


class SchoolDetails(BaseModel):
    """What is registered of a school. `code` is its 学校标识码, `district` and `street` administrative codes."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    code: Code
    name: Line
    stage: Stage
    district: Code
    street: Code | None = None


class School(Base, Aggregate):
    """A school of compulsory education that takes part in after-school service (课后服务)."""

    __tablename__ = "school"
    __table_args__ = (Index("ix_school_district_street_id", "district", "street", "id"), key_check("code"))

    code: Mapped[str] = mapped_column(Text, unique=True)
    name: Mapped[str] = mapped_column(Text)
    stage: Mapped[str] = mapped_column(Text)
    district: Mapped[str] = mapped_column(Text)
    street: Mapped[str | None] = mapped_column(Text)
    registered_at: Mapped[datetime]

    @classmethod
    def register(cls, details: SchoolDetails, *, at: datetime) -> tuple[Self, SchoolRegistered]:
        school = cls(id=new_id(), version=0, registered_at=at, **details.model_dump())
        said = details.model_dump(include={"code", "name", "district", "street"})
        return school, SchoolRegistered(school_id=school.id, **said, at=at)
