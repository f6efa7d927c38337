"""The calendar of the state, the vacations of the schools, and what both say of a day."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum
from typing import Annotated, Final, Self
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy import CheckConstraint, Date, ForeignKey, Index, Text
from sqlalchemy.orm import Mapped, mapped_column

from services.registry.orm import Base
from shared.data.database import Aggregate, new_id
from shared.domain.dated import Withdrawable, withdrawn_for_a_reason
from shared.domain.refusals import Conflict, Invalid, NotFound, Refusal
from shared.domain.wording import NUMBER, Code, Day, Line, Name
from shared.domain.working_days import CountsWorkingDays, is_weekend
from shared.events.registry.calendars import CalendarDay as ToldDay
from shared.events.registry.calendars import (
    CalendarDayCorrected,
    CalendarYearPublished,
    SchoolTermSet,
    SchoolTermWithdrawn,
)


class CalendarUnpublished(Conflict):
    """The calendar of this year is not published yet."""

    code = "calendar-unpublished"
    zh = "该年度节假日安排尚未公布。"


class YearPublishedAlready(Conflict):
    """The calendar of this year is already published. Correct its days one by one."""

    code = "calendar-year-published"
    zh = "该年度日历已发布，请逐日更正。"


class DayOutsideYear(Invalid):
    """This day is not in the year."""

    code = "day-outside-year"
    zh = "日期不在该年度内。"


class DayTwice(Invalid):
    """This day is listed twice."""

    code = "day-twice"
    zh = "同一日期出现两次。"


class MakeupNotOnWeekend(Invalid):
    """A makeup workday must be a Saturday or a Sunday."""

    code = "makeup-not-on-weekend"
    zh = "调休上班日须为周六或周日。"


class DayNameMissing(Invalid):
    """An exceptional day needs a name; a day that follows its weekday must have none."""

    code = "day-name-missing"
    zh = "特殊日期须有名称；恢复为平日时不得填写名称。"


class TermNotFound(NotFound):
    """There is no such term or vacation."""

    code = "term-not-found"
    zh = "没有此学期或假期。"


class TermReversed(Invalid):
    """The last day must not be before the first."""

    code = "term-reversed"
    zh = "结束日期早于开始日期。"


class TermOverlaps(Conflict):
    """The days overlap another period of this kind for the same schools."""

    code = "term-overlaps"
    zh = "与同一范围内已设定的同类学期或假期日期重叠。"


class DayKind(StrEnum):
    """The kind of a day. `unknown` means that the calendar of its year is not published."""

    WORKDAY = "workday"
    MAKEUP_WORKDAY = "makeup_workday"
    REST_DAY = "rest_day"
    PUBLIC_HOLIDAY = "public_holiday"
    UNKNOWN = "unknown"


class ExceptionalKind(StrEnum):
    """The kinds of days that do not follow their weekday."""

    MAKEUP_WORKDAY = "makeup_workday"
    REST_DAY = "rest_day"
    PUBLIC_HOLIDAY = "public_holiday"


class Period(StrEnum):
    TERM = "term"
    WINTER_VACATION = "winter_vacation"
    SUMMER_VACATION = "summer_vacation"


VACATIONS: Final = frozenset({Period.WINTER_VACATION, Period.SUMMER_VACATION})


@dataclass(frozen=True, slots=True)
class ExceptionalDay:
    """A day that does not follow its weekday."""

    kind: DayKind
    name: str


@dataclass(frozen=True, slots=True)
class Vacation:
    """A school vacation; `district` None is the whole city's."""

    period: str
    name: str
    district: str | None
    starts_on: date
    ends_on: date


@dataclass(frozen=True, slots=True)
class Calendar(CountsWorkingDays):
    """What is known of the days: the exceptional days of the published years, and the vacations."""

    published: frozenset[int]
    days: Mapping[date, ExceptionalDay] = field(default_factory=dict)
    vacations: Sequence[Vacation] = ()

    def kind(self, day: date) -> DayKind:
        if day.year not in self.published:
            return DayKind.UNKNOWN
        exceptional = self.days.get(day)
        if exceptional is not None:
            return exceptional.kind
        return DayKind.REST_DAY if is_weekend(day) else DayKind.WORKDAY

    def name(self, day: date) -> str | None:
        exceptional = self.days.get(day)
        return exceptional.name if exceptional else None

    def is_working_day(self, day: date) -> bool:
        """By the year's calendar; by the weekday while that is not published."""
        kind = self.kind(day)
        return not is_weekend(day) if kind is DayKind.UNKNOWN else kind in (DayKind.WORKDAY, DayKind.MAKEUP_WORKDAY)

    def vacation_on(self, day: date, district: str | None) -> Vacation | None:
        """The schools' vacation on a day: the district's own, or else the city's."""
        there = [
            vacation
            for vacation in self.vacations
            if vacation.starts_on <= day <= vacation.ends_on and vacation.district in (None, district)
        ]
        return min(there, key=lambda vacation: vacation.district is None, default=None)

    def forbids_subject_training(self, day: date, district: str | None) -> bool:
        """Whether subject training is forbidden: on public holidays, rest days and in vacations. 双减意见 forbids
        training on 国家法定节假日, 休息日 and in 寒暑假期; a makeup workday is neither of the first two. Raises
        `CalendarUnpublished` for a year without a calendar."""
        kind = self.kind(day)
        if kind is DayKind.UNKNOWN:
            raise CalendarUnpublished(year=day.year)
        return kind in (DayKind.PUBLIC_HOLIDAY, DayKind.REST_DAY) or self.vacation_on(day, district) is not None


