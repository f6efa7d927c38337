"""A day of a scorecard, and which days are due."""

from collections.abc import Mapping
from datetime import date, datetime, time, timedelta
from typing import Final, Self

from sqlalchemy import Boolean, Date, Index, Text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from services.metrics.indicators.domain import Value
from services.metrics.orm import Base
from services.metrics.tree.domain import Indicator
from shared.domain.clock import CHINA, china_date
from shared.domain.refusals import Invalid

SETTLES: Final = timedelta(minutes=2)
"""So long after midnight the facts of the last moments are counted."""
ON_TIME: Final = timedelta(hours=1)
LONGEST: Final = timedelta(days=1100)
USUAL: Final = timedelta(days=90)

Numbers = tuple[int, int | None, int]
"""Numerator, denominator and the version of the rule."""


class HistoryTooLong(Invalid):
    """The days asked for are too many, or in the wrong order (`longest`, in days)."""

    code = "history-too-long"
    zh = "查询的日期过多，或起止日期颠倒。"


class ScorecardDay(Base):
    """The numbers of one scope as they stood when a day had ended.

    Everything that was published until `as_of` is in them. `late`: the day was over for long when this was taken,
    because no worker ran; these are the numbers of `taken_at`.
    """

    __tablename__ = "scorecard_day"
    __table_args__ = (Index("ix_scorecard_day_scope_day", "scope", "day"),)

    day: Mapped[date] = mapped_column(Date, primary_key=True)
    scope: Mapped[str] = mapped_column(Text, primary_key=True)
    as_of: Mapped[datetime | None]
    taken_at: Mapped[datetime]
    late: Mapped[bool] = mapped_column(Boolean)
    numbers: Mapped[dict[str, Numbers]] = mapped_column(JSONB, comment="by code: numerator, denominator, rule version")

    @classmethod
    def take(
        cls,
        day: date,
        scope: str,
        values: Mapping[str, Value],
        indicators: Mapping[str, Indicator],
        *,
        as_of: datetime | None,
        at: datetime,
    ) -> Self:
        return cls(
            day=day,
            scope=scope,
            as_of=as_of,
            taken_at=at,
            late=at > end_of(day) + ON_TIME,
            numbers={
                code: (value.numerator, value.denominator, indicators[code].rule_version)
                for code, value in values.items()
                if value.known
            },
        )


def end_of(day: date) -> datetime:
    """The moment at which a day in China is over."""
    return datetime.combine(day + timedelta(days=1), time(), CHINA)


def due(last: date | None, at: datetime) -> list[date]:
    """The days that are over and not taken yet; of a new platform, only the last one."""
    yesterday = china_date(at - SETTLES) - timedelta(days=1)
    first = yesterday if last is None else last + timedelta(days=1)
    return [first + timedelta(days=number) for number in range((yesterday - first).days + 1)]


def days_asked(first: date | None, last: date | None, *, today: date) -> tuple[date, date]:
    """The first and the last day of a history; usually the ninety days up to today. Raises `HistoryTooLong`."""
    to = min(last or today, today)
    start = first or to - USUAL
    if start > to or to - start > LONGEST:
        raise HistoryTooLong(pointer="/from", longest=LONGEST.days)
    return start, to


def read(indicator: Indicator, numbers: Numbers) -> Value:
    """The value that was taken."""
    return Value.of(indicator, numbers[0], numbers[1])
