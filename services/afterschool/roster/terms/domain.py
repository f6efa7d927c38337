"""A school term, and the days on which schools teach."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from enum import StrEnum
from uuid import UUID

from sqlalchemy import BigInteger, Date, Index, Text
from sqlalchemy.orm import Mapped, mapped_column

from services.afterschool.orm import Base
from shared.domain.refusals import Invalid, NotFound


class TermNotFound(NotFound):
    """There is no such school term in force for this school's district."""

    code = "term-not-found"
    zh = "该校所在区县没有此学期。"


class CalendarUnknown(Invalid):
    """The registry has not published the calendar of the year `year` yet."""

    code = "calendar-unknown"
    zh = "该年度的日历尚未发布。"


class DayKind(StrEnum):
    """Days that do not follow their weekday."""

    PUBLIC_HOLIDAY = "public_holiday"
    REST_DAY = "rest_day"
    MAKEUP_WORKDAY = "makeup_workday"


class Term(Base):
    """A copy of a school term; `district` is null for the whole city, `sequence` that of its newest event."""

    __tablename__ = "term"
    __table_args__ = (Index("ix_term_name", "name"),)

    id: Mapped[UUID] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(Text)
    district: Mapped[str | None] = mapped_column(Text)
    starts_on: Mapped[date] = mapped_column(Date)
    ends_on: Mapped[date] = mapped_column(Date)
    withdrawn_at: Mapped[datetime | None]
    sequence: Mapped[int] = mapped_column(BigInteger)

    def weeks(self) -> int:
        """How many weeks the term touches, counted from Monday to Sunday."""
        return self.week_of(self.ends_on)

    def week_of(self, on: date) -> int:
        """The number of the week in the term, from 1."""
        return (on - _monday(self.starts_on)).days // 7 + 1


class CalendarYear(Base):
    """A year whose calendar was published; days of other years are unknown."""

    __tablename__ = "calendar_year"

    year: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    year_id: Mapped[UUID]
    sequence: Mapped[int] = mapped_column(BigInteger)


class ExceptionalDay(Base):
    """A day that does not follow its weekday; null `kind`: it was corrected and follows its weekday again."""

    __tablename__ = "exceptional_day"

    on: Mapped[date] = mapped_column("on_day", Date, primary_key=True)
    kind: Mapped[str | None] = mapped_column(Text)
    name: Mapped[str | None] = mapped_column(Text)
    sequence: Mapped[int] = mapped_column(BigInteger)


def is_school_day(on: date, exceptional: Mapping[date, str | None]) -> bool:
    """Monday to Friday, except holidays and rest days; make-up workdays as well."""
    kind = exceptional.get(on)
    if kind is None:
        return on.weekday() < 5
    return kind == DayKind.MAKEUP_WORKDAY


def school_days(first: date, last: date, exceptional: Mapping[date, str | None]) -> list[date]:
    """The school days from `first` to `last`, both included."""
    days = (first + timedelta(days=number) for number in range((last - first).days + 1))
    return [day for day in days if is_school_day(day, exceptional)]


def terms_in_force(known: Sequence[Term], district: str) -> list[Term]:
    """The terms that hold for a district: its own, else the city's of that name."""
    own = {term.name for term in known if term.district == district}
    return [term for term in known if term.district == district or (term.district is None and term.name not in own)]


def _monday(on: date) -> date:
    return on - timedelta(days=on.weekday())
