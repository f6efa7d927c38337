"""Questions, answers of their kind, and which answers are violations."""

from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from pydantic import ValidationError

from services.inspection.rulebook.checklists.domain import (
    AnswersInvalid,
    Checklist,
    ChecklistBeginsPast,
    ChecklistContent,
    ChecklistEndsAlready,
    ChecklistOverlaps,
)
from services.inspection.rulebook.checklists.seed import CONTENT
from shared.domain.dated import Withdrawn

AT = datetime(2026, 3, 2, 1, 0, tzinfo=UTC)
TODAY = date(2026, 3, 2)
YES, NO = {"test": "equals", "yes": True}, {"test": "equals", "yes": False}
QUESTIONS: list[dict[str, Any]] = [
    {
        "key": "permit",
        "text": "是否公示许可证",
        "kind": "yes_no",
        "breaches": [{"when": NO, "offence": "scope.unlicensed", "description": "未公示"}],
    },
    {
        "key": "hall",
        "text": "场地",
        "kind": "choice",
        "choices": ["商铺", "居民楼", "地下室"],
        "breaches": [
            {
                "when": {"test": "one_of", "choices": ["居民楼", "地下室"]},
                "offence": "premises.fire",
                "description": "场地不符",
            }
        ],
    },
    {
        "key": "months",
        "text": "预收月数",
        "kind": "number",
        "breaches": [
            {"when": {"test": "above", "limit": 3}, "offence": "prepayment.limit", "description": "超过三个月"},
            {"when": {"test": "above", "limit": 12}, "offence": "prepayment.account", "description": "超过一年"},
        ],
    },
    {"key": "ad", "text": "有无广告", "kind": "yes_no", "required": False},
    {"key": "ad_photo", "text": "照片", "kind": "evidence", "least": 2, "only_if": {"question": "ad", "answer": YES}},
    {"key": "since", "text": "自何日", "kind": "day", "required": False},
    {"key": "remarks", "text": "其他", "kind": "text", "required": False},
]
GOOD: dict[str, Any] = {"permit": True, "hall": "商铺", "months": 3}
PHOTOS = [str(UUID(int=1)), str(UUID(int=2))]
ANNOUNCED = {UUID(int=1), UUID(int=2)}


def content(**more: Any) -> ChecklistContent:
    said = {"code": "routine", "title": "日常", "source": "test", "valid_from": TODAY, "questions": QUESTIONS}
    return ChecklistContent.model_validate(said | more)


def checklist(**more: Any) -> Checklist:
    return Checklist.enact(content(**more), at=AT)[0]


@pytest.mark.parametrize(
    ("answers", "offences"),
    [
        (GOOD, []),
        (GOOD | {"permit": False}, ["scope.unlicensed"]),
        (GOOD | {"hall": "地下室"}, ["premises.fire"]),
        (GOOD | {"months": "3.5"}, ["prepayment.limit"]),
        (GOOD | {"months": 13}, ["prepayment.limit", "prepayment.account"]),
        (GOOD | {"permit": False, "hall": "居民楼"}, ["scope.unlicensed", "premises.fire"]),
        (GOOD | {"ad": True, "ad_photo": PHOTOS, "since": "2026-03-01", "remarks": "好"}, []),
    ],
)
def test_answers_that_are_violations(answers: dict[str, Any], offences: list[str]) -> None:
    kept, found = checklist().judge(answers, announced=ANNOUNCED)
    assert [one.offence for one in found] == offences
    pointing = {question["key"]: [one["offence"] for one in question.get("breaches", [])] for question in QUESTIONS}
    assert all(one.offence in pointing[key] for one, key in found.items())
    assert list(kept) == [question["key"] for question in QUESTIONS if question["key"] in answers]