class DayIn(BaseModel):
    """A day that does not follow its weekday."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    on: Day
    kind: ExceptionalKind
    name: Line


class YearContent(BaseModel):
    """The calendar of a year as 国务院办公厅 announces it: all exceptional days."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    year: Annotated[int, NUMBER, Field(ge=2000, le=2100)]
    source: Name
    days: Annotated[list[DayIn], Field(max_length=366)]


class CorrectionContent(BaseModel):
    """The correction of a day in a published year. Without a kind, the day follows its weekday."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    on: Day
    kind: ExceptionalKind | None
    name: Line | None = None
    source: Name


class TermContent(BaseModel):
    """The days of a term or vacation of the city's schools, or of one district's."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    period: Period
    name: Line
    district: Code | None = None
    starts_on: Day
    ends_on: Day
    source: Name


class CalendarYear(Base, Aggregate):
    """A year whose calendar is published (国务院办公厅关于部分节假日安排的通知)."""

    __tablename__ = "calendar_year"
    __table_args__ = (Index("uq_calendar_year_year", "year", unique=True),)

    year: Mapped[int]
    source: Mapped[str] = mapped_column(Text)
    published_at: Mapped[datetime]

    @classmethod
    def publish(cls, content: YearContent, *, at: datetime) -> tuple[Self, list["CalendarDay"], CalendarYearPublished]:
        seen = Counter[date]()
        for place, day in enumerate(content.days):
            seen[day.on] += 1
            if day.on.year != content.year:
                raise DayOutsideYear(pointer=f"/days/{place}/on")
            if seen[day.on] > 1:
                raise DayTwice(pointer=f"/days/{place}/on")
            _check_makeup(day.kind, day.on, pointer=f"/days/{place}/kind")
        year = cls(id=new_id(), version=0, year=content.year, source=content.source, published_at=at)
        days = [
            CalendarDay(on=day.on, kind=day.kind, name=day.name, source=content.source, year_id=year.id)
            for day in content.days
        ]
        told = [ToldDay(on=day.on, kind=day.kind, name=day.name) for day in content.days]
        return year, days, CalendarYearPublished(year_id=year.id, year=year.year, source=year.source, days=told, at=at)

    def correct(self, content: CorrectionContent, *, at: datetime) -> tuple["CalendarDay | None", CalendarDayCorrected]:
        """Correct one day; the first value is None if the day now follows its weekday."""
        if (content.kind is None) != (content.name is None):
            raise DayNameMissing(pointer="/name")
        corrected = None
        if content.kind is not None and content.name is not None:
            _check_makeup(content.kind, content.on, pointer="/kind")
            corrected = CalendarDay(
                on=content.on, kind=content.kind, name=content.name, source=content.source, year_id=self.id
            )
        return corrected, CalendarDayCorrected(
            year_id=self.id, on=content.on, kind=content.kind, name=content.name, source=content.source, at=at
        )


def _check_makeup(kind: ExceptionalKind, on: date, *, pointer: str) -> None:
    if kind is ExceptionalKind.MAKEUP_WORKDAY and not is_weekend(on):
        raise MakeupNotOnWeekend(pointer=pointer)


class CalendarDay(Base):
    """A day of a published year that is not what its weekday says."""

    __tablename__ = "calendar_day"

    on: Mapped[date] = mapped_column(Date, primary_key=True)
    kind: Mapped[str] = mapped_column(Text)
    name: Mapped[str] = mapped_column(Text)
    source: Mapped[str] = mapped_column(Text)
    year_id: Mapped[UUID] = mapped_column(ForeignKey("calendar_year.id"))


class SchoolTerm(Base, Aggregate, Withdrawable):
    """A school term (学期) or vacation (寒暑假), of the city's schools or of one district's."""

    __tablename__ = "school_term"
    __table_args__ = (
        Index("ix_school_term_ends_on", "ends_on"),
        CheckConstraint("starts_on <= ends_on", name="days_in_order"),
        withdrawn_for_a_reason(),
    )

    period: Mapped[str] = mapped_column(Text)
    name: Mapped[str] = mapped_column(Text)
    district: Mapped[str | None] = mapped_column(Text)
    starts_on: Mapped[date] = mapped_column(Date)
    ends_on: Mapped[date] = mapped_column(Date)
    source: Mapped[str] = mapped_column(Text)
    entered_at: Mapped[datetime | None]

    @classmethod
    def new(cls, content: TermContent, *, at: datetime) -> tuple[Self, SchoolTermSet]:
        term = cls(id=new_id(), version=0, entered_at=at)
        return term, term.set_days(content, at=at)

    def set_days(self, content: TermContent, *, at: datetime) -> SchoolTermSet:
        self.check_stands()
        if content.ends_on < content.starts_on:
            raise TermReversed(pointer="/ends_on")
        for name, value in content.model_dump().items():
            setattr(self, name, value)
        return SchoolTermSet(term_id=self.id, **content.model_dump(), at=at)

    def withdraw(self, reason: str, *, by: str, at: datetime) -> SchoolTermWithdrawn:
        self._take_back(reason, first_day=self.starts_on, entered_at=self.entered_at, by=by, at=at)
        return SchoolTermWithdrawn(
            term_id=self.id,
            period=self.period,
            district=self.district,
            starts_on=self.starts_on,
            ends_on=self.ends_on,
            at=at,
        )


CONSTRAINTS: Final[Mapping[str, type[Refusal]]] = {"uq_calendar_year_year": YearPublishedAlready}
