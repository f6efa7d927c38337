"""Becoming another kind of institution, step by step. No I/O."""

from collections.abc import Callable
from datetime import date
from uuid import UUID

import pytest

from services.registry.ledger.institutions.domain import Details, Institution, InstitutionEnded
from services.registry.licensing.transformations.domain import (
    DoneInFuture,
    StepDoneAlready,
    StepNotFound,
    StepsOpen,
    Target,
    Transformation,
    TransformationOver,
    TransformationPointless,
    TransformationState,
)
from services.registry.rulebook.procedures.domain import Procedure
from tests.registry.licensing import AT, CALENDAR, TODAY, days, procedure

STEPS = [{"code": "plan", "name": "方案", "days": 5}, {"code": "refund", "name": "退费", "days": 20}]


def rules(permit: str = "cancelled") -> Procedure:
    return procedure(matter="to_non_subject", steps=STEPS, overall_days=30, permit=permit, site_visit=False)


def institution(**says: object) -> Institution:
    entry, _ = Institution.register(
        Details.model_validate({"name": "晨光", "kind": "subject", "address": "1 号", "district": "140213"} | says),
        at=AT,
    )
    return entry


def started(target: Target = Target.NON_SUBJECT) -> Transformation:
    transformation, _ = Transformation.start(institution(), target, rules(), CALENDAR, at=AT)
    return transformation


def in_state(state: TransformationState) -> Transformation:
    one = started()
    for step in STEPS if state is TransformationState.COMPLETED else ():
        one.finish_step(str(step["code"]), done_on=TODAY, note=None, at=AT)
    if state is TransformationState.COMPLETED:
        one.complete(at=AT)
    if state is TransformationState.ABANDONED:
        one.abandon(at=AT)
    return one


ACTIONS: dict[str, Callable[[Transformation], object]] = {
    "finish_step": lambda one: one.finish_step("plan", done_on=TODAY, note=None, at=AT),
    "complete": lambda one: one.complete(at=AT),
    "abandon": lambda one: one.abandon(at=AT),
}


@pytest.mark.parametrize("action", ACTIONS)
@pytest.mark.parametrize("state", [TransformationState.COMPLETED, TransformationState.ABANDONED])
def test_what_is_over_stays_over(state: TransformationState, action: str) -> None:
    one = in_state(state)
    with pytest.raises(TransformationOver) as refused:
        ACTIONS[action](one)
    assert refused.value.facts == {"state": state}


def test_steps_are_due_in_working_days() -> None:
    one, event = Transformation.start(institution(), Target.NON_SUBJECT, rules(), CALENDAR, at=AT)
    assert [step["due_on"] for step in one.steps] == ["2026-03-09", "2026-03-30"]
    assert (event.steps, event.due_on, one.due_on) == (["plan", "refund"], date(2026, 4, 13), date(2026, 4, 13))
    assert not one.overdue_on(date(2026, 3, 9))
    assert one.overdue_on(date(2026, 3, 10))
    one.finish_step("plan", done_on=TODAY, note="已备案", at=AT)
    assert not one.overdue_on(date(2026, 3, 10))
    assert one.overdue_on(date(2026, 4, 14))


def test_steps_one_by_one() -> None:
    one = started()
    with pytest.raises(StepsOpen) as missing:
        one.complete(at=AT)
    assert missing.value.facts == {"steps": ["plan", "refund"]}
    with pytest.raises(StepNotFound):
        one.finish_step("party", done_on=TODAY, note=None, at=AT)
    with pytest.raises(DoneInFuture):
        one.finish_step("plan", done_on=TODAY + days(1), note=None, at=AT)
    one.finish_step("refund", done_on=TODAY - days(1), note=None, at=AT)
    with pytest.raises(StepDoneAlready):
        one.finish_step("refund", done_on=TODAY, note=None, at=AT)
    one.finish_step("plan", done_on=TODAY, note=None, at=AT)
    assert (one.complete(at=AT).permit, one.state, one.ended_on) == ("cancelled", TransformationState.COMPLETED, TODAY)


@pytest.mark.parametrize(
    ("target", "change"),
    [
        (Target.NON_SUBJECT, {"kind": "non_subject"}),
        (Target.NON_PROFIT, {"profit": "non_profit"}),
        (Target.CLOSURE, {"status": "closed"}),
    ],
)
def test_what_it_becomes(target: Target, change: dict[str, str]) -> None:
    assert started(target).change == change
    with pytest.raises((TransformationPointless, InstitutionEnded)):
        Transformation.start(institution(**change), target, rules(), CALENDAR, at=AT)


def test_a_merged_entry_does_not_transform() -> None:
    with pytest.raises(InstitutionEnded):
        Transformation.start(institution(status="merged"), Target.CLOSURE, rules(), CALENDAR, at=AT)


def test_events_carry_whose_it_is() -> None:
    one = started()
    said = one.abandon(at=AT)
    assert (said.transformation_id, said.institution_id, said.target, said.state) == (
        one.id, one.institution_id, "non_subject", "abandoned",
    )  # fmt: skip
    assert isinstance(one.id, UUID)
