"""A case against a model of it: whatever is done, in whatever order, on whatever day, both say the same.

The model is written from the law's words: what was told, asked, heard, decided when, and which days have passed.
"""

import os
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import ClassVar

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test

from services.inspection.penalties.cases.papers import Penalty, Statement
from services.inspection.penalties.decision.domain import decide, extend
from services.inspection.penalties.execution.domain import close, enforce, pay, serve
from services.inspection.penalties.hearing.domain import ask_hearing, call_hearing, hold_hearing, notify, state_defence
from services.inspection.penalties.opening.domain import give_review, inquire
from services.inspection.rulebook.offences.domain import PenaltyKind
from shared.domain.refusals import Refusal
from tests.inspection.penal import (
    AT,
    CALENDAR,
    CERTIFIED,
    DAY,
    INQUIRY,
    REVIEW,
    REVOCATION,
    decision,
    filed,
    ground,
    notice,
    offence,
)

EXAMPLES = int(os.environ.get("MODEL_EXAMPLES", "50"))
"""Where time does not matter, MODEL_EXAMPLES=600: then every refusal must have been met."""
STEPS = 30
REFUSALS = (
    "case-state", "notice-missing", "rectification-not-ordered", "statement-unanswered", "collective-decision-missing",
    "legal-review-missing", "reviewer-involved", "case-extension-refused", "hearing-right-untold", "no-hearing-right",
    "hearing-asked-late", "hearing-window-open", "hearing-notice-short", "hearing-chair-involved", "hearing-not-held",
    "hearing-held", "enforcement-early", "payment-exceeds", "money-owed",
    "legal-review-disagrees",
)  # fmt: skip
FINE_FEN = 100_000
FINE = Penalty(kind=PenaltyKind.FINE, amount_fen=FINE_FEN)

SELDOM = st.sampled_from([False, False, False, False, True])


def workdays(after: date, number: int) -> date:
    """Counted by hand: no calendar of ours."""
    on = after
    while number:
        on += timedelta(days=1)
        number -= on.weekday() < 5
    return on


