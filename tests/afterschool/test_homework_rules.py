"""Homework: class-day sums over the week's school days, rest days apart, warnings, trend."""

from datetime import date, timedelta

import pytest

from services.afterschool.programme.providers.domain import Provider
from services.afterschool.quality.homework.domain import (
    Assignment,
    GradeUnknown,
    HomeworkDay,
    HomeworkEntry,
    HomeworkInFuture,
    HomeworkReport,
    HomeworkReportDetails,
    HomeworkWarning,
    ReportedBy,
    SubjectTwice,
    TrendPoint,
    Week,
    limit_of,
    monday_of,
    trend,
    warnings,
    week_of,
)
from services.afterschool.roster.classes.domain import ClassDetails, SchoolClass
from services.afterschool.roster.schools.domain import School, SchoolDetails, Stage
from services.afterschool.rulebook.norms.domain import NormName
from shared.data.database import new_id
from shared.domain.clock import china_date, utc_now

NOW = utc_now()
TODAY = china_date(NOW)
SCHOOL, _registered = School.register(
    SchoolDetails(code="s", name="一小", stage=Stage.PRIMARY, district="140213"), at=NOW
)
CLASS, _formed = SchoolClass.form(
    ClassDetails(code="3-1", name="3.1", grade=3, school_year=2026), school=SCHOOL, at=NOW
)
MONDAY = date(2026, 11, 23)
DAYS = [MONDAY + timedelta(days=number) for number in range(7)]
SATURDAY = DAYS[5]


def set_on(day: date, minutes: int, subject: str = "数学") -> Assignment:
    return Assignment(day=day, subject=subject, minutes=minutes)


def a_week(*minutes: int, limit: int = 60, school_days: list[date] = DAYS[:5], rest: int = 0) -> Week:
    found = [set_on(day, each) for day, each in zip(DAYS, minutes, strict=False)]
    return week_of(MONDAY, [*found, set_on(SATURDAY, rest)], school_days=school_days, limit=limit)


@pytest.mark.parametrize(
    ("grade", "name"),
    [
        (1, NormName.HOMEWORK_GRADES_1_2),
        (2, NormName.HOMEWORK_GRADES_1_2),
        (3, NormName.HOMEWORK_GRADES_3_6),
        (6, NormName.HOMEWORK_GRADES_3_6),
        (7, NormName.HOMEWORK_GRADES_7_9),
        (9, NormName.HOMEWORK_GRADES_7_9),
    ],
)
def test_each_grade_has_its_limit(grade: int, name: NormName) -> None:
    assert limit_of(grade) is name


@pytest.mark.parametrize("grade", [0, 10])
def test_other_grades_have_none(grade: int) -> None:
    with pytest.raises(GradeUnknown):
        limit_of(grade)


def test_a_week_begins_on_monday() -> None:
    assert {monday_of(day) for day in DAYS} == {MONDAY}


def test_subjects_of_a_day_are_summed() -> None:
    found = [
        set_on(MONDAY, 25),
        set_on(MONDAY, 20, "语文"),
        set_on(DAYS[1], 30),
        set_on(MONDAY - timedelta(days=1), 99),
    ]
    week = week_of(MONDAY, found, school_days=DAYS[:5], limit=60)
    assert week.school_days == {DAYS[0]: 45, DAYS[1]: 30, DAYS[2]: 0, DAYS[3]: 0, DAYS[4]: 0}
    assert week.average_tenths == 150


@pytest.mark.parametrize(
    ("minutes", "over", "tenths"),
    [
        ((90, 60, 60, 60, 30), False, 600),
        ((90, 60, 60, 60, 31), True, 602),
        ((0, 0, 0, 0, 0), False, 0),
    ],
)
def test_the_limit_is_an_average_of_the_week(minutes: tuple[int, ...], over: bool, tenths: int) -> None:
    week = a_week(*minutes)
    assert (week.over, week.average_tenths) == (over, tenths)


def test_grades_one_and_two_have_none_at_all() -> None:
    assert not a_week(0, limit=0).over
    assert a_week(1, limit=0).over
    assert a_week(1, limit=0).average_tenths == 2


def test_a_holiday_makes_the_week_shorter_and_a_make_up_day_longer() -> None:
    assert a_week(100, 100, 100, 0, 0, limit=60, school_days=DAYS[:3]).over
    assert not a_week(60, 60, 60, 60, 60, rest=60, school_days=[*DAYS[:5], SATURDAY]).over
    assert a_week(60, 60, 60, 60, 60, rest=61, school_days=[*DAYS[:5], SATURDAY]).over


