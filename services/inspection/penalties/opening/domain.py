"""Steps that open a case (立案) and investigate it."""

from collections.abc import Collection, Sequence
from datetime import date, datetime, timedelta
from uuid import UUID

from services.inspection.field.places import Place
from services.inspection.penalties.cases.domain import Case
from services.inspection.penalties.cases.papers import Filing, Inquiry, Review
from services.inspection.penalties.cases.refusals import (
    ActsAfterFinding,
    ActsReversed,
    CaseStateRefuses,
    IdentityNotShown,
    LimitationPassed,
    NoPenaltyBasis,
    PartyMissing,
    PreservedItemsUndecided,
    ReviewerInvolved,
)
from services.inspection.penalties.cases.states import BEFORE_NOTICE, Action, CaseState
from services.inspection.penalties.law import domain as law
from services.inspection.penalties.law.domain import check_officers
from services.inspection.rulebook.offences.domain import Offence
from shared.data.database import new_id
from shared.domain.clock import china_date
from shared.events.inspection.cases import CaseFiled, CaseStepTaken


def file(
    filing: Filing,
    place: Place,
    offence: Offence,
    *,
    violation_id: UUID,
    found_on: date,
    certified: Collection[str],
    by: str,
    at: datetime,
) -> tuple[Case, CaseFiled]:
    """Open a case (立案). The act must be found in time, and the law must provide a penalty for it."""
    today = china_date(at)
    acts_until = filing.acts_until or filing.acts_from
    if not filing.acts_from <= acts_until <= today:
        raise ActsReversed(pointer="/acts_until")
    if filing.acts_from > found_on:
        raise ActsAfterFinding(pointer="/acts_from", found_on=found_on)
    if place.institution_id is None and filing.party_name is None:
        raise PartyMissing(pointer="/party_name")
    if not offence.penal:
        raise NoPenaltyBasis(offence=offence.code)
    limit = law.limitation_ends(acts_until, five_years=offence.life_or_finance and filing.harmful)
    if found_on > limit:
        raise LimitationPassed(ended_on=limit)
    officers = list(dict.fromkeys(filing.officers))
    check_officers(officers, certified, ())
    case = Case(
        id=new_id(),
        version=0,
        violation_id=violation_id,
        institution_id=place.institution_id,
        party=filing.party,
        party_name=filing.party_name,
        offence=offence.code,
        offence_id=offence.id,
        grid=place.grid,
        district=place.district,
        street=place.street,
        team=place.team,
        state=CaseState.FILED,
        grounds=filing.grounds,
        acts_from=filing.acts_from,
        acts_until=acts_until,
        found_on=found_on,
        harmful=filing.harmful,
        gravity=filing.gravity,
        illegal_income_fen=filing.illegal_income_fen,
        officers=officers,
        recused=[],
        investigators=list(officers),
        aggravations=filing.model_dump(mode="json")["aggravations"],
        inquiries=[],
        exhibits=[],
        superseded=[],
        statements=[],
        hearing_waived=False,
        answers=[],
        owed_fen=0,
        fine_fen=0,
        paid_fen=0,
        filed_by=by,
        filed_at=at,
        filed_on=today,
        due_on=today + timedelta(days=law.DECISION_DAYS),
    )
    return case, case.fact(CaseFiled, at, found_on=found_on, due_on=case.due_on)


def assign(
    case: Case, officers: Sequence[str], recused: Sequence[str], *, certified: Collection[str], at: datetime
) -> CaseStepTaken:
    """Replace the officers. Whoever is recused stays recused for good."""
    case.check(Action.ASSIGN)
    out = [*case.recused, *(one for one in dict.fromkeys(recused) if one not in case.recused)]
    wanted = list(dict.fromkeys(officers))
    check_officers(wanted, certified, out)
    case.officers, case.recused = wanted, out
    case.investigated_by(wanted)
    return case.step("officers", at)


def inquire(case: Case, inquiry: Inquiry, *, certified: Collection[str], at: datetime) -> CaseStepTaken:
    """Put an inquiry, or an inspection of the scene, on file.

    After the notice it reopens the investigation if it finds another act than the party was told of, or follows a
    hearing. The party must then be notified anew.
    """
    case.check(Action.INQUIRE)
    check_officers(inquiry.officers, certified, case.recused)
    if not inquiry.identity_shown:
        raise IdentityNotShown(pointer="/identity_shown")
    found = inquiry.model_dump(mode="json", include={"gravity", "illegal_income_fen", "harmful", "aggravations"})
    new = {name: value for name, value in found.items() if value not in (None, getattr(case, name))}
    if case.state in BEFORE_NOTICE or new or case.heard:
        case.supersede_notice(at)
        case.state = CaseState.INVESTIGATING
    case.investigated_by(inquiry.officers)
    case.inquiries = [*case.inquiries, {**inquiry.model_dump(mode="json"), "on": china_date(at).isoformat()}]
    for name, value in new.items():
        setattr(case, name, value)
    case.add_exhibits(inquiry.evidence)
    return case.step("inquiry", at)


def preserve(case: Case, *, at: datetime) -> CaseStepTaken:
    """Record that items were preserved as evidence; they must be decided on within seven working days."""
    case.check(Action.PRESERVE)
    if case.preserved_on is not None and case.settled_on is None:
        raise PreservedItemsUndecided(preserved_on=case.preserved_on)
    case.preserved_on, case.settled_on = china_date(at), None
    return case.step("preservation", at)


def dispose(case: Case, *, at: datetime) -> CaseStepTaken:
    case.check(Action.DISPOSE)
    if case.preserved_on is None or case.settled_on is not None:
        raise CaseStateRefuses(state=case.state)
    case.settled_on = china_date(at)
    return case.step("preservation_settled", at)


def exhibit(case: Case, evidence: Sequence[UUID], *, at: datetime) -> CaseStepTaken:
    case.check(Action.EXHIBIT)
    case.add_exhibits(evidence)
    return case.step("exhibits", at)


def give_review(case: Case, review: Review, *, by: str, at: datetime) -> CaseStepTaken:
    """Record the legal review. Before the notice it moves the case forward, or back to the investigation."""
    case.check(Action.REVIEW)
    case.check_unrecused(by)
    if by in case.investigators:
        raise ReviewerInvolved
    case.review = {**review.model_dump(mode="json"), "by": by, "on": china_date(at).isoformat()}
    if case.state in BEFORE_NOTICE:
        case.state = CaseState.LEGAL_REVIEW if review.agreed else CaseState.INVESTIGATING
    return case.step("legal_review", at)
