"""What a day is, when a period of working days ends, on which days subject training is forbidden."""

import json
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest

from services.registry.rulebook.calendars import seed
from services.registry.rulebook.calendars.domain import (
    Calendar,
    CalendarUnpublished,
    CalendarYear,
    CorrectionContent,
    DayKind,
    DayNameMissing,
    DayOutsideYear,
    DayTwice,
    ExceptionalDay,
    MakeupNotOnWeekend,
    SchoolTerm,
    TermContent,
    TermReversed,
    Vacation,
    YearContent,
)
from shared.domain.refusals import Refusal
from shared.domain.working_days import Deadline, days_between, is_weekend

AT = datetime(2026, 3, 2, 1, 0, tzinfo=UTC)
HOLIDAYS = Path(__file__).parents[3] / "shared" / "data" / "cn_holidays"
SUMMER = Vacation("summer_vacation", "暑假", None, date(2026, 7, 11), date(2026, 8, 31))
OURS = Vacation("winter_vacation", "平城寒假", "140213", date(2026, 1, 26), date(2026, 3, 1))


def seeded(*vacations: Vacation) -> Calendar:
    years, days = seed.rows()
    return Calendar(
        frozenset(year["year"] for year in years),
        {day["on"]: ExceptionalDay(DayKind(day["kind"]), day["name"]) for day in days},
        vacations,
    )


CALENDAR = seeded(SUMMER, OURS)


def year(*days: tuple[str, str], of: int = 2027) -> YearContent:
    return YearContent.model_validate(
        {"year": of, "source": "s", "days": [{"on": on, "kind": kind, "name": "n"} for on, kind in days]}
    )


@pytest.mark.parametrize(
    ("on", "kind", "working", "forbidden"),
    [
        (date(2026, 3, 6), "workday", True, False),
        (date(2026, 3, 7), "rest_day", False, True),
        (date(2026, 10, 1), "public_holiday", False, True),
        (date(2026, 10, 4), "rest_day", False, True),
        (date(2026, 10, 10), "makeup_workday", True, False),
        (date(2026, 7, 13), "workday", True, True),
        (date(2027, 1, 4), "unknown", True, None),
        (date(2027, 1, 9), "unknown", False, None),
    ],
)
def test_a_day(on: date, kind: str, working: bool, forbidden: bool | None) -> None:
    assert (CALENDAR.kind(on), CALENDAR.is_working_day(on)) == (kind, working)
    if forbidden is None:
        with pytest.raises(CalendarUnpublished) as refused:
            CALENDAR.forbids_subject_training(on, None)
        assert refused.value.facts == {"year": on.year}
    else:
        assert CALENDAR.forbids_subject_training(on, None) is forbidden


def test_names() -> None:
    assert CALENDAR.name(date(2026, 10, 1)) == "国庆节"
    assert CALENDAR.name(date(2026, 3, 6)) is None


def test_a_makeup_workday_in_a_vacation_stays_forbidden() -> None:
    saturday = date(2026, 2, 28)
    assert CALENDAR.kind(saturday) is DayKind.MAKEUP_WORKDAY
    assert CALENDAR.forbids_subject_training(saturday, "140213")
    assert not CALENDAR.forbids_subject_training(saturday, "140214")
    assert not CALENDAR.forbids_subject_training(saturday, None)


@pytest.mark.parametrize(
    ("on", "district", "name"),
    [
        (date(2026, 7, 10), "140213", None), (date(2026, 7, 11), "140213", "暑假"), (date(2026, 8, 31), None, "暑假"),
        (date(2026, 9, 1), "140213", None), (date(2026, 2, 2), "140213", "平城寒假"), (date(2026, 2, 2), None, None),
        (date(2026, 2, 2), "140214", None),
    ],
)  # fmt: skip
def test_a_vacation(on: date, district: str | None, name: str | None) -> None:
    found = CALENDAR.vacation_on(on, district)
    assert (found.name if found else None) == name


def test_the_districts_own_vacation_comes_before_the_citys() -> None:
    city = Vacation("winter_vacation", "寒假", None, date(2026, 2, 1), date(2026, 2, 20))
    found = seeded(city, OURS).vacation_on(date(2026, 2, 2), "140213")
    assert found is OURS


@pytest.mark.parametrize(
    ("start", "days", "on", "provisional"),
    [
        (date(2026, 3, 2), 0, date(2026, 3, 2), False),
        (date(2026, 3, 6), 1, date(2026, 3, 9), False),  # Friday: the weekend is not counted
        (date(2026, 2, 13), 1, date(2026, 2, 14), False),  # a Saturday worked
        (date(2026, 2, 14), 1, date(2026, 2, 24), False),  # nine days of Spring Festival
        (date(2026, 9, 29), 4, date(2026, 10, 10), False),
        (date(2026, 12, 31), 1, date(2027, 1, 1), True),
        (date(2026, 12, 30), 1, date(2026, 12, 31), False),
    ],
)
def test_a_deadline(start: date, days: int, on: date, provisional: bool) -> None:
    assert CALENDAR.after_working_days(start, days) == Deadline(on, provisional)


