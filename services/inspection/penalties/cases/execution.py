"""A case after its decision: handed over, paid or enforced, answered by the registry, and put away."""

from datetime import date, datetime
from uuid import UUID

from services.inspection.penalties.cases import law
from services.inspection.penalties.cases.record import CaseFile
from services.inspection.penalties.cases.refusals import EnforcementEarly, MoneyOwed, PaymentExceeds
from services.inspection.penalties.cases.states import Action, CaseState
from shared.domain.clock import china_date
from shared.domain.working_days import CountsWorkingDays
from shared.events.inspection.cases import CaseClosed, CasePaid, CaseServed, CaseStepTaken


class Execution(CaseFile):
    """What follows a decision (第六章). A case is one file: these are steps of `Case`, not a thing of their own."""

    def serve(self, method: str, calendar: CountsWorkingDays, *, at: datetime) -> CaseServed:
        """Hand the decision over. Late service is recorded as late: it is no reason never to serve."""
        self._check(Action.SERVE)
        assert self.decided_on is not None
        assert self.decision is not None
        self.state, self.served_on = CaseState.SERVED, china_date(at)
        late = self.served_on > calendar.after_working_days(self.decided_on, law.SERVICE_DAYS).on
        self.decision = {**self.decision, "service": method, "served_late": late}
        return self._fact(CaseServed, at, late=late)

    def late_fen(self, on: date) -> int:
        """What is added for paying late: 3 % of the fine a day, at most the fine (art. 72)."""
        if self.served_on is None:
            return 0
        last = self.paid_on or on
        return law.late_surcharge(self.fine_fen, (last - law.payment_due(self.served_on)).days)

    def pay(self, amount_fen: int, *, at: datetime) -> CasePaid:
        """Take a payment; when nothing is owed any more the case is paid."""
        self._check(Action.PAY)
        today = china_date(at)
        late = self.late_fen(today)
        if self.paid_fen + amount_fen > self.owed_fen + late:
            raise PaymentExceeds(pointer="/amount_fen", owed_fen=self.owed_fen + late - self.paid_fen)
        self.paid_fen += amount_fen
        if self.paid_fen == self.owed_fen + late:
            self.state, self.paid_on = CaseState.PAID, today
        return self._fact(CasePaid, at, amount_fen=amount_fen, paid_fen=self.paid_fen, late_fen=late)

    def enforce(self, means: str, *, at: datetime) -> CaseStepTaken:
        """It was enforced because it was not paid or kept (art. 72); not before the time to pay has passed."""
        self._check(Action.ENFORCE)
        assert self.served_on is not None
        assert self.decision is not None
        due = law.payment_due(self.served_on)
        if china_date(at) <= due:
            raise EnforcementEarly(until=due)
        self.state, self.enforced_on = CaseState.ENFORCED, china_date(at)
        self.decision = {**self.decision, "enforcement": means}
        return self._step("enforced", at)

    def hear_answer(self, kind: str, *, accepted: bool, proposal_id: UUID, at: datetime) -> CaseStepTaken | None:
        """What the registry did with a proposal; told again it is known already."""
        if any(answer["proposal_id"] == str(proposal_id) for answer in self.answers):
            return None
        said = {"proposal_id": str(proposal_id), "kind": kind, "accepted": accepted, "on": china_date(at).isoformat()}
        self.answers = [*self.answers, said]
        return self._step("proposal_accepted" if accepted else "proposal_dismissed", at)

    def close(self, *, at: datetime) -> CaseClosed:
        """Put the file away (结案)."""
        self._check(Action.CLOSE)
        if self.state == CaseState.SERVED and self.owed_fen:
            raise MoneyOwed(owed_fen=self.owed_fen - self.paid_fen)
        self.outcome = self.state
        self.state, self.closed_on = CaseState.CLOSED, china_date(at)
        return self._fact(CaseClosed, at, outcome=self.outcome, fine_fen=self.fine_fen)
