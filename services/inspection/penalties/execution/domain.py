"""Steps after a decision (第六章): service, payment or enforcement, closure."""

from datetime import date, datetime
from uuid import UUID

from services.inspection.penalties.cases.domain import Case
from services.inspection.penalties.cases.refusals import EnforcementEarly, MoneyOwed, PaymentExceeds
from services.inspection.penalties.cases.states import Action, CaseState
from services.inspection.penalties.law import domain as law
from shared.domain.clock import china_date
from shared.domain.working_days import CountsWorkingDays
from shared.events.inspection.cases import CaseClosed, CasePaid, CaseServed, CaseStepTaken


def serve(case: Case, method: str, calendar: CountsWorkingDays, *, at: datetime) -> CaseServed:
    """Serve the decision. Late service is recorded as late, but never refused."""
    case.check(Action.SERVE)
    assert case.decided_on is not None
    assert case.decision is not None
    case.state, case.served_on = CaseState.SERVED, china_date(at)
    late = case.served_on > calendar.after_working_days(case.decided_on, law.SERVICE_DAYS).on
    case.decision = {**case.decision, "service": method, "served_late": late}
    return case.fact(CaseServed, at, late=late)


def late_fen(case: Case, on: date) -> int:
    if case.served_on is None:
        return 0
    last = case.paid_on or on
    return law.late_surcharge(case.fine_fen, (last - law.payment_due(case.served_on)).days)


def pay(case: Case, amount_fen: int, *, at: datetime) -> CasePaid:
    case.check(Action.PAY)
    today = china_date(at)
    late = late_fen(case, today)
    if case.paid_fen + amount_fen > case.owed_fen + late:
        raise PaymentExceeds(pointer="/amount_fen", owed_fen=case.owed_fen + late - case.paid_fen)
    case.paid_fen += amount_fen
    if case.paid_fen == case.owed_fen + late:
        case.state, case.paid_on = CaseState.PAID, today
    return case.fact(CasePaid, at, amount_fen=amount_fen, paid_fen=case.paid_fen, late_fen=late)


def enforce(case: Case, means: str, *, at: datetime) -> CaseStepTaken:
    """Record the enforcement (art. 72); not before the time to pay has passed."""
    case.check(Action.ENFORCE)
    assert case.served_on is not None
    assert case.decision is not None
    due = law.payment_due(case.served_on)
    if china_date(at) <= due:
        raise EnforcementEarly(until=due)
    case.state, case.enforced_on = CaseState.ENFORCED, china_date(at)
    case.decision = {**case.decision, "enforcement": means}
    return case.step("enforced", at)


def hear_answer(case: Case, kind: str, *, accepted: bool, proposal_id: UUID, at: datetime) -> CaseStepTaken | None:
    """Record what the registry did with a proposal; None if it is recorded already."""
    if any(answer["proposal_id"] == str(proposal_id) for answer in case.answers):
        return None
    said = {"proposal_id": str(proposal_id), "kind": kind, "accepted": accepted, "on": china_date(at).isoformat()}
    case.answers = [*case.answers, said]
    return case.step("proposal_accepted" if accepted else "proposal_dismissed", at)


def close(case: Case, *, at: datetime) -> CaseClosed:
    case.check(Action.CLOSE)
    if case.state == CaseState.SERVED and case.owed_fen:
        raise MoneyOwed(owed_fen=case.owed_fen - case.paid_fen)
    case.outcome = case.state
    case.state, case.closed_on = CaseState.CLOSED, china_date(at)
    return case.fact(CaseClosed, at, outcome=case.outcome, fine_fen=case.fine_fen)