@pytest.mark.parametrize(
    ("answers", "faults"),
    [
        ({}, {("permit", "answer-missing"), ("hall", "answer-missing"), ("months", "answer-missing")}),
        (GOOD | {"permit": "yes"}, {("permit", "answer-invalid")}),
        (GOOD | {"permit": 1}, {("permit", "answer-invalid")}),
        (GOOD | {"permit": None}, {("permit", "answer-missing")}),
        (GOOD | {"hall": "帐篷"}, {("hall", "answer-invalid")}),
        (GOOD | {"months": True}, {("months", "answer-invalid")}),
        (GOOD | {"months": "many"}, {("months", "answer-invalid")}),
        (GOOD | {"months": 1e15}, {("months", "answer-invalid")}),
        (GOOD | {"months": [3]}, {("months", "answer-invalid")}),
        (GOOD | {"ad": True}, {("ad_photo", "answer-missing")}),
        (GOOD | {"ad": True, "ad_photo": PHOTOS[:1] * 2}, {("ad_photo", "answer-invalid")}),
        (GOOD | {"ad": True, "ad_photo": ["../x", "y"]}, {("ad_photo", "answer-invalid")}),
        (GOOD | {"ad": False, "ad_photo": PHOTOS}, {("ad_photo", "answer-not-asked")}),
        (GOOD | {"ad_photo": PHOTOS}, {("ad_photo", "answer-not-asked")}),
        (GOOD | {"ad": True, "ad_photo": [*PHOTOS, str(UUID(int=3))]}, {("ad_photo", "evidence-unannounced")}),
        (GOOD | {"since": "soon"}, {("since", "answer-invalid")}),
        (GOOD | {"remarks": "a\x07"}, {("remarks", "answer-invalid")}),
        (GOOD | {"canary": 1}, {("", "question-unknown")}),
    ],
)
def test_answers_that_are_none(answers: dict[str, Any], faults: set[tuple[str, str]]) -> None:
    with pytest.raises(AnswersInvalid) as refused:
        checklist().judge(answers, announced=ANNOUNCED)
    said = refused.value.facts["answers"]
    assert isinstance(said, list)
    assert {(one["question"], one["code"]) for one in said} == faults


@pytest.mark.parametrize(
    "wrong",
    [
        [QUESTIONS[0], QUESTIONS[0]],
        [QUESTIONS[0] | {"key": "Bad Key"}],
        [QUESTIONS[1] | {"choices": []}],
        [QUESTIONS[1] | {"choices": ["商铺", "商铺"]}],
        [QUESTIONS[1] | {"choices": ["商铺"]}],
        [QUESTIONS[0] | {"choices": ["x"]}],
        [QUESTIONS[0] | {"breaches": [{**QUESTIONS[2]["breaches"][0]}]}],
        [QUESTIONS[0] | {"breaches": [{**QUESTIONS[0]["breaches"][0], "when": {"test": "equals"}}]}],
        [QUESTIONS[0] | {"breaches": [{**QUESTIONS[0]["breaches"][0], "when": {**NO, "limit": 3}}]}],
        [QUESTIONS[4]],
        [QUESTIONS[4], QUESTIONS[3]],
        [QUESTIONS[2], QUESTIONS[3] | {"only_if": {"question": "months", "answer": YES}}],
        [],
    ],
)
def test_questions_that_cannot_be(wrong: list[dict[str, Any]]) -> None:
    with pytest.raises(ValidationError):
        content(questions=wrong)


def test_versions_follow_one_another() -> None:
    first = checklist()
    tomorrow = TODAY + timedelta(days=1)
    with pytest.raises(ChecklistBeginsPast):
        checklist(valid_from=TODAY - timedelta(days=1))
    with pytest.raises(ChecklistOverlaps):
        first.give_way(checklist(), at=AT)
    assert first.give_way(checklist(valid_from=tomorrow), at=AT) is not None
    assert (first.usable(on=TODAY), first.usable(on=tomorrow)) == (True, False)
    assert first.give_way(checklist(valid_from=tomorrow + timedelta(days=9)), at=AT) is None


def test_a_phone_without_a_line_had_a_withdrawn_version_on_its_day() -> None:
    one = checklist()
    one.withdraw("录入有误", by="b", at=AT)
    assert (one.reaches(TODAY), one.usable(on=TODAY), one.usable(on=TODAY + timedelta(days=1))) == (False, True, False)
    with pytest.raises(Withdrawn):
        one.retire(TODAY, at=AT)


def test_a_version_is_retired_once() -> None:
    one = checklist()
    with pytest.raises(ChecklistBeginsPast):
        one.retire(TODAY - timedelta(days=1), at=AT)
    assert one.retire(TODAY, at=AT).valid_to == TODAY
    with pytest.raises(ChecklistEndsAlready):
        one.retire(TODAY + timedelta(days=3), at=AT)


def test_the_one_that_comes_with_the_platform_can_be_answered() -> None:
    one = checklist(questions=CONTENT.model_dump(mode="json")["questions"])
    clean = {
        "permit_shown": True, "beyond_scope": False, "disguised": False, "forbidden_day": False, "late_end": False,
        "homework": False, "serving_teacher": False, "contract": True, "account": True, "prepaid_months": 3,
        "advertising": False, "fire": True, "area_per_pupil": 3,
    }  # fmt: skip
    assert one.judge(clean)[1] == {}
    turned = {key: not value for key, value in clean.items() if isinstance(value, bool)}
    worst = turned | {"prepaid_months": 6, "area_per_pupil": 1, "advertising_photo": PHOTOS[:1]}
    assert len(one.judge(worst, announced=ANNOUNCED)[1]) == len(clean)