@dataclass
class Model:
    """What the law would have on file."""

    stage: str = "filed"
    due: date = DAY + timedelta(days=90)
    extended: bool = False
    ordered: bool = False
    inquired: bool = False
    agreed_on: date | None = None
    doubted: bool = False
    grave: bool = False
    told_on: date | None = None
    asked_on: date | None = None
    hearing_on: date | None = None
    held_on: date | None = None
    waived: bool = False
    stated: bool = False
    decided_on: date | None = None
    served_on: date | None = None
    paid: int = 0

    def forget_notice(self) -> None:
        """It stands no longer, nor what followed it."""
        self.told_on = self.asked_on = self.hearing_on = self.held_on = self.agreed_on = None
        self.waived = False

    @property
    def undecided(self) -> bool:
        return self.stage in ("filed", "investigating", "legal_review", "notified", "hearing")

    def may_decide(self, on: date, *, answered: bool, together: bool) -> bool:
        """As articles 28, 44, 45, 57, 58, 60, 63 and 64 have it."""
        if self.stage not in ("notified", "hearing") or self.told_on is None:
            return False
        if self.doubted or on > self.due or not self.ordered or (self.stated and not answered):
            return False
        if self.grave and not (together and self.agreed_on is not None):
            return False
        if self.asked_on is not None:
            return self.held_on is not None and self.agreed_on is not None
        return not self.grave or self.waived or on > workdays(self.told_on, 5)

    def late(self, on: date) -> int:
        assert self.served_on is not None
        return min(FINE_FEN, FINE_FEN * 3 * max((on - self.served_on).days - 15, 0) // 100)


class CaseMachine(RuleBasedStateMachine):
    done: ClassVar[set[str]] = set()

    @initialize()
    def file(self) -> None:
        self.case, self.model, self.passed = filed(), Model(), 0

    @property
    def today(self) -> date:
        return DAY + timedelta(days=self.passed)

    def take(self, name: str, allowed: bool, step: Callable[[], object]) -> bool:
        """Both agree on whether this may be done."""
        refused = None
        try:
            step()
        except Refusal as refusal:
            refused = refusal.code
        assert (refused is None) is allowed, (name, refused)
        self.done.add(refused or name)
        return allowed

    @rule(days=st.sampled_from([1, 1, 3, 7, 8, 20]))
    def wait(self, days: int) -> None:
        self.passed += days

    @rule()
    def order(self) -> None:
        self.model.ordered = True

    @rule(times=st.integers(1, 4), grave=st.booleans())
    def go_on(self, times: int, grave: bool) -> None:
        """What usually comes next, so that some cases come to their end."""
        for _ in range(times):
            match self.model.stage:
                case "filed":
                    self.inquire(finds=False, late=False)
                case "investigating":
                    self.review(agreed=True, officer=False)
                case "legal_review":
                    self.notify(grave=grave, told=True, anew=False)
                case "notified":
                    self.order()
                    self.decide(answered=True, together=True)
                case "hearing":
                    self.call(ahead=12, chair="chair")
                    self.wait(days=20)
                    self.hold(attended=True)
                    self.review(agreed=True, officer=False)
                    self.decide(answered=True, together=True)
                case "decided":
                    self.serve()
                case "served":
                    self.pay(fen=FINE_FEN)

    @rule(finds=st.booleans(), late=SELDOM)
    def inquire(self, finds: bool, late: bool) -> None:
        model = self.model
        if model.told_on is not None and not late:
            return
        allowed = model.stage in ("filed", "investigating", "notified", "hearing")
        paper = INQUIRY.model_copy(update={"harmful": not self.case.harmful} if finds else {})
        if self.take("inquire", allowed, lambda: inquire(self.case, paper, certified=CERTIFIED, at=self.at)):
            model.inquired = True
            if model.stage in ("notified", "hearing") and (finds or model.held_on is not None):
                model.forget_notice()
                model.stage = "investigating"
            elif model.stage == "filed":
                model.stage = "investigating"

    @rule(agreed=st.sampled_from([True, True, False]), officer=st.sampled_from([False, False, False, True]))
    def review(self, agreed: bool, officer: bool) -> None:
        model = self.model
        allowed = model.stage in ("investigating", "legal_review", "notified", "hearing") and not officer
        given = REVIEW.model_copy(update={"agreed": agreed})
        by = "o1" if officer else "jurist"
        if self.take("review", allowed, lambda: give_review(self.case, given, by=by, at=self.at)):
            model.agreed_on, model.doubted = self.today if agreed else None, not agreed
            if model.stage in ("investigating", "legal_review"):
                model.stage = "legal_review" if agreed else "investigating"

    @rule(grave=st.booleans(), told=st.sampled_from([True, True, True, False]), anew=SELDOM)
    def notify(self, grave: bool, told: bool, anew: bool) -> None:
        model = self.model
        if model.told_on is not None and not anew:
            return
        again = model.stage in ("notified", "hearing")
        allowed = (again or model.stage in ("investigating", "legal_review")) and (told or not grave)
        if again and (model.stated or model.asked_on is not None):
            allowed = allowed and grave == model.grave
        paper = notice(REVOCATION if grave else FINE, hearing_told=told)
        if self.take("notify", allowed, lambda: notify(self.case, paper, offence(), ground(), at=self.at)):
            if again:
                model.forget_notice()
            model.stage, model.grave, model.told_on = "notified", grave, self.today

    @rule(waives=st.booleans())
    def state(self, waives: bool) -> None:
        model = self.model
        said = Statement(text="x", waives_hearing=waives)
        allowed = model.stage in ("notified", "hearing")
        if self.take("state", allowed, lambda: state_defence(self.case, said, by="p", at=self.at)):
            model.stated = True
            model.waived = model.waived or (waives and model.stage == "notified")

    @rule()
    def ask(self) -> None:
        model = self.model
        in_time = model.told_on is not None and self.today <= workdays(model.told_on, 5)
        allowed = model.stage == "notified" and model.grave and in_time
        if self.take("ask", allowed, lambda: ask_hearing(self.case, CALENDAR, at=self.at)):
            model.stage, model.asked_on, model.waived = "hearing", self.today, False

    @rule(ahead=st.integers(5, 12), chair=st.sampled_from(["chair", "chair", "o1"]))
    def call(self, ahead: int, chair: str) -> None:
        model, on = self.model, self.today + timedelta(days=ahead)
        allowed = model.stage == "hearing" and chair == "chair" and on >= workdays(self.today, 7)
        allowed = allowed and model.held_on is None
        if self.take("call", allowed, lambda: call_hearing(self.case, on, chair, CALENDAR, at=self.at)):
            model.hearing_on, model.held_on = on, None

    @rule(attended=st.booleans())
    def hold(self, attended: bool) -> None:
        model = self.model
        allowed = model.stage == "hearing" and model.hearing_on is not None and self.today >= model.hearing_on
        allowed = allowed and model.held_on is None
        if self.take("hold", allowed, lambda: hold_hearing(self.case, attended=attended, record="x", at=self.at)):
            model.held_on, model.agreed_on = self.today, None

    @rule(more=st.sampled_from([1, 30, 31]))
    def extend(self, more: int) -> None:
        model, until = self.model, self.model.due + timedelta(days=more)
        allowed = model.undecided and not model.extended and self.today <= model.due and more <= 30
        if self.take("extend", allowed, lambda: extend(self.case, until, "x", most=30, by="b", at=self.at)):
            model.due, model.extended = until, True

    @rule(answered=st.sampled_from([True, True, False]), together=st.sampled_from([True, True, False]))
    def decide(self, answered: bool, together: bool) -> None:
        model = self.model
        paper = decision(REVOCATION if model.grave else FINE, answer="x" if answered else None, collective=together)
        here = ground(rectification_ordered=model.ordered)
        allowed = model.may_decide(self.today, answered=answered, together=together)
        if self.take("decide", allowed, lambda: decide(self.case, paper, here, by="b", at=self.at)):
            model.stage, model.decided_on = "decided", self.today

    @rule()
    def serve(self) -> None:
        model = self.model
        if self.take("serve", model.stage == "decided", lambda: serve(self.case, "x", CALENDAR, at=self.at)):
            assert model.decided_on is not None
            assert self.case.decision is not None
            assert self.case.decision["served_late"] is (self.today > workdays(model.decided_on, 7))
            model.stage, model.served_on = "served", self.today

    @rule(fen=st.sampled_from([1, 50_000, FINE_FEN, 2 * FINE_FEN]))
    def pay(self, fen: int) -> None:
        model = self.model
        owed = 0
        if model.stage == "served" and not model.grave:
            owed = FINE_FEN + model.late(self.today) - model.paid
        allowed = model.stage == "served" and fen <= owed
        if self.take("pay", allowed, lambda: pay(self.case, fen, at=self.at)):
            model.paid += fen
            model.stage = "paid" if fen == owed else "served"

    @rule()
    def enforce(self) -> None:
        model = self.model
        passed = model.served_on is not None and (self.today - model.served_on).days > 15
        if self.take("enforce", model.stage == "served" and passed, lambda: enforce(self.case, "x", at=self.at)):
            model.stage = "enforced"

    @rule()
    def close(self) -> None:
        model = self.model
        allowed = model.stage in ("paid", "enforced") or (model.stage == "served" and model.grave)
        if self.take("close", allowed, lambda: close(self.case, at=self.at)):
            model.stage = "closed"

    @property
    def at(self) -> datetime:
        return AT + timedelta(days=self.passed)

    @invariant()
    def they_agree(self) -> None:
        if hasattr(self, "case"):
            assert (self.case.state, self.case.due_on, self.case.paid_fen) == (
                self.model.stage,
                self.model.due,
                self.model.paid,
            )


def test_a_case_does_what_its_model_does() -> None:
    CaseMachine.done.clear()
    run_state_machine_as_test(
        CaseMachine, settings=settings(max_examples=EXAMPLES, stateful_step_count=STEPS, deadline=None)
    )
    assert {"inquire", "review", "notify", "decide"} <= CaseMachine.done
    if EXAMPLES >= 600:
        assert set(REFUSALS) | {"ask", "hold", "serve", "pay", "enforce", "close"} <= CaseMachine.done
