"""Homework of one class: sums by day, the week's average over its school days, rest days apart, and the trend.

The limit (教基厅函〔2021〕13号) is an average: a class may exceed it on one day if the week keeps it. It is counted
over all school days of the calendar, make-up days too, whether or not homework was set. What is set for weekends and
holidays is judged apart, so that it neither fills nor empties the week.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Annotated, Any, Final, Self
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy import CheckConstraint, Date, ForeignKey, Index, Integer, Text, UniqueConstraint
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from services.afterschool.orm import Base
from services.afterschool.programme.providers.domain import Provider
from services.afterschool.roster.classes.domain import SchoolClass
from services.afterschool.roster.schools.domain import School
from services.afterschool.rulebook.norms.domain import NormName
from shared.data.database import Aggregate, new_id
from shared.domain.clock import china_date
from shared.domain.refusals import Conflict, Invalid
from shared.domain.wording import NUMBER, Day, Line, Reason
from shared.events.afterschool.homework import HomeworkDeclared, HomeworkReported


class GradeUnknown(Invalid):
    """Homework is judged in grades 1 to 9."""

    code = "grade-unknown"
    zh = "作业管理适用于一至九年级。"


class SubjectTwice(Invalid):
    """Name each subject once for a day."""

    code = "subject-twice"
    zh = "同一天每个学科只能填报一次。"


class HomeworkInFuture(Invalid):
    """Homework can be reported only for today or an earlier day."""

    code = "homework-in-future"
    zh = "只能反映今天或以前布置的作业。"


class HomeworkReportExists(Conflict):
    """You have already reported homework of this institution for this day."""

    code = "homework-report-exists"
    zh = "您已反映过该机构当日布置作业的情况。"


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


class HomeworkEntry(BaseModel):
    """The homework of one subject. Only written homework counts towards the limit."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    subject: Line
    minutes: Annotated[int, NUMBER, Field(ge=0, le=600)]
    written: bool = True


class HomeworkDay(Base, Aggregate):
    """What a school declares of a class for one day: minutes by subject. `written_minutes` is the sum that counts."""

    __tablename__ = "homework_day"
    __table_args__ = (
        UniqueConstraint("class_id", "on_day"),
        CheckConstraint("written_minutes >= 0", name="written_minutes_not_negative"),
        Index("ix_homework_day_on_day_class_id", "on_day", "class_id"),
        Index("ix_homework_day_school_id_id", "school_id", "id"),
    )

    class_id: Mapped[UUID] = mapped_column(ForeignKey(SchoolClass.id))
    school_id: Mapped[UUID] = mapped_column(ForeignKey(School.id))
    on: Mapped[date] = mapped_column("on_day", Date)
    entries: Mapped[list[dict[str, Any]]] = mapped_column(JSONB)
    written_minutes: Mapped[int] = mapped_column(Integer)
    declared_by: Mapped[str] = mapped_column(Text)
    declared_at: Mapped[datetime]

    @classmethod
    def of(cls, school_class: SchoolClass, on: date) -> Self:
        """A day of which nothing was declared yet."""
        return cls(
            id=new_id(),
            version=0,
            class_id=school_class.id,
            school_id=school_class.school_id,
            on=on,
            entries=[],
            written_minutes=0,
        )

    def declare(
        self, entries: Sequence[HomeworkEntry], school_class: SchoolClass, *, school: School, by: str, at: datetime
    ) -> HomeworkDeclared | None:
        """Replace what was declared of the day; None if it was declared so before. Raises `SubjectTwice`."""
        check_entries(entries)
        wanted = [entry.model_dump() for entry in entries]
        if self.version and self.entries == wanted:
            return None
        self.entries, self.written_minutes = wanted, written_minutes(entries)
        self.declared_by, self.declared_at = by, at
        return HomeworkDeclared(
            homework_id=self.id,
            class_id=self.class_id,
            school_id=school.id,
            district=school.district,
            street=school.street,
            grade=school_class.grade,
            on=self.on,
            written_minutes=self.written_minutes,
            other_minutes=sum(entry.minutes for entry in entries if not entry.written),
            at=at,
        )

    def assignments(self) -> list[Assignment]:
        """The written homework of the day."""
        return written(self.on, [HomeworkEntry(**entry) for entry in self.entries])


