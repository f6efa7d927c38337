"""An item of the after-school catalogue (课后服务项目): its category, its part of the path, and its source."""

from datetime import datetime
from enum import StrEnum
from typing import Annotated, Any, Self

from pydantic import BaseModel, ConfigDict, StringConstraints
from sqlalchemy import CheckConstraint, Index, Text, text
from sqlalchemy.orm import Mapped, mapped_column

from services.afterschool.orm import Base
from services.afterschool.rulebook.versions import SourcedVersion, check_first_day
from shared.data.database import key_check, new_id
from shared.domain.dated import STANDS, SourceStatus, withdrawn_for_a_reason
from shared.domain.refusals import Conflict, NotFound
from shared.domain.wording import Day, Line, Name
from shared.events.afterschool.catalogue import (
    CatalogueItemContinued,
    CatalogueItemEnacted,
    CatalogueItemRepealed,
    CatalogueItemWithdrawn,
)


class CatalogueItemNotFound(NotFound):
    """There is no such catalogue item."""

    code = "catalogue-item-not-found"
    zh = "没有此课后服务项目。"


class CatalogueItemUnknown(Conflict):
    """No catalogue item with this code is in force on that day."""

    code = "catalogue-item-unknown"
    zh = "该日没有此代码的现行课后服务项目。"


class Category(StrEnum):
    """The seven kinds of courses on the path of in-class homework, style and art, and comprehensive practice."""

    MORAL_EDUCATION = "moral_education"
    SUNSHINE_SPORTS = "sunshine_sports"
    SCHOOL_BASED_COURSES = "school_based_courses"
    ESSAY_READING = "essay_reading"
    LABOUR_EDUCATION = "labour_education"
    HOMEWORK_GUIDANCE = "homework_guidance"
    ARTISTIC_CULTIVATION = "artistic_cultivation"


class Path(StrEnum):
    """The three parts of the path (课内作业＋文体艺术＋综合实践)."""

    IN_CLASS_HOMEWORK = "in_class_homework"
    STYLE_AND_ART = "style_and_art"
    COMPREHENSIVE_PRACTICE = "comprehensive_practice"


ItemCode = Annotated[str, StringConstraints(pattern=r"^[a-z0-9_]{1,80}$")]


class CatalogueItemContent(BaseModel):
    """A catalogue item, its first day and its source."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    code: ItemCode
    title_zh: Line
    title_en: Line
    category: Category
    path: Path
    source: Name
    status: SourceStatus = SourceStatus.VERIFIED
    valid_from: Day


class CatalogueItem(Base, SourcedVersion):
    """One version of a catalogue item. Courses keep the item under whose code they were published."""

    __tablename__ = "catalogue_item"
    __table_args__ = (
        Index("uq_catalogue_item_code_valid_from", "code", "valid_from", unique=True, postgresql_where=text(STANDS)),
        key_check("code"),
        CheckConstraint("valid_to IS NULL OR valid_from <= valid_to", name="days_in_order"),
        withdrawn_for_a_reason(),
    )

    title_zh: Mapped[str] = mapped_column(Text)
    title_en: Mapped[str] = mapped_column(Text)
    category: Mapped[str] = mapped_column(Text)
    path: Mapped[str] = mapped_column(Text)

    @classmethod
    def enact(cls, content: CatalogueItemContent, *, at: datetime) -> tuple[Self, CatalogueItemEnacted]:
        check_first_day(content.valid_from, at=at)
        item = cls(id=new_id(), version=0, enacted_at=at, **columns(content))
        return item, CatalogueItemEnacted(
            item_id=item.id,
            code=item.code,
            title=item.title_zh,
            category=item.category,
            path=item.path,
            source=item.source,
            valid_from=item.valid_from,
            at=at,
        )

    def _ended(self, at: datetime) -> CatalogueItemRepealed:
        assert self.valid_to is not None
        return CatalogueItemRepealed(item_id=self.id, code=self.code, valid_to=self.valid_to, at=at)

    def _withdrawn(self, at: datetime) -> CatalogueItemWithdrawn:
        return CatalogueItemWithdrawn(item_id=self.id, code=self.code, valid_from=self.valid_from, at=at)

    def _continued(self, at: datetime) -> CatalogueItemContinued:
        return CatalogueItemContinued(item_id=self.id, code=self.code, valid_to=self.valid_to, at=at)


def columns(content: CatalogueItemContent) -> dict[str, Any]:
    return content.model_dump() | {
        "category": content.category.value,
        "path": content.path.value,
        "status": content.status.value,
    }