def test_rest_days_are_judged_apart() -> None:
    week = a_week(60, 60, 60, 60, 60, rest=61)
    assert (week.over, week.rest_days_over) == (False, [SATURDAY])
    assert a_week(0, 0, 0, 0, 0, rest=600).average_tenths == 0


def test_a_week_of_vacation_has_no_average() -> None:
    week = a_week(10, school_days=[])
    assert (week.over, week.average_tenths) == (False, None)


def published(day: date, minutes: int) -> Week:
    """A week of 60, 60, 60, 60 and 0 minutes, with more on one day."""
    found = [set_on(each, 60) for each in DAYS[:4]]
    return week_of(MONDAY, [*found, set_on(day, minutes, "语文")], school_days=DAYS[:5], limit=60)


@pytest.mark.parametrize(
    ("day", "minutes", "told"),
    [
        (DAYS[4], 20, []),
        (DAYS[4], 61, [HomeworkWarning.DAY_OVER_LIMIT, HomeworkWarning.WEEK_OVER_LIMIT]),
        (DAYS[4], 60, []),
        (DAYS[0], 1, [HomeworkWarning.DAY_OVER_LIMIT]),
        (SATURDAY, 60, []),
        (SATURDAY, 61, [HomeworkWarning.REST_DAY_OVER_LIMIT]),
    ],
)
def test_a_teacher_is_warned_before_publishing(day: date, minutes: int, told: list[HomeworkWarning]) -> None:
    assert warnings(published(day, minutes), day) == told


def test_a_day_within_the_limit_can_fill_the_week() -> None:
    assert warnings(a_week(90, 60, 60, 60, 31), DAYS[4]) == [HomeworkWarning.WEEK_OVER_LIMIT]


def test_the_trend_leaves_vacations_out() -> None:
    second, third = MONDAY + timedelta(days=7), MONDAY + timedelta(days=14)
    weeks = [
        Week(third, 60, {third: 70}, {}),
        Week(MONDAY, 60, {MONDAY: 50}, {}),
        Week(second, 60, {}, {second: 99}),
    ]
    assert trend(weeks) == [TrendPoint(MONDAY, 500, False, None), TrendPoint(third, 700, True, 200)]


def entries(**minutes: int) -> list[HomeworkEntry]:
    return [HomeworkEntry(subject=subject, minutes=each) for subject, each in minutes.items()]


def test_a_day_is_declared_and_replaced() -> None:
    day = HomeworkDay.of(CLASS, MONDAY)
    spoken = HomeworkEntry(subject="英语", minutes=15, written=False)
    declared = day.declare([*entries(数学=20, 语文=25), spoken], CLASS, school=SCHOOL, by="a", at=NOW)
    assert declared is not None
    assert (declared.written_minutes, declared.other_minutes, declared.grade) == (45, 15, 3)
    assert sum(one.minutes for one in day.assignments()) == day.written_minutes == 45
    day.version = 1
    assert day.declare([*entries(数学=20, 语文=25), spoken], CLASS, school=SCHOOL, by="a", at=NOW) is None
    replaced = day.declare([], CLASS, school=SCHOOL, by="a", at=NOW)
    assert replaced is not None
    assert day.assignments() == []


def test_no_homework_is_a_declaration_too() -> None:
    assert HomeworkDay.of(CLASS, MONDAY).declare([], CLASS, school=SCHOOL, by="a", at=NOW) is not None


def test_a_subject_is_named_once_for_a_day() -> None:
    with pytest.raises(SubjectTwice):
        HomeworkDay.of(CLASS, MONDAY).declare(entries(数学=20) + entries(数学=5), CLASS, school=SCHOOL, by="a", at=NOW)


def test_a_report_tells_who_reported_and_not_what_was_written() -> None:
    provider = Provider(institution_id=new_id(), district="140213", street=None)
    details = HomeworkReportDetails(institution_id=provider.institution_id, on=TODAY, subject="数学", text="两页")
    report, filed = HomeworkReport.file(
        details, provider=provider, source=ReportedBy.GUARDIAN, school_id=None, by="g", at=NOW
    )
    assert (report.text, filed.source, "text" in filed.model_dump()) == ("两页", "guardian", False)
    tomorrow = details.model_copy(update={"on": TODAY + timedelta(days=1)})
    with pytest.raises(HomeworkInFuture):
        HomeworkReport.file(tomorrow, provider=provider, source=ReportedBy.SCHOOL, school_id=None, by="g", at=NOW)
