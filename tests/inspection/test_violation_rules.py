"""Every transition of a violation, and each refused one."""

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta

import pytest

from services.inspection.field.places import Place
from services.inspection.findings.violations.domain import (
    TRANSITIONS,
    Action,
    DeadlineExtended,
    DeadlinePassed,
    DueOnPast,
    ExtensionTooEarly,
    FoundInFuture,
    PlaceMissing,
    Severity,
    Violation,
    ViolationNotAwaitingOrder,
    ViolationNotRectified,
    ViolationNotUnderOrder,
    ViolationNotWithdrawable,
    ViolationState,
    ViolationWithdrawnAlready,
    is_overdue,
)
from services.inspection.rulebook.offences.domain import Finding
from shared.data.database import new_id
from tests.inspection.penal import offence

AT = datetime(2026, 3, 2, tzinfo=UTC)
DAY = date(2026, 3, 2)
FINDING = Finding(severity=Severity.HIGH, description="周末授课", clause="4.2")
HERE = Place(new_id(), "g1", "140213", None, "t1")


def reported() -> Violation:
    return Violation.report(FINDING, HERE, visit_id=None, found_on=DAY, at=AT)[0]


def ordered() -> Violation:
    violation = reported()
    violation.order(DAY, "停课", at=AT)
    return violation


def rectified() -> Violation:
    violation = ordered()
    violation.rectify("已停课", at=AT)
    return violation


def closed() -> Violation:
    violation = rectified()
    violation.verify(holds=True, note="已核实", by="i1", at=AT)
    return violation


def withdrawn() -> Violation:
    violation = reported()
    violation.withdraw("误报", by="b1", at=AT)
    return violation


def test_what_was_reported_by_mistake_stays_on_record() -> None:
    violation = reported()
    fact = violation.withdraw("误报", by="b1", at=AT)
    assert (violation.state, violation.withdrawn_by, violation.withdrawal_reason) == ("withdrawn", "b1", "误报")
    assert (fact.state, fact.severity) == ("withdrawn", "high")


Make = Callable[[], Violation]


def test_a_case_is_filed_in_every_state_but_one() -> None:
    made = {one.state: one for one in (reported(), ordered(), rectified(), closed())}
    assert set(made) == set(ViolationState) - {ViolationState.WITHDRAWN}
    for violation in made.values():
        violation.check_pursuable()
    with pytest.raises(ViolationWithdrawnAlready):
        withdrawn().check_pursuable()


def test_a_report_says_where_and_when() -> None:
    _, fact = Violation.report(FINDING, HERE, visit_id=None, found_on=DAY, at=AT)
    assert (fact.severity, fact.state, fact.grid, fact.found_on) == ("high", "reported", "g1", DAY)
    with pytest.raises(FoundInFuture):
        Violation.report(FINDING, HERE, visit_id=None, found_on=date(2026, 3, 3), at=AT)
    with pytest.raises(PlaceMissing):
        Violation.report(FINDING, Place(None, None, None, None, None), visit_id=None, found_on=DAY, at=AT)


def test_a_finding_sent_again_is_recognised() -> None:
    named = Finding(offence="x.y", severity=Severity.LOW, description="预收半年")
    version = offence()
    violation, fact = Violation.report(named, HERE, visit_id=None, found_on=DAY, at=AT, offence=version)
    assert (violation.severity, violation.clause, fact.offence) == ("high", "《x》第一条", "x.y")
    assert violation.says(named, version)
    assert not violation.says(FINDING)
    assert reported().says(FINDING)


def test_an_order_has_a_day_not_yet_past() -> None:
    violation = reported()
    with pytest.raises(DueOnPast):
        violation.order(date(2026, 3, 1), "停课", at=AT)
    fact = violation.order(DAY, "停课", at=AT)
    assert (violation.state, fact.due_on, fact.state) == ("rectification_ordered", DAY, "rectification_ordered")


@pytest.mark.parametrize("make", [ordered, rectified, closed])
def test_only_a_reported_violation_awaits_an_order(make: Make) -> None:
    with pytest.raises(ViolationNotAwaitingOrder):
        make().order(DAY, "停课", at=AT)


def test_rectification_is_the_institutions_word() -> None:
    violation = ordered()
    assert violation.rectify("已停课", at=AT).state == "rectified"
    assert violation.statement == "已停课"


@pytest.mark.parametrize("make", [reported, rectified, closed])
def test_only_what_was_ordered_is_rectified(make: Make) -> None:
    with pytest.raises(ViolationNotUnderOrder):
        make().rectify("已停课", at=AT)


