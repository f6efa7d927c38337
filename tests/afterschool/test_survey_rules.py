"""Surveys: opening, answering, closing, and the rows that are published."""

from datetime import UTC, datetime
from typing import Any
from uuid import UUID, uuid4

import pytest
from pydantic import ValidationError

from services.afterschool.quality.surveys.domain import (
    PER_EVENT,
    AnswersIncomplete,
    Audience,
    AudienceNotAsked,
    Level,
    Row,
    Survey,
    SurveyAlreadyClosed,
    SurveyDetails,
    SurveyParticipant,
    SurveyStillOpen,
    SurveyTally,
    rows_of,
)
from services.afterschool.quality.surveys.suppression import Answers, Shown

AT = datetime(2026, 11, 27, 1, 0, tzinfo=UTC)


def choice(key: str, **more: Any) -> dict[str, Any]:
    return {"key": key, "zh": "甲", "en": "A", **more}


ITEMS = [
    {"key": "overall", "zh": "总体", "en": "Overall", "choices": [choice("good", favourable=True), choice("bad")]},
    {"key": "food", "zh": "餐饮", "en": "Food", "choices": [choice("a"), choice("b"), choice("c")]},
]
DETAILS = {"title": "满意度", "term": "2026-autumn", "items": ITEMS}


def a_survey(**more: Any) -> Survey:
    return Survey.open(SurveyDetails.model_validate(DETAILS | more), at=AT)[0]


def test_opening_says_what_is_asked() -> None:
    survey, opened = Survey.open(SurveyDetails.model_validate(DETAILS), at=AT)
    assert (survey.state, survey.audiences, survey.district) == ("open", ["guardian", "student"], None)
    assert [(item.key, item.choices, item.favourable) for item in opened.items] == [
        ("overall", ["good", "bad"], ["good"]), ("food", ["a", "b", "c"], []),
    ]  # fmt: skip
    assert a_survey(audiences=["student", "student"]).audiences == ["student"]


