"""When a school covers a day and a week."""

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.afterschool.delivery.coverage.domain import (
    WORDS,
    CareNorm,
    Figures,
    Interval,
    SchoolWeek,
    Shortfall,
    days_to_cover,
    judge_day,
    union_minutes,
    week_of,
)
from services.afterschool.roster.terms.domain import terms_in_force
from shared.data.database import new_id
from tests.afterschool.delivery.rules import DAY, a_term

NORM = CareNorm(least_minutes=120, end_minute=18 * 60)
MIDNIGHT = datetime(2026, 10, 13, 16, tzinfo=UTC)
"""In China."""


def interval(begin: float, end: float) -> Interval:
    """From hour to hour in China."""
    return Interval(MIDNIGHT + timedelta(hours=begin), MIDNIGHT + timedelta(hours=end))


@pytest.mark.parametrize(
    ("intervals", "reasons"),
    [
        ([], [Shortfall.NO_SESSION]),
        ([interval(16, 18)], []),
        ([interval(16, 17), interval(17, 18)], []),
        ([interval(16, 17.5), interval(16.5, 18), interval(17, 17.25)], []),
        ([interval(16, 17), interval(16, 17), interval(17.5, 18)], [Shortfall.TOO_SHORT]),
        ([interval(15, 17.75)], [Shortfall.ENDS_EARLY]),
        ([interval(16, 17)], [Shortfall.TOO_SHORT, Shortfall.ENDS_EARLY]),
        ([interval(16.5, 18)], [Shortfall.TOO_SHORT]),
    ],
)
def test_a_day_is_long_enough_and_late_enough(intervals: list[Interval], reasons: list[Shortfall]) -> None:
    assert judge_day(DAY, intervals, NORM).reasons == reasons


def test_two_sessions_at_once_are_not_four_hours() -> None:
    assert union_minutes([interval(16, 18), interval(16, 18)]) == 120


@given(st.lists(st.tuples(st.integers(0, 50), st.integers(1, 20)), max_size=8))
def test_the_union_is_the_number_of_minutes_covered(spans: list[tuple[int, int]]) -> None:
    minutes = {minute for begin, length in spans for minute in range(begin, begin + length)}
    intervals = [interval(begin / 60, (begin + length) / 60) for begin, length in spans]
    assert union_minutes(intervals) == len(minutes)


def test_a_week_is_covered_if_each_of_its_days_is() -> None:
    good, bad = judge_day(DAY, [interval(16, 18)], NORM), judge_day(DAY, [], NORM)
    assert SchoolWeek(new_id(), [good, good]).covered
    assert not SchoolWeek(new_id(), [good, bad]).covered
    assert SchoolWeek(new_id(), [good, bad]).short
    empty = SchoolWeek(new_id(), [])
    assert (empty.covered, empty.short) == (False, False), "a week of holidays is not judged"
    assert set(WORDS) == set(Shortfall)


def test_only_school_days_of_a_term_that_are_over_are_judged() -> None:
    first, last = week_of(DAY)
    assert (first, last) == (date(2026, 10, 12), date(2026, 10, 18))
    exceptional = {date(2026, 10, 13): "public_holiday", date(2026, 10, 17): "makeup_workday"}
    days = days_to_cover(first, last, terms=[a_term()], exceptional=exceptional, today=date(2026, 10, 30))
    assert [day.day for day in days] == [12, 14, 15, 16, 17]
    assert days_to_cover(first, last, terms=[a_term()], exceptional={}, today=first) == []
    assert days_to_cover(first, last, terms=[], exceptional={}, today=date(2026, 10, 30)) == []


def test_a_districts_own_term_replaces_the_citys() -> None:
    city, own, other = a_term(), a_term(district="140213"), a_term(district="140214")
    assert terms_in_force([city, own, other], "140213") == [own]
    assert terms_in_force([city, other], "140213") == [city]
    assert terms_in_force([city, a_term(name="x"), own], "140213")[0].name == "x"


def test_figures_add_up() -> None:
    assert Figures(pupils=2, served=1) + Figures(pupils=3, sessions=4) == Figures(pupils=5, served=1, sessions=4)
