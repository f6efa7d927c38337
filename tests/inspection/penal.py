"""Cases as tests need them: an offence with every penalty, officers, and a case brought to any state by its steps."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

from services.inspection.field.places import Place
from services.inspection.penalties.cases.domain import Case
from services.inspection.penalties.cases.papers import (
    Aggravation,
    Circumstance,
    Decision,
    Filing,
    Inquiry,
    Notice,
    Penalty,
    Review,
    SpotDecision,
    Statement,
)
from services.inspection.penalties.cases.states import Action, CaseState
from services.inspection.penalties.decision.domain import (
    decide,
    decide_on_the_spot,
    dismiss,
    extend,
    grant_leniency,
    withdraw,
)
from services.inspection.penalties.execution.domain import close, enforce, pay, serve
from services.inspection.penalties.hearing.domain import ask_hearing, call_hearing, hold_hearing, notify, state_defence
from services.inspection.penalties.law.domain import Ground
from services.inspection.penalties.opening.domain import assign, dispose, exhibit, file, give_review, inquire, preserve
from services.inspection.rulebook.calendars.domain import WorkingCalendar
from services.inspection.rulebook.offences.domain import (
    Gravity,
    Offence,
    OffenceContent,
    PenaltyKind,
    PenaltyRule,
    Severity,
    columns,
)
from shared.data.database import new_id
from shared.events.inspection.cases import CaseEvent

AT = datetime(2026, 3, 2, 1, 0, tzinfo=UTC)
"""A Monday."""
DAY = date(2026, 3, 2)
CALENDAR = WorkingCalendar(frozenset({2026}), {})
OFFICERS = ["o1", "o2"]
CERTIFIED = frozenset({"o1", "o2", "o3"})
ALL = [Gravity.MINOR, Gravity.ORDINARY, Gravity.SERIOUS, Gravity.VERY_SERIOUS]
HERE = Place(new_id(), "g1", "140213", None, "t1")


def days(number: int) -> datetime:
    """So many days after the filing."""
    return AT + timedelta(days=number)


def offence(**more: Any) -> Offence:
    rules = [
        PenaltyRule(kind=kind, gravities=ALL, basis="第一条") for kind in PenaltyKind if kind is not PenaltyKind.FINE
    ]
    rules += [
        PenaltyRule(kind=PenaltyKind.FINE, gravities=ALL[:2], basis="第二条", min_fen=0, max_fen=1_000_000),
        PenaltyRule(kind=PenaltyKind.FINE, gravities=ALL[2:], basis="第三条", min_times=1, max_times=5),
    ]
    content = OffenceContent(
        code="x.y", title="x", law="《x》", article="第一条", text="x", severity=Severity.HIGH, days=3,
        penalties=rules, source="x", valid_from=date(2021, 1, 1), **more,
    )  # fmt: skip
    return Offence(id=new_id(), version=0, **columns(content))


def ground(**more: Any) -> Ground:
    whole = Ground(
        offence=offence(), calendar=CALENDAR, certified=CERTIFIED, hearing_fen=500_000, rectification_ordered=True,
        corrected=False, first=True,
    )  # fmt: skip
    return replace(whole, **more)


FILING = Filing(grounds="举报属实", acts_from=date(2026, 2, 1), acts_until=DAY, officers=OFFICERS, illegal_income_fen=9)
INQUIRY = Inquiry(officers=OFFICERS, identity_shown=True, record="询问笔录", evidence=[new_id()])
FINE = Penalty(kind=PenaltyKind.FINE, amount_fen=100_000)
REVOCATION = Penalty(kind=PenaltyKind.REVOCATION)
TEACHER = Aggravation(circumstance=Circumstance.SERVING_TEACHER, ground="某校在职教师授课")
OBSTRUCTION = Aggravation(circumstance=Circumstance.OBSTRUCTION, ground="拒不开门")
REVIEW = Review(agreed=True, opinion="同意")


def notice(*penalties: Penalty, **more: Any) -> Notice:
    told = {"rights_told": True, "hearing_told": True} | more
    return Notice(facts="x", reasons="x", basis="x", penalties=list(penalties or [FINE]), **told)


def decision(*penalties: Penalty, **more: Any) -> Decision:
    return Decision(penalties=list(penalties or [FINE]), grounds="x", **more)


def filed(filing: Filing = FILING, **more: Any) -> Case:
    case, _ = file(
        filing, HERE, more.pop("offence", offence()), violation_id=new_id(), found_on=more.pop("found_on", DAY),
        certified=CERTIFIED, by="b1", at=AT,
    )  # fmt: skip
    return case


def investigating(**more: Any) -> Case:
    case = filed(**more)
    inquire(case, INQUIRY, certified=CERTIFIED, at=AT)
    return case


def reviewed() -> Case:
    case = investigating()
    give_review(case, REVIEW, by="jurist", at=AT)
    return case


def notified(*penalties: Penalty, **more: Any) -> Case:
    case = investigating(**more)
    give_review(case, REVIEW, by="jurist", at=AT)
    notify(case, notice(*penalties), offence(), ground(), at=AT)
    return case


def heard() -> Case:
    """A hearing was asked for, and called for the 12th of March, seven working days ahead."""
    case = notified(REVOCATION)
    ask_hearing(case, CALENDAR, at=days(1))
    call_hearing(case, date(2026, 3, 12), "chair", CALENDAR, at=days(1))
    return case


def decided() -> Case:
    case = notified()
    decide(case, decision(), ground(), by="b1", at=days(1))
    return case


def served() -> Case:
    case = decided()
    serve(case, "直接送达", CALENDAR, at=days(2))
    return case


def paid() -> Case:
    case = served()
    pay(case, 100_000, at=days(3))
    return case


def enforced() -> Case:
    case = served()
    enforce(case, "申请法院强制执行", at=days(30))
    return case


def closed() -> Case:
    case = paid()
    close(case, at=days(4))
    return case


def ended(action: Action) -> Case:
    case = investigating()
    if action is Action.LENIENCY:
        grant_leniency(case, "x", ground(corrected=True), by="b1", at=AT)
    elif action is Action.DISMISS:
        dismiss(case, "x", by="b1", at=AT)
    else:
        withdraw(case, "x", by="b1", at=AT)
    return case


IN_STATE: dict[CaseState, Callable[[], Case]] = {
    CaseState.FILED: filed,
    CaseState.INVESTIGATING: investigating,
    CaseState.LEGAL_REVIEW: reviewed,
    CaseState.NOTIFIED: notified,
    CaseState.HEARING: heard,
    CaseState.DECIDED: decided,
    CaseState.SERVED: served,
    CaseState.PAID: paid,
    CaseState.ENFORCED: enforced,
    CaseState.CLOSED: closed,
    CaseState.LENIENCY: lambda: ended(Action.LENIENCY),
    CaseState.NOT_PUNISHED: lambda: ended(Action.DISMISS),
    CaseState.WITHDRAWN: lambda: ended(Action.WITHDRAW),
}

ACTS: dict[Action, Callable[[Case], CaseEvent]] = {
    Action.ASSIGN: lambda case: assign(case, ["o1", "o3"], ["o2"], certified=CERTIFIED, at=days(1)),
    Action.INQUIRE: lambda case: inquire(case, INQUIRY, certified=CERTIFIED, at=days(1)),
    Action.PRESERVE: lambda case: preserve(case, at=days(1)),
    Action.DISPOSE: lambda case: dispose(case, at=days(1)),
    Action.EXHIBIT: lambda case: exhibit(case, [new_id()], at=days(1)),
    Action.REVIEW: lambda case: give_review(case, REVIEW, by="jurist", at=days(1)),
    Action.NOTIFY: lambda case: notify(case, notice(), offence(), ground(), at=days(1)),
    Action.STATE: lambda case: state_defence(case, Statement(text="x"), by="p1", at=days(1)),
    Action.ASK_HEARING: lambda case: ask_hearing(case, CALENDAR, at=days(1)),
    Action.CALL_HEARING: lambda case: call_hearing(case, date(2026, 3, 20), "chair", CALENDAR, at=days(1)),
    Action.HOLD_HEARING: lambda case: hold_hearing(case, attended=True, record="x", at=days(10)),
    Action.EXTEND: lambda case: extend(case, date(2026, 6, 10), "x", most=30, by="b1", at=days(1)),
    Action.DECIDE: lambda case: decide(case, decision(), ground(), by="b1", at=days(1)),
    Action.DECIDE_ON_THE_SPOT: lambda case: decide_on_the_spot(
        case, SpotDecision(grounds="x", identity_shown=True, fine_fen=300_000), ground(), by="b1", at=days(1)
    ),
    Action.LENIENCY: lambda case: grant_leniency(case, "x", ground(corrected=True), by="b1", at=days(1)),
    Action.DISMISS: lambda case: dismiss(case, "x", by="b1", at=days(1)),
    Action.WITHDRAW: lambda case: withdraw(case, "x", by="b1", at=days(1)),
    Action.SERVE: lambda case: serve(case, "直接送达", CALENDAR, at=days(2)),
    Action.PAY: lambda case: pay(case, 1000, at=days(3)),
    Action.ENFORCE: lambda case: enforce(case, "x", at=days(30)),
    Action.CLOSE: lambda case: close(case, at=days(4)),
}
