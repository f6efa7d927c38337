"""The words of the file: whatever inspection tells about an institution is read in Chinese."""

import json
import re
from collections.abc import Iterable
from enum import StrEnum
from inspect import getsource
from pathlib import Path

import pytest

from services.inspection.field.grids.domain import BlindSpot
from services.inspection.field.targets.domain import Cause
from services.inspection.findings.violations.domain import ViolationState
from services.inspection.penalties.cases.papers import Circumstance
from services.inspection.penalties.cases.states import CaseState
from services.inspection.penalties.decision import domain as decision
from services.inspection.penalties.execution import domain as execution
from services.inspection.penalties.hearing import domain as hearing
from services.inspection.penalties.opening import domain as opening
from services.inspection.rounds.outcomes import Outcome
from services.inspection.rulebook.offences.domain import PenaltyKind, Severity
from services.registry.overview.files.wording import details, in_words, title
from services.registry.subscriptions import INBOX
from services.registry.supervision.proposals.domain import ProposalKind

SAMPLES = Path(__file__).parents[1] / "contracts" / "samples"
NAMES = {"网格", "原网格", "检查人员", "违规情形", "检查日期", "发现日期", "期限", "截止"}
"""What is shown under these is a code, a name or a day."""
STEPS = [
    *re.findall(r'\.step\("(\w+)"', "".join(map(getsource, (opening, hearing, decision, execution)))),
    "proposal_accepted",
    "proposal_dismissed",
]


@pytest.mark.parametrize(
    "type_",
    sorted(event.type for event in INBOX.wanted if "institution_id" in event.model_fields),
)
def test_what_inspection_tells_is_read_in_chinese(type_: str) -> None:
    value = json.loads((SAMPLES / f"{type_}.json").read_text(encoding="utf-8"))["value"]
    assert not title(type_).isascii()
    for label, words in details(value):
        assert label in NAMES or not re.search("[a-z]{3}", words), (label, words)


@pytest.mark.parametrize(
    ("of", "values"),
    [
        ("outcome", [*Outcome, "withdrawn", "not_punished", "leniency", "closed"]),
        ("reason", Outcome),
        ("cause", Cause),
        ("blind_spot", BlindSpot),
        ("state", [*CaseState, *ViolationState]),
        ("severity", Severity),
        ("penalties", PenaltyKind),
        ("kind", ProposalKind),
        ("aggravations", Circumstance),
        ("step", STEPS),
    ],
)
def test_no_word_of_ours_is_left(of: str, values: Iterable[StrEnum | str]) -> None:
    assert [str(value) for value in values if in_words(str(value), of=of).isascii()] == []


def test_a_move_a_step_a_proposal_and_money() -> None:
    assert details({"grid": "g2", "blind_spot": None, "moved_from": "g1", "cause": "succeeded"}) == [
        ("原因", "沿用网格承继关系"),
        ("网格", "g2"),
        ("原网格", "g1"),
    ]
    assert details({"state": "investigating", "step": "preservation"}) == [
        ("状态", "调查中"),
        ("步骤", "先行登记保存证据"),
    ]
    assert details(
        {"penalties": ["fine", "closure"], "fine_fen": 5_000_050, "proposals": [{"kind": "revocation"}]}
    ) == [
        ("处罚种类", "罚款、责令关闭"),
        ("处理建议", "吊销许可证"),
        ("罚款", "50000.50 元"),
    ]
    assert details({"fine_fen": 0, "late": False}) == [("是否逾期送达", "否")]
