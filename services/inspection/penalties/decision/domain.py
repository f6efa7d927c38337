"""Steps that end the procedure: the decision, or a reason not to punish."""

from collections.abc import Iterator, Sequence
from datetime import date, datetime, timedelta

from services.inspection.penalties.cases.domain import Case
from services.inspection.penalties.cases.papers import Decision, Party, Penalty, Proposal, SpotDecision
from services.inspection.penalties.cases.refusals import (
    CaseStateRefuses,
    ExtensionRefused,
    IdentityNotShown,
    LeniencyUnfounded,
    NoticeMissing,
    OnTheSpotTooGrave,
    OnTheSpotTooMuch,
)
from services.inspection.penalties.cases.states import BEFORE_NOTICE, Action, CaseState
from services.inspection.penalties.law import domain as law
from services.inspection.penalties.law.domain import Ground
from services.inspection.rulebook.offences.domain import Gravity, Offence, PenaltyKind
from shared.domain.clock import china_date
from shared.domain.refusals import Refusal
from shared.events.inspection.cases import CaseDecided, CaseDropped, CaseProposal, CaseStepTaken


def extend(case: Case, until: date, reason: str, *, most: int, by: str, at: datetime) -> CaseStepTaken:
    """Extend the time limit of the decision: once, approved before it ends, and by at most `most` days."""
    case.check(Action.EXTEND)
    case.check_unrecused(by)
    latest = case.due_on + timedelta(days=most)
    if case.extended_by is not None or china_date(at) > case.due_on or not case.due_on < until <= latest:
        raise ExtensionRefused(pointer="/until", due_on=case.due_on, latest=latest)
    case.due_on, case.extended_by, case.extension_reason = until, by, reason
    return case.step("extension", at)


def blocks(case: Case, ground: Ground, decision: Decision | None, *, on: date) -> Iterator[Refusal]:
    """Everything that forbids a decision on this day. Without a decision, the penalties of the notice are judged."""
    if case.state in BEFORE_NOTICE:
        yield NoticeMissing()
    yield from law.obstacles(case, ground, decision, on=on)


def decide(case: Case, decision: Decision, ground: Ground, *, by: str, at: datetime) -> CaseDecided:
    """Decide the penalty. A decision that a court would void is refused, with the article."""
    if case.state not in BEFORE_NOTICE:
        case.check(Action.DECIDE)
    case.check_unrecused(by)
    for refusal in blocks(case, ground, decision, on=china_date(at)):
        raise refusal
    case.state, case.decided_on = CaseState.DECIDED, china_date(at)
    case.decision = {
        **decision.model_dump(mode="json"),
        "aggravations": case.aggravations,
        "by": by,
        "on_the_spot": False,
    }
    case.charge(decision.penalties)
    return _decided(case, decision.penalties, decision.grounds, ground.offence, decision.notice, at)


def decide_on_the_spot(case: Case, decision: SpotDecision, ground: Ground, *, by: str, at: datetime) -> CaseDecided:
    """Decide a warning or a small fine, and serve it where the act was found (art. 51, 52)."""
    case.check(Action.DECIDE_ON_THE_SPOT)
    case.check_unrecused(by)
    if case.gravity not in law.ON_THE_SPOT or case.aggravations:
        raise OnTheSpotTooGrave(gravity=case.gravity, aggravated=bool(case.aggravations))
    limit = law.ON_THE_SPOT_FEN[Party(case.party)]
    if decision.fine_fen is not None and decision.fine_fen > limit:
        raise OnTheSpotTooMuch(pointer="/fine_fen", limit_fen=limit)
    if not decision.identity_shown:
        raise IdentityNotShown(pointer="/identity_shown")
    kind = PenaltyKind.WARNING if decision.fine_fen is None else PenaltyKind.FINE
    penalties = [Penalty(kind=kind, amount_fen=decision.fine_fen)]
    for refusal in law.spot_obstacles(case, ground, penalties):
        raise refusal
    today = china_date(at)
    case.state, case.notified_on, case.decided_on, case.served_on = CaseState.SERVED, today, today, today
    case.told_institution_id = case.institution_id
    case.decision = {
        "penalties": [one.model_dump(mode="json") for one in penalties],
        "grounds": decision.grounds,
        "by": by,
        "on_the_spot": True,
    }
    case.charge(penalties)
    return _decided(case, penalties, decision.grounds, ground.offence, False, at)