def test_verification_closes_or_goes_back_under_the_order() -> None:
    violation = rectified()
    assert violation.verify(holds=False, note="still open on Sunday", by="i1", at=AT).state == "rectification_ordered"
    assert (violation.closed_at, violation.due_on) == (None, DAY)
    violation.rectify("again", at=AT)
    assert violation.verify(holds=True, note="已核实", by="i1", at=AT).state == "closed"
    assert (violation.closed_at, violation.verified_by) == (AT, "i1")


@pytest.mark.parametrize("make", [reported, ordered, closed])
def test_only_what_was_rectified_is_verified(make: Make) -> None:
    with pytest.raises(ViolationNotRectified):
        make().verify(holds=True, note="已核实", by="i1", at=AT)


STATES = {
    ViolationState.REPORTED: reported,
    ViolationState.RECTIFICATION_ORDERED: ordered,
    ViolationState.RECTIFIED: rectified,
    ViolationState.CLOSED: closed,
    ViolationState.WITHDRAWN: withdrawn,
}
ACTS: dict[Action, Callable[[Violation], object]] = {
    Action.ORDER: lambda one: one.order(DAY, "停课", at=AT),
    Action.EXTEND: lambda one: one.extend(date(2026, 3, 9), "装修", by="b1", at=AT),
    Action.RECTIFY: lambda one: one.rectify("已停课", at=AT),
    Action.VERIFY: lambda one: one.verify(holds=True, note="已核实", by="i1", at=AT),
    Action.WITHDRAW: lambda one: one.withdraw("误报", by="b1", at=AT),
}
REFUSED = [(action, state) for action in Action for state in ViolationState if state not in TRANSITIONS[action]]


@pytest.mark.parametrize(("action", "state"), REFUSED, ids=str)
def test_every_step_out_of_turn_is_refused(action: Action, state: ViolationState) -> None:
    violation = STATES[state]()
    with pytest.raises(
        (ViolationNotAwaitingOrder, ViolationNotUnderOrder, ViolationNotRectified, ViolationNotWithdrawable)
    ):
        ACTS[action](violation)
    assert violation.state == state


def test_a_deadline_is_extended_once_and_in_time() -> None:
    violation = ordered()
    with pytest.raises(ExtensionTooEarly):
        violation.extend(DAY, "装修", by="b1", at=AT)
    fact = violation.extend(date(2026, 3, 9), "装修", by="b1", at=AT)
    assert (fact.due_on, violation.extended_by, violation.due_on) == (date(2026, 3, 9), "b1", date(2026, 3, 9))
    with pytest.raises(DeadlineExtended):
        violation.extend(date(2026, 3, 10), "x", by="b1", at=AT)
    with pytest.raises(DeadlinePassed):
        ordered().extend(date(2026, 3, 9), "x", by="b1", at=datetime(2026, 3, 3, 1, tzinfo=UTC))


def test_overdue_is_what_the_day_says() -> None:
    assert [is_overdue("rectification_ordered", DAY, on=day) for day in (DAY, date(2026, 3, 3))] == [False, True]
    assert not is_overdue("rectified", DAY, on=date(2027, 1, 1))
    assert not is_overdue("rectification_ordered", None, on=date(2027, 1, 1))


@pytest.mark.parametrize("holds", [True, False])
def test_a_re_visit_for_an_earlier_rectification_concludes_nothing(holds: bool) -> None:
    violation, visit = rectified(), new_id()
    violation.verify(holds=False, note=None, by="b1", at=AT)
    violation.rectify("again", at=AT + timedelta(days=1))
    said = {"visit_id": visit, "holds": holds, "note": None, "by": "i1", "at": AT + timedelta(days=2)}
    assert violation.rectified_at == AT + timedelta(days=1)
    assert violation.conclude(planned_at=AT, **said) is None  # type: ignore[arg-type]
    assert (violation.state, violation.verification_visit_id) == ("rectified", None)
    assert violation.conclude(planned_at=violation.rectified_at, **said) is not None  # type: ignore[arg-type]
    assert (violation.state == "closed", violation.verification_visit_id) == (holds, visit)


def test_the_last_word_of_a_re_visit_holds() -> None:
    violation, visit, other = rectified(), new_id(), new_id()
    said = {"planned_at": AT, "note": None, "by": "i1", "at": AT}
    assert violation.conclude(visit_id=visit, holds=True, **said) is not None  # type: ignore[arg-type]
    assert violation.conclude(visit_id=visit, holds=True, **said) is None  # type: ignore[arg-type]
    assert violation.conclude(visit_id=other, holds=False, **said) is None  # type: ignore[arg-type]
    assert violation.state == "closed"
    assert violation.conclude(visit_id=visit, holds=False, **said) is not None  # type: ignore[arg-type]
    assert (violation.state, violation.closed_at) == ("rectification_ordered", None)
    violation.rectify("again", at=AT, evidence=[visit, visit])
    assert (violation.evidence, violation.verification_visit_id) == ([visit], None)
    assert violation.place == HERE
