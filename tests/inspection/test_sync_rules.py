"""Verdicts: what a predecessor imposes, how a change stands to what others did, and what a phone's clock is worth."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from pydantic import ValidationError

from services.inspection.rounds.visits.domain import VisitState
from services.inspection.stories.sync.domain import (
    DONE,
    OPEN,
    Choice,
    Operation,
    OperationIn,
    OperationKind,
    OperationNotOpen,
    PhoneClock,
    Stance,
    Verdict,
    stance,
    waits_for,
)

AT = datetime(2026, 3, 2, 1, 0, tzinfo=UTC)
KEPT = [verdict for verdict in Verdict if verdict is not Verdict.ALREADY_APPLIED]


def sent(**more: Any) -> OperationIn:
    said = {"id": UUID(int=1), "kind": "start_visit", "entity_id": UUID(int=2), "base_version": 1, "at": AT}
    return OperationIn.model_validate(said | more)


def operation(verdict: Verdict) -> Operation:
    clock = PhoneClock(AT, AT, AT)
    made = Operation.take(sent(), clock, device_id=UUID(int=3), subject="i1", team="t1", district="140213")
    made.decide(verdict, at=AT)
    return made


@pytest.mark.parametrize("state", VisitState)
@pytest.mark.parametrize("kind", [OperationKind.START_VISIT, OperationKind.SUBMIT_VISIT])
def test_every_kind_against_every_state(kind: OperationKind, state: VisitState) -> None:
    assert stance(kind, 2, state=state, version=2) is Stance.PLAIN
    assert stance(kind, 3, state=state, version=2) is Stance.AHEAD
    ended = state in (VisitState.DONE, VisitState.REVIEWED, VisitState.CALLED_OFF)
    unstarted = kind is OperationKind.SUBMIT_VISIT and state is VisitState.PLANNED
    expected = Stance.HARD if ended else Stance.PLAIN if unstarted else Stance.SOFT
    assert stance(kind, 1, state=state, version=2) is expected


@pytest.mark.parametrize(
    ("before", "imposed"),
    [
        ([], None),
        ([Verdict.APPLIED], None),
        ([Verdict.APPLIED, Verdict.SOFT_CONFLICT], None),
        ([None], (Verdict.HELD, "predecessor-missing")),
        ([Verdict.APPLIED, Verdict.HELD], (Verdict.HELD, "predecessor-missing")),
        ([Verdict.HARD_CONFLICT, None], (Verdict.HARD_CONFLICT, "predecessor-in-conflict")),
        ([Verdict.HELD, Verdict.REFUSED, Verdict.HARD_CONFLICT], (Verdict.REFUSED, "predecessor-refused")),
    ],
)
def test_what_predecessors_impose(before: list[Verdict | None], imposed: tuple[Verdict, str] | None) -> None:
    ids = [UUID(int=number) for number in range(len(before))]
    known = {one: verdict for one, verdict in zip(ids, before, strict=True) if verdict is not None}
    assert waits_for(ids, known) == imposed


@pytest.mark.parametrize(
    ("claimed", "sent_at", "right"),
    [
        (timedelta(hours=-2), timedelta(0), timedelta(hours=-2)),
        (timedelta(hours=1), timedelta(hours=3), timedelta(hours=-2)),
        (timedelta(days=-400, hours=-2), timedelta(days=-400), timedelta(hours=-2)),
        (timedelta(hours=5), timedelta(0), timedelta(0)),
        (timedelta(days=-90), timedelta(0), timedelta(days=-30)),
    ],
)
def test_only_the_time_between_is_believed(claimed: timedelta, sent_at: timedelta, right: timedelta) -> None:
    clock = PhoneClock(AT + sent_at, AT, AT - timedelta(days=30))
    assert clock.right(AT + claimed) == AT + right


@pytest.mark.parametrize("verdict", KEPT)
def test_a_conflict_is_a_fact_and_a_resend_is_recognised(verdict: Verdict) -> None:
    made = operation(verdict)
    conflict = verdict in (Verdict.SOFT_CONFLICT, Verdict.HARD_CONFLICT)
    assert (made.decide(verdict, at=AT) is not None) is conflict
    assert made.answer is (Verdict.ALREADY_APPLIED if verdict in DONE else verdict)


@pytest.mark.parametrize("verdict", KEPT)
def test_only_what_is_open_is_resolved(verdict: Verdict) -> None:
    made = operation(verdict)
    if verdict in OPEN:
        assert made.resolve(Choice.SERVER, reason="现场核实", by="officer", at=AT).choice == "server"
    with pytest.raises(OperationNotOpen):
        made.resolve(Choice.SERVER, reason="现场核实", by="officer", at=AT)


@pytest.mark.parametrize(
    "wrong",
    [
        {"base_version": None},
        {"kind": "plan_visit"},
        {"kind": "announce_evidence"},
        {"base_version": True},
        {"base_version": -1},
        {"at": "2026-03-02T09:00:00"},
        {"kind": "delete_visit"},
        {"after": ["x"]},
    ],
)
def test_operations_that_cannot_be(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        sent(**wrong)


def test_the_fingerprint_is_of_everything() -> None:
    same = {sent().fingerprint, sent().fingerprint}
    other = [
        sent(at=AT + timedelta(seconds=1)),
        sent(base_version=2),
        sent(content={"a": 1}),
        sent(after=[UUID(int=9)]),
    ]
    assert len(same | {one.fingerprint for one in other}) == 1 + len(other)