@pytest.mark.parametrize(
    "odd",
    [
        {"items": []},
        {"items": [ITEMS[0], ITEMS[0]]},
        {"items": [ITEMS[0] | {"choices": [choice("a")]}]},
        {"items": [ITEMS[0] | {"choices": [choice("a"), choice("a")]}]},
        {"audiences": []},
    ],
)
def test_a_survey_that_asks_nothing_is_refused(odd: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        SurveyDetails.model_validate(DETAILS | odd)


@pytest.mark.parametrize(
    ("given", "places"),
    [({"overall": "good", "food": "a"}, [1, 3]), ({"food": "c", "overall": "bad"}, [2, 5])],
)
def test_an_answer_adds_to_the_places_of_its_choices(given: dict[str, str], places: list[int]) -> None:
    assert a_survey().places_of(Audience.GUARDIAN, [*given.items()]) == places


@pytest.mark.parametrize(
    "odd", [{"overall": "good"}, {"overall": "good", "food": "a", "more": "a"}, {"overall": "good", "food": "good"}]
)
def test_an_answer_answers_every_item(odd: dict[str, str]) -> None:
    with pytest.raises(AnswersIncomplete):
        a_survey().places_of(Audience.GUARDIAN, [*odd.items()])


def test_an_item_is_answered_once() -> None:
    with pytest.raises(AnswersIncomplete):
        a_survey().places_of(Audience.GUARDIAN, [("overall", "good"), ("overall", "bad"), ("food", "a")])


def test_only_who_is_asked_answers() -> None:
    with pytest.raises(AudienceNotAsked):
        a_survey(audiences=["student"]).places_of(Audience.GUARDIAN, [])


def test_nothing_is_published_before_closing_and_nothing_answered_after() -> None:
    survey = a_survey()
    with pytest.raises(SurveyStillOpen):
        survey.check_closed()
    survey.close({}, at=AT)
    survey.check_closed()
    with pytest.raises(SurveyAlreadyClosed):
        survey.places_of(Audience.GUARDIAN, [])
    with pytest.raises(SurveyAlreadyClosed):
        survey.close({}, at=AT)


def test_closing_publishes_rows_in_parts() -> None:
    survey, school = a_survey(), uuid4()
    row = Row(Shown(9, ((9, None), (None, 5, None))), Level.SCHOOL, "140213", school)
    closed, parts = survey.close({Audience.GUARDIAN: [row] * (PER_EVENT + 1)}, at=AT)
    assert (closed.survey_id, survey.closed_at) == (survey.id, AT)
    assert [len(part.results) for part in parts] == [PER_EVENT, 1]
    first = parts[0].results[0]
    assert (first.level, first.school_id, first.answered) == ("school", school, 9)
    assert first.counts == {"overall": {"good": 9, "bad": None}, "food": {"a": None, "b": 5, "c": None}}


@pytest.mark.parametrize(
    ("shown", "satisfied"),
    [
        (Shown(9, ((9, 0), (None, 5, None))), (9, 9)),
        (Shown(9, ((None, 2), (1, 5, 3))), (9, 7)),
        (Shown(9, ((7, None), (1, 5, 3))), (9, 7)),
        (Shown(9, ((None, None), (1, 5, 3))), None),
        (Shown(None, ((None, None), (None, None, None))), None),
    ],
)
def test_satisfaction_is_told_where_the_row_shows_it(shown: Shown, satisfied: tuple[int, int] | None) -> None:
    """Only the first item asks for satisfaction."""
    survey = a_survey()
    assert survey.satisfied(shown) == satisfied
    _, [part] = survey.close({Audience.STUDENT: [Row(shown, Level.ALL)]}, at=AT)
    assert (part.results[0].answers, part.results[0].favourable) == (satisfied or (None, None))


def test_the_results_of_a_districts_survey_name_it() -> None:
    _, [part] = a_survey(district="140213").close(
        {Audience.STUDENT: [Row(Shown(0, ((0, 0), (0, 0, 0))), Level.ALL)]}, at=AT
    )
    assert part.district == "140213"


def test_counts_are_kept_in_one_list() -> None:
    assert a_survey().counts_of([1, 2, 3, 4, 5]) == ((1, 2), (3, 4, 5))


SCHOOLS = {UUID(int=1): "140213", UUID(int=2): "140213", UUID(int=3): "140214"}
MANY = Answers(60, ((40, 20),))


def test_a_citys_rows_are_the_whole_the_districts_the_schools() -> None:
    rows = rows_of(dict.fromkeys(SCHOOLS, MANY), SCHOOLS, [2], by_district=True)
    assert [(row.level, row.district, row.school_id) for row in rows] == [
        ("all", None, None), ("district", "140213", None), ("district", "140214", None),
        ("school", "140213", UUID(int=1)), ("school", "140213", UUID(int=2)), ("school", "140214", UUID(int=3)),
    ]  # fmt: skip
    assert [row.shown.answered for row in rows] == [180, 120, 60, 60, 60, 60]


def test_a_districts_rows_are_the_whole_and_the_schools_also_those_without_answers() -> None:
    rows = rows_of({UUID(int=1): MANY}, {UUID(int=1): "140213", UUID(int=2): "140213"}, [2], by_district=False)
    assert [row.level for row in rows] == ["all", "school", "school"]
    assert rows[2].shown == Shown(None, ((None, None),))


def test_without_schools_nothing_is_shown() -> None:
    [row] = rows_of({}, {}, [2], by_district=True)
    assert row.shown == Shown(None, ((None, None),))


def test_who_has_answered_and_what_was_answered_share_no_id_and_no_time() -> None:
    who, what = SurveyParticipant.__table__.columns, SurveyTally.__table__.columns
    assert set(who.keys()) & set(what.keys()) == {"survey_id", "audience", "school_id"}, "the group alone"
    assert set(who.keys()) == {"survey_id", "audience", "school_id", "respondent"}
    assert set(what.keys()) == {"survey_id", "audience", "school_id", "answered", "counts"}
