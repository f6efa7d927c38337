"""Public figures: small numbers of children and answers are hidden, and so is whatever would give them away."""

from collections import Counter
from typing import Any

import pytest

from services.metrics.indicators.domain import Value
from services.metrics.published.domain import hidden_parts, is_small
from services.metrics.published.routes import PUBLIC
from services.metrics.tree.indicators import indicator
from shared.events.afterschool.surveys import SurveyResult, SurveyResultsListed
from tests.metrics.conftest import World, changed, institution
from tests.metrics.samples import one

PUPILS, ANSWERS, TEAMS = map(indicator, ("students.roll", "satisfaction.students", "inspection.teams"))
HERE, THERE, ELSEWHERE = "140213", "140214", "140215"


def counts(*numbers: int) -> dict[str, Value]:
    return {f"d{place}": Value(number, None) for place, number in enumerate(numbers)}


@pytest.mark.parametrize(
    ("code", "numerator", "denominator", "small"),
    [
        ("students.roll", 9, None, True),
        ("students.roll", 0, None, True),
        ("students.roll", 10, None, False),
        ("inspection.teams", 1, None, False),
        ("satisfaction.students", 9, 30, True),
        ("satisfaction.students", 21, 30, True),  # nine are not satisfied
        ("satisfaction.students", 20, 30, False),
        ("inspection.coverage", 1, 2, False),
    ],
)
def test_a_number_of_people_below_ten_is_small(code: str, numerator: int, denominator: int | None, small: bool) -> None:
    assert is_small(indicator(code), Value(numerator, denominator)) is small


def test_an_unknown_number_hides_nothing() -> None:
    assert not is_small(PUPILS, Value.unknown(PUPILS))


@pytest.mark.parametrize(
    ("numbers", "hidden"),
    [
        ((50, 60, 70), set()),
        ((3, 60, 70), {"d0", "d1"}),  # a single one would be the difference
        ((3, 4, 70, 80), {"d0", "d1", "d2"}),  # together they would still be seven
        ((5, 6, 70), {"d0", "d1"}),
        ((3, 60), {"d0", "d1"}),
        ((3, 2), {"d0", "d1"}),
        ((20,), set()),
    ],
)
def test_a_hidden_part_cannot_be_computed_from_the_others(numbers: tuple[int, ...], hidden: set[str]) -> None:
    assert hidden_parts(PUPILS, Value(sum(numbers), None), counts(*numbers)) == hidden


def test_what_is_no_person_is_shown_however_small() -> None:
    assert hidden_parts(TEAMS, Value(3, None), counts(1, 2)) == frozenset()


def test_of_a_share_the_others_are_hidden_too() -> None:
    parts = {"d0": Value(30, 35), "d1": Value(40, 60), "d2": Value(80, 120)}
    assert hidden_parts(ANSWERS, Value(150, 215), parts) == {"d0", "d1"}


def test_no_two_public_figures_tell_of_the_same_people() -> None:
    """The difference of two figures would be a third that nobody looked at."""
    told = Counter((part.noun, part.kinds) for figure in PUBLIC if figure.counts_people for part in figure.selections)
    assert max(told.values()) == 1


def answered(district: str | None, favourable: int, answers: int) -> SurveyResult:
    level = "all" if district is None else "district"
    return SurveyResult(
        audience="student", level=level, district=district, school_id=None, answered=answers, counts={},
        answers=answers, favourable=favourable,
    )  # fmt: skip


async def figures(world: World) -> dict[str, Any]:
    answer = await world.service().get("/v1/public/figures")
    assert (answer.status_code, answer.headers["cache-control"]) == (200, "public, max-age=60")
    return {one["code"]: one for one in answer.json()["figures"]}


async def test_anybody_reads_the_figures_of_the_city_and_its_districts(world: World) -> None:
    results = [
        answered(None, 900, 1000), answered(HERE, 600, 650), answered(THERE, 15, 21), answered(ELSEWHERE, 285, 329)
    ]  # fmt: skip
    await world.count(
        institution(1), institution(2, district=THERE, street="140214001"),
        changed(SurveyResultsListed, survey_id=one(900), district=None, results=results),
    )  # fmt: skip
    found = await figures(world)
    assert set(found) == {figure.code for figure in PUBLIC}
    institutions = found["institutions.total"]
    assert (institutions["value"], institutions["hidden"]) == (2, False)
    assert {part["zh"]: part["value"] for part in institutions["districts"]} == {"平城区": 1, "云冈区": 1, "云州区": 0}
    satisfied = found["satisfaction.students"]
    assert (satisfied["value"], satisfied["numerator"], satisfied["denominator"]) == (0.9, 900, 1000)
    shown = {part["key"]: (part["value"], part["numerator"], part["denominator"]) for part in satisfied["districts"]}
    assert shown == {HERE: (600 / 650, 600, 650), THERE: (None, None, None), ELSEWHERE: (None, None, None)}
    assert [part["hidden"] for part in satisfied["districts"]] == [False, True, True]
    assert (found["students.roll"]["value"], found["students.roll"]["hidden"]) == (None, True)
    card = {value["code"]: value["value"] for value in (await world.get("/v1/scorecard"))["values"]}
    assert all(one["hidden"] or one["value"] == card[code] for code, one in found.items())
