"""A norm: one number for the whole city or one district, from a day on, in whole units."""

from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum
from typing import Annotated, Any, Final, Self

from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy import BigInteger, CheckConstraint, Index, Text, text
from sqlalchemy.orm import Mapped, mapped_column

from services.afterschool.orm import Base
from services.afterschool.rulebook.versions import SourcedVersion, check_first_day
from shared.data.database import key_check, new_id
from shared.domain.dated import STANDS, SourceStatus, withdrawn_for_a_reason
from shared.domain.refusals import Conflict, Invalid, NotFound
from shared.domain.wording import NUMBER, Code, Day, Name
from shared.events.afterschool.norms import NormContinued, NormEnacted, NormRepealed, NormWithdrawn


class NormNotFound(NotFound):
    """There is no such norm."""

    code = "norm-not-found"
    zh = "没有此标准数值。"


class NormUnknown(Conflict):
    """No value of the norm `name` is in force on that day. The bureau has to enact one."""

    code = "norm-unknown"
    zh = "该日该标准没有现行数值，须由市局确定。"


class NormTooLarge(Invalid):
    """The value is above the largest allowed for this norm (`most`)."""

    code = "norm-too-large"
    zh = "数值超出该标准的合理范围。"


class Unit(StrEnum):
    """What a value counts. `minute_of_day` counts from midnight in China: 500 is 8:20. `bp` is 1/100 of a percent."""

    MINUTES = "minutes"
    MINUTE_OF_DAY = "minute_of_day"
    FEN = "fen"
    BP = "bp"
    DAYS = "days"
    HOURS = "hours"


class NormName(StrEnum):
    """The names of the norms. A name ends with the unit of its value."""

    HOMEWORK_GRADES_1_2 = "homework.grades_1_2_minutes"
    HOMEWORK_GRADES_3_6 = "homework.grades_3_6_minutes"
    HOMEWORK_GRADES_7_9 = "homework.grades_7_9_minutes"
    SERVICE_DAYS = "service.week_days"
    SERVICE_MINUTES = "service.least_minutes"
    SERVICE_END = "service.end_minute_of_day"
    FEE_LESSON = "fee.lesson_fen"
    SUBSIDY_PRIMARY_CLASS = "subsidy.primary_class_fen"
    SUBSIDY_PRINCIPAL_FUND = "subsidy.principal_fund_class_fen"
    SUBSIDY_JUNIOR_SHARE = "subsidy.principal_fund_junior_bp"
    SUBSIDY_DAYS = "subsidy.least_days"
    SLEEP_PRIMARY = "sleep.primary_minutes"
    SLEEP_JUNIOR = "sleep.junior_minutes"
    BEDTIME_PRIMARY = "sleep.primary_bedtime_minute_of_day"
    BEDTIME_JUNIOR = "sleep.junior_bedtime_minute_of_day"
    FIRST_LESSON_PRIMARY = "lessons.primary_first_minute_of_day"
    FIRST_LESSON_JUNIOR = "lessons.junior_first_minute_of_day"
    FITNESS_SCHOOL = "fitness.school_minutes"
    FITNESS_BREAK = "fitness.break_minutes"
    OFFER = "offer.hours"
    MANAGEMENT_SAMPLE = "management.sample_bp"
    MANAGEMENT_SHORTFALL = "management.shortfall_days"

    @property
    def unit(self) -> Unit:
        return next(unit for unit in _LONGEST_FIRST if self.value.endswith(unit.value))

    @property
    def most(self) -> int:
        """The largest value that makes sense in this unit."""
        return MOST[self.unit]


MAX_VALUE: Final = 10**9
MOST: Final[Mapping[Unit, int]] = {
    Unit.MINUTES: 24 * 60,
    Unit.MINUTE_OF_DAY: 24 * 60 - 1,
    Unit.FEN: MAX_VALUE,
    Unit.BP: 10_000,
    Unit.DAYS: 365,
    Unit.HOURS: 30 * 24,
}
_LONGEST_FIRST: Final = sorted(Unit, key=lambda unit: -len(unit.value))


class NormContent(BaseModel):
    """A norm's value, its first day and its source. Without a district it holds for the whole city."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: NormName
    district: Code | None = None
    value: Annotated[int, NUMBER, Field(ge=0, le=MAX_VALUE)]
    source: Name
    status: SourceStatus = SourceStatus.VERIFIED
    valid_from: Day


class Norm(Base, SourcedVersion):
    """One number from a day on. `code` is the name, and the district behind an `@`: each such pair has its versions."""

    __tablename__ = "norm"
    __table_args__ = (
        Index("uq_norm_code_valid_from", "code", "valid_from", unique=True, postgresql_where=text(STANDS)),
        key_check("code"),
        CheckConstraint("valid_to IS NULL OR valid_from <= valid_to", name="days_in_order"),
        withdrawn_for_a_reason(),
    )

    name: Mapped[str] = mapped_column(Text)
    district: Mapped[str | None] = mapped_column(Text)
    value: Mapped[int] = mapped_column(BigInteger)

    @classmethod
    def enact(cls, content: NormContent, *, at: datetime) -> tuple[Self, NormEnacted]:
        check_first_day(content.valid_from, at=at)
        if content.value > content.name.most:
            raise NormTooLarge(pointer="/value", most=content.name.most)
        norm = cls(id=new_id(), version=0, enacted_at=at, **columns(content))
        return norm, NormEnacted(
            norm_id=norm.id,
            name=norm.name,
            district=norm.district,
            value=norm.value,
            source=norm.source,
            valid_from=norm.valid_from,
            at=at,
        )

    @property
    def unit(self) -> Unit:
        return NormName(self.name).unit

    def _ended(self, at: datetime) -> NormRepealed:
        assert self.valid_to is not None
        return NormRepealed(norm_id=self.id, name=self.name, district=self.district, valid_to=self.valid_to, at=at)

    def _withdrawn(self, at: datetime) -> NormWithdrawn:
        return NormWithdrawn(norm_id=self.id, name=self.name, district=self.district, valid_from=self.valid_from, at=at)

    def _continued(self, at: datetime) -> NormContinued:
        return NormContinued(norm_id=self.id, name=self.name, district=self.district, valid_to=self.valid_to, at=at)


def columns(content: NormContent) -> dict[str, Any]:
    code = content.name.value if content.district is None else f"{content.name.value}@{content.district}"
    return content.model_dump() | {"code": code, "name": content.name.value, "status": content.status.value}