def check_entries(entries: Sequence[HomeworkEntry]) -> None:
    """Raises `SubjectTwice`."""
    if len({entry.subject for entry in entries}) < len(entries):
        raise SubjectTwice(pointer="/entries")


def written(on: date, entries: Iterable[HomeworkEntry]) -> list[Assignment]:
    """The entries that count towards the limit."""
    return [Assignment(day=on, subject=one.subject, minutes=one.minutes) for one in entries if one.written]


def written_minutes(entries: Iterable[HomeworkEntry]) -> int:
    return sum(entry.minutes for entry in entries if entry.written)


class ReportedBy(StrEnum):
    """Who reported homework of a training institution."""

    GUARDIAN = "guardian"
    SCHOOL = "school"


class HomeworkReportDetails(BaseModel):
    """The institution that set homework, the day, and what was set. The text stays here; no event has it."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    institution_id: UUID
    on: Day
    subject: Line | None = None
    text: Reason


class HomeworkReport(Base, Aggregate):
    """Somebody reports that a training institution set homework, which none may (培训机构留作业)."""

    __tablename__ = "homework_report"
    __table_args__ = (
        UniqueConstraint("institution_id", "on_day", "reported_by"),
        Index("ix_homework_report_reported_by_id", "reported_by", "id"),
    )

    institution_id: Mapped[UUID] = mapped_column(ForeignKey(Provider.institution_id))
    on: Mapped[date] = mapped_column("on_day", Date)
    subject: Mapped[str | None] = mapped_column(Text)
    text: Mapped[str] = mapped_column(Text)
    source: Mapped[str] = mapped_column(Text)
    school_id: Mapped[UUID | None] = mapped_column(ForeignKey(School.id))
    reported_by: Mapped[str] = mapped_column(Text)
    reported_at: Mapped[datetime]

    @classmethod
    def file(
        cls,
        details: HomeworkReportDetails,
        *,
        provider: Provider,
        source: ReportedBy,
        school_id: UUID | None,
        by: str,
        at: datetime,
    ) -> tuple[Self, HomeworkReported]:
        """Raises `HomeworkInFuture`."""
        if details.on > china_date(at):
            raise HomeworkInFuture(pointer="/on")
        report = cls(
            id=new_id(),
            version=0,
            source=source,
            school_id=school_id,
            reported_by=by,
            reported_at=at,
            **details.model_dump(),
        )
        return report, HomeworkReported(
            report_id=report.id,
            institution_id=report.institution_id,
            on=report.on,
            source=source,
            district=provider.district,
            street=provider.street,
            at=at,
        )


def limit_of(grade: int) -> NormName:
    """The norm that limits the written homework of a grade."""
    for first, last, name in BANDS:
        if first <= grade <= last:
            return name
    raise GradeUnknown


BANDS: Final = (
    (1, 2, NormName.HOMEWORK_GRADES_1_2),
    (3, 6, NormName.HOMEWORK_GRADES_3_6),
    (7, 9, NormName.HOMEWORK_GRADES_7_9),
)
"""First grade, last grade, and the norm that limits their homework."""


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


def warnings(week: Week, day: date) -> list[HomeworkWarning]:
    """What to tell a teacher who is about to publish a day of this week; the week is taken as it would be then."""
    rest = week.rest_days.get(day)
    if rest is not None:
        return [HomeworkWarning.REST_DAY_OVER_LIMIT] if rest > week.limit else []
    found = [HomeworkWarning.DAY_OVER_LIMIT] if week.school_days[day] > week.limit else []
    return [*found, *([HomeworkWarning.WEEK_OVER_LIMIT] if week.over else [])]


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


CONSTRAINTS: Final = {"uq_homework_report_institution_id_on_day_reported_by": HomeworkReportExists}
