"""Homework of one class: sums by day, the week's average over its school days, rest days apart, and the trend.

The limit (教基厅函〔2021〕13号) is an average: a class may exceed it on one day if the week keeps it. It is counted
over all school days of the calendar, make-up days too, whether or not homework was set. What is set for weekends and
holidays is judged apart, so that it neither fills nor empties the week.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from typing import Annotated, Final

from pydantic import BaseModel, ConfigDict, Field

from services.afterschool.rulebook.norms.domain import NormName
from shared.domain.refusals import Invalid
from shared.domain.wording import NUMBER, Day, Line


class GradeUnknown(Invalid):
    """Homework is judged in grades 1 to 9."""

    code = "grade-unknown"
    zh = "作业管理适用于一至九年级。"


class HomeworkWarning(StrEnum):
    """What a teacher is told before publishing. None of them forbids it; the week decides."""

    DAY_OVER_LIMIT = "day_over_limit"
    WEEK_OVER_LIMIT = "week_over_limit"
    REST_DAY_OVER_LIMIT = "rest_day_over_limit"


class Assignment(BaseModel):
    """The written homework of one subject for one day, in minutes that an average pupil needs."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    day: Day
    subject: Line
    minutes: Annotated[int, NUMBER, Field(ge=0, le=600)]


def limit_of(grade: int) -> NormName:
    """The norm that limits the written homework of a grade."""
    for last, name in _LIMITS:
        if 1 <= grade <= last:
            return name
    raise GradeUnknown


_LIMITS: Final = (
    (2, NormName.HOMEWORK_GRADES_1_2),
    (6, NormName.HOMEWORK_GRADES_3_6),
    (9, NormName.HOMEWORK_GRADES_7_9),
)


def monday_of(day: date) -> date:
    return day - timedelta(days=day.weekday())


@dataclass(frozen=True, slots=True)
class Week:
    """One week of a class. `school_days` and `rest_days` hold the sum of each day; the limit is in minutes."""

    monday: date
    limit: int
    school_days: Mapping[date, int]
    rest_days: Mapping[date, int]

    @property
    def over(self) -> bool:
        """Whether the average over the week's school days is above the limit. Without school days there is none."""
        return sum(self.school_days.values()) > self.limit * len(self.school_days)

    @property
    def average_tenths(self) -> int | None:
        """The average in tenths of a minute, rounded up so that what is over the limit never looks as if it kept it."""
        days = len(self.school_days)
        return -(-sum(self.school_days.values()) * 10 // days) if days else None

    @property
    def rest_days_over(self) -> Sequence[date]:
        """Days without lessons whose own sum is above the limit."""
        return sorted(day for day, minutes in self.rest_days.items() if minutes > self.limit)


def week_of(monday: date, assignments: Iterable[Assignment], *, school_days: Iterable[date], limit: int) -> Week:
    """Sum the assignments of a week. `school_days` are those of the calendar; all others are rest days."""
    sums = dict.fromkeys((monday + timedelta(days=number) for number in range(7)), 0)
    for one in assignments:
        if one.day in sums:
            sums[one.day] += one.minutes
    taught = set(school_days) & set(sums)
    return Week(
        monday,
        limit,
        {day: minutes for day, minutes in sums.items() if day in taught},
        {day: minutes for day, minutes in sums.items() if day not in taught},
    )


def warnings(week: Week, added: Assignment) -> list[HomeworkWarning]:
    """What to tell a teacher who is about to add an assignment to this week."""
    rest = added.day in week.rest_days
    sums = dict(week.rest_days if rest else week.school_days)
    sums[added.day] += added.minutes
    if rest:
        return [HomeworkWarning.REST_DAY_OVER_LIMIT] if sums[added.day] > week.limit else []
    then = Week(week.monday, week.limit, sums, week.rest_days)
    found = [HomeworkWarning.DAY_OVER_LIMIT] if sums[added.day] > week.limit else []
    return [*found, *([HomeworkWarning.WEEK_OVER_LIMIT] if then.over else [])]


@dataclass(frozen=True, slots=True)
class TrendPoint:
    """One week of a trend; `change_tenths` is the difference from the last week that had school days."""

    monday: date
    average_tenths: int
    over: bool
    change_tenths: int | None


def trend(weeks: Iterable[Week]) -> list[TrendPoint]:
    """The averages of the weeks with school days, in order."""
    points: list[TrendPoint] = []
    for week in sorted(weeks, key=lambda one: one.monday):
        average = week.average_tenths
        if average is not None:
            change = average - points[-1].average_tenths if points else None
            points.append(TrendPoint(week.monday, average, week.over, change))
    return points
