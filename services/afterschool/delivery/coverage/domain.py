"""The rules by which a school covers a day and a week, and the reasons why it does not."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Final
from uuid import UUID

from services.afterschool.roster.terms.domain import Term, is_school_day
from shared.domain.clock import CHINA


@dataclass(frozen=True, slots=True)
class CareNorm:
    """The demands of the district on a day: the least minutes, and the minute of the day before which service must not
    end."""

    least_minutes: int
    end_minute: int


class Shortfall(StrEnum):
    """A reason why a school does not cover a day."""

    NO_SESSION = "no-session-held"
    TOO_SHORT = "service-too-short"
    ENDS_EARLY = "service-ends-early"


WORDS: Final[Mapping[Shortfall, tuple[str, str]]] = {
    Shortfall.NO_SESSION: ("当日没有实际开展的课后服务。", "No after-school session was held on this day."),
    Shortfall.TOO_SHORT: ("当日课后服务时长不足。", "The sessions of this day together are too short."),
    Shortfall.ENDS_EARLY: ("当日课后服务结束过早。", "The last session of this day ends too early."),
}


@dataclass(frozen=True, slots=True, order=True)
class Interval:
    """From when to when a counted session was held."""

    starts_at: datetime
    ends_at: datetime


@dataclass(frozen=True, slots=True)
class DayCoverage:
    """How long a school served on a day, when it ended, and what is missing."""

    on: date
    minutes: int
    ended_at: datetime | None
    norm: CareNorm
    reasons: Sequence[Shortfall]


@dataclass(frozen=True, slots=True)
class SchoolWeek:
    """The school days of a week that are over, at one school."""

    school_id: UUID
    days: Sequence[DayCoverage]

    @property
    def covered(self) -> bool:
        """It covered each of these days. A week without such a day is not judged."""
        return bool(self.days) and not any(day.reasons for day in self.days)

    @property
    def short(self) -> bool:
        return any(day.reasons for day in self.days)


def union_minutes(intervals: Iterable[Interval]) -> int:
    """The minutes in which at least one session was held: what overlaps counts once."""
    total, until = timedelta(0), None
    for one in sorted(intervals):
        begins = one.starts_at if until is None else max(one.starts_at, until)
        if one.ends_at > begins:
            total += one.ends_at - begins
            until = one.ends_at
    return int(total.total_seconds()) // 60


def judge_day(on: date, intervals: Sequence[Interval], norm: CareNorm) -> DayCoverage:
    """Compare the counted sessions of a day with the norm of that day."""
    if not intervals:
        return DayCoverage(on, 0, None, norm, [Shortfall.NO_SESSION])
    minutes, ended_at = union_minutes(intervals), max(one.ends_at for one in intervals)
    ended = ended_at.astimezone(CHINA)
    reasons = [Shortfall.TOO_SHORT] if minutes < norm.least_minutes else []
    if ended.hour * 60 + ended.minute < norm.end_minute:
        reasons.append(Shortfall.ENDS_EARLY)
    return DayCoverage(on, minutes, ended_at, norm, reasons)


def week_of(on: date) -> tuple[date, date]:
    """Monday and Sunday of the week of a day."""
    monday = on - timedelta(days=on.weekday())
    return monday, monday + timedelta(days=6)


def days_to_cover(
    first: date, last: date, *, terms: Sequence[Term], exceptional: Mapping[date, str | None], today: date
) -> list[date]:
    """The school days from the first to the last day that lie in a term and are over."""
    days = (first + timedelta(days=number) for number in range((last - first).days + 1))
    return [
        day
        for day in days
        if day < today
        and is_school_day(day, exceptional)
        and any(term.starts_on <= day <= term.ends_on for term in terms)
    ]


@dataclass(frozen=True, slots=True)
class Figures:
    """The children a school serves in a week.

    `willing` are its pupils whose family wants service this term; `served` attended a counted session."""

    pupils: int = 0
    served: int = 0
    willing: int = 0
    willing_served: int = 0
    classes: int = 0
    classes_served: int = 0
    teachers: int = 0
    teachers_taking_part: int = 0
    sessions: int = 0
    sessions_outside: int = 0

    def __add__(self, other: "Figures") -> "Figures":
        names = Figures.__slots__
        return Figures(**{name: getattr(self, name) + getattr(other, name) for name in names})