def grant_leniency(case: Case, grounds: str, ground: Ground, *, by: str, at: datetime) -> CaseDropped:
    """Spare a first offence (首违不罚): minor harm, rectified in time, nothing aggravating, provided for by
    the catalogue."""
    case.check(Action.LENIENCY)
    case.check_unrecused(by)
    minor = case.gravity in (Gravity.MINOR, Gravity.ORDINARY) and not case.harmful
    aggravated = bool(case.aggravations)
    if aggravated or not (ground.offence.leniency and ground.first and ground.corrected and minor):
        raise LeniencyUnfounded(
            allowed=ground.offence.leniency,
            first=ground.first,
            corrected=ground.corrected,
            minor_harm=minor,
            aggravated=aggravated,
        )
    return _drop(case, CaseState.LENIENCY, grounds, by, at)


def dismiss(case: Case, grounds: str, *, by: str, at: datetime) -> CaseDropped:
    """Dismiss the case: the facts do not hold, or the act is too slight (art. 57)."""
    case.check(Action.DISMISS)
    return _drop(case, CaseState.NOT_PUNISHED, grounds, by, at)


def withdraw(case: Case, grounds: str, *, by: str, at: datetime) -> CaseDropped:
    """Withdraw a case that should not have been opened (撤案). Once the party was notified, dismiss it instead."""
    case.check(Action.WITHDRAW)
    if case.superseded:
        raise CaseStateRefuses(state=case.state)
    return _drop(case, CaseState.WITHDRAWN, grounds, by, at)


def _drop(case: Case, state: CaseState, grounds: str, by: str, at: datetime) -> CaseDropped:
    case.check_unrecused(by)
    case.state, case.outcome, case.closed_on = state, state, china_date(at)
    case.decision = {"grounds": grounds, "by": by, "penalties": []}
    return case.fact(CaseDropped, at, outcome=state.value, grounds=grounds)


def _decided(
    case: Case, penalties: Sequence[Penalty], grounds: str, offence: Offence, notice: bool, at: datetime
) -> CaseDecided:
    gravity = Gravity(case.gravity)
    proposals = [
        CaseProposal(
            kind=kind.value,
            cause=grounds,
            legal_basis=law.articles_of(offence, meant, gravity),
            until=until,
            breached=offence.clause,
        )
        for kind, meant, until in proposals_of(penalties, notice=notice)
    ]
    return case.fact(
        CaseDecided,
        at,
        penalties=[one.kind.value for one in penalties],
        fine_fen=case.fine_fen,
        aggravations=[one["circumstance"] for one in case.aggravations],
        on_the_spot=case.state == CaseState.SERVED,
        proposals=proposals,
    )


def proposals_of(
    penalties: Sequence[Penalty], *, notice: bool
) -> Iterator[tuple[Proposal, Sequence[PenaltyKind], date | None]]:
    """What the decision asks of the registry, each with the penalties it rests on: only the registry changes permits
    and publishes notices."""
    for one in penalties:
        if one.kind is PenaltyKind.SUSPENSION:
            yield Proposal.SUSPENSION, [one.kind], one.until
        if one.kind is PenaltyKind.REVOCATION:
            yield Proposal.REVOCATION, [one.kind], None
    if notice or any(one.kind is PenaltyKind.CRITICISM for one in penalties):
        yield Proposal.NOTICE, [one.kind for one in penalties], None