def test_working_days_and_deadlines_are_one_count() -> None:
    for start in days_between(date(2026, 1, 25), date(2026, 2, 25)):
        for days in range(1, 25):
            assert CALENDAR.working_days(start, CALENDAR.after_working_days(start, days).on) == days
    assert CALENDAR.working_days(date(2026, 3, 6), date(2026, 3, 6)) == 0
    assert CALENDAR.working_days(date(2026, 3, 6), date(2026, 3, 1)) == 0


def test_publish_a_year() -> None:
    made, days, told = CalendarYear.publish(
        year(("2027-01-01", "public_holiday"), ("2027-01-03", "makeup_workday"), ("2027-01-04", "rest_day")), at=AT
    )
    assert (made.year, made.version, made.published_at) == (2027, 0, AT)
    assert [(day.on.day, day.kind, day.year_id) for day in days] == [
        (1, "public_holiday", made.id), (3, "makeup_workday", made.id), (4, "rest_day", made.id)
    ]  # fmt: skip
    assert (told.year, len(told.days)) == (2027, 3)


@pytest.mark.parametrize(
    ("content", "refusal", "pointer"),
    [
        (year(("2026-12-31", "rest_day")), DayOutsideYear, "/days/0/on"),
        (year(("2027-01-01", "rest_day"), ("2027-01-01", "public_holiday")), DayTwice, "/days/1/on"),
        (year(("2027-01-01", "makeup_workday")), MakeupNotOnWeekend, "/days/0/kind"),
    ],
)
def test_a_year_that_cannot_be(content: YearContent, refusal: type[Refusal], pointer: str) -> None:
    with pytest.raises(refusal) as refused:
        CalendarYear.publish(content, at=AT)
    assert refused.value.pointer == pointer


def correction(**more: Any) -> CorrectionContent:
    return CorrectionContent.model_validate({"on": "2027-03-06", "source": "s", "kind": None, **more})


def test_correct_a_day() -> None:
    made, _, _ = CalendarYear.publish(year(), at=AT)
    day, told = made.correct(correction(kind="makeup_workday", name="调休"), at=AT)
    assert day is not None
    assert (day.on, day.kind, day.name, day.year_id) == (date(2027, 3, 6), "makeup_workday", "调休", made.id)
    assert (told.kind, told.name) == ("makeup_workday", "调休")
    day, told = made.correct(correction(), at=AT)
    assert (day, told.kind, told.name) == (None, None, None)


@pytest.mark.parametrize(
    ("content", "refusal"),
    [
        (correction(on="2027-03-05", kind="makeup_workday", name="n"), MakeupNotOnWeekend),
        (correction(kind="rest_day"), DayNameMissing),
        (correction(name="n"), DayNameMissing),
    ],
)
def test_a_correction_that_cannot_be(content: CorrectionContent, refusal: type[Refusal]) -> None:
    made, _, _ = CalendarYear.publish(year(), at=AT)
    with pytest.raises(refusal):
        made.correct(content, at=AT)


def term(**more: Any) -> TermContent:
    said = {"period": "term", "name": "n", "starts_on": "2026-03-02", "ends_on": "2026-07-10", "source": "s", **more}
    return TermContent.model_validate(said)


def test_set_a_term() -> None:
    made, told = SchoolTerm.new(term(), at=AT)
    assert (made.period, made.district, told.term_id, told.ends_on) == ("term", None, made.id, date(2026, 7, 10))
    told = made.set_days(term(ends_on="2026-03-02", district="140213"), at=AT)
    assert (made.district, made.ends_on, told.ends_on) == ("140213", date(2026, 3, 2), date(2026, 3, 2))
    with pytest.raises(TermReversed):
        made.set_days(term(ends_on="2026-03-01"), at=AT)


def test_only_announced_years_are_seeded() -> None:
    years, days = seed.rows()
    assert [row["year"] for row in years] == [2020, 2021, 2022, 2023, 2024, 2025, 2026]
    assert {row["on"].year for row in days} == {row["year"] for row in years}
    assert all(is_weekend(row["on"]) for row in days if row["kind"] == "makeup_workday")


@pytest.mark.data
@pytest.mark.parametrize("of", [2024, 2025, 2026])
def test_the_seeded_calendar_is_the_announced_one(of: int) -> None:
    path = HOLIDAYS / f"{of}.json"
    if not path.is_file():
        pytest.skip("the public data sets are not beside the project")
    said = {date.fromisoformat(day["date"]): day["isOffDay"] for day in json.loads(path.read_text("utf-8"))["days"]}
    calendar = seeded()
    for on in days_between(date(of, 1, 1), date(of, 12, 31)):
        assert calendar.is_working_day(on) is not said.get(on, is_weekend(on)), on
        assert (calendar.kind(on) is DayKind.MAKEUP_WORKDAY) == (said.get(on) is False), on
