"""`/v1/cases`: how a case ends: decision, leniency or dismissal; service, payment, enforcement and closure."""

from typing import Annotated
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from services.inspection.cases import usecases
from services.inspection.cases.domain import Case
from services.inspection.cases.papers import Decision, SpotDecision
from services.inspection.cases.refusals import (
    CaseNotFound,
    CaseStateRefuses,
    ChairInvolved,
    CollectiveDecisionMissing,
    DecisionLate,
    EnforcementEarly,
    FactsUnproven,
    FinedAlready,
    FineOutOfRange,
    HarsherThanNotified,
    HearingNotHeld,
    HearingWindowOpen,
    IdentityNotShown,
    LegalReviewDisagrees,
    LegalReviewMissing,
    LeniencyUnfounded,
    LimitationPassed,
    MoneyOwed,
    MustNotPunish,
    NoticeMissing,
    OfficerRecused,
    OfficersMissing,
    OnTheSpotTooGrave,
    OnTheSpotTooMuch,
    PaymentExceeds,
    PenaltyUnfounded,
    PreservedItemsUndecided,
    RectificationNotOrdered,
    ReviewerInvolved,
    StatementUnanswered,
    SuspensionOver,
)
from services.inspection.cases.shapes import CaseOut
from services.inspection.norms.domain import NormUnknown
from services.inspection.offences.domain import MAX_FEN
from shared.domain.clock import utc_now
from shared.domain.wording import NUMBER, Line, Paragraph, Reason
from shared.http.policies import Principal, allow
from shared.http.web import SessionDep, problems, service_router

router = service_router(prefix="/v1/cases", tags=["cases"])

OfficialDep = Annotated[Principal, allow("bureau", "district_officer")]


class PenaltyDecisionIn(Decision):
    """The penalties, their grounds, and the answer to the party's statement."""


class SpotDecisionIn(SpotDecision):
    """A warning, or a fine of at most 200 yuan for a person and 3,000 for an organisation."""


class GroundsIn(BaseModel):
    """The grounds."""

    model_config = ConfigDict(extra="forbid")

    grounds: Reason


class ServiceIn(BaseModel):
    """How the decision was handed over."""

    model_config = ConfigDict(extra="forbid")

    method: Line


class PaymentIn(BaseModel):
    """A payment, in fen."""

    model_config = ConfigDict(extra="forbid")

    amount_fen: Annotated[int, NUMBER, Field(gt=0, le=MAX_FEN)]


class EnforcementIn(BaseModel):
    """How it was enforced."""

    model_config = ConfigDict(extra="forbid")

    means: Paragraph


@router.post(
    "/{case_id}/decision",
    response_model=CaseOut,
    responses=problems(
        CaseNotFound,
        CaseStateRefuses,
        NoticeMissing,
        RectificationNotOrdered,
        FinedAlready,
        MustNotPunish,
        LimitationPassed,
        PenaltyUnfounded,
        FineOutOfRange,
        FactsUnproven,
        OfficersMissing,
        OfficerRecused,
        StatementUnanswered,
        HarsherThanNotified,
        PreservedItemsUndecided,
        CollectiveDecisionMissing,
        LegalReviewDisagrees,
        LegalReviewMissing,
        ReviewerInvolved,
        ChairInvolved,
        SuspensionOver,
        HearingNotHeld,
        HearingWindowOpen,
        DecisionLate,
        NormUnknown,
    ),
)
async def decide_case(case_id: UUID, body: PenaltyDecisionIn, caller: OfficialDep, session: SessionDep) -> Case:
    """Decide the penalty. A decision that the law does not allow is refused, with the article."""
    return await usecases.decide_case(session, case_id, body, caller=caller, at=utc_now())


@router.post(
    "/{case_id}/on-the-spot-decision",
    response_model=CaseOut,
    responses=problems(
        CaseNotFound,
        CaseStateRefuses,
        OnTheSpotTooGrave,
        OnTheSpotTooMuch,
        IdentityNotShown,
        RectificationNotOrdered,
        FinedAlready,
        MustNotPunish,
        LimitationPassed,
        PenaltyUnfounded,
        FineOutOfRange,
        OfficersMissing,
        OfficerRecused,
        NormUnknown,
    ),
)
async def decide_on_the_spot(case_id: UUID, body: SpotDecisionIn, caller: OfficialDep, session: SessionDep) -> Case:
    """Decide a warning or a small fine on the spot, and hand the decision over."""
    return await usecases.decide_on_the_spot(session, case_id, body, caller=caller, at=utc_now())


@router.post(
    "/{case_id}/leniency",
    response_model=CaseOut,
    responses=problems(CaseNotFound, CaseStateRefuses, OfficerRecused, LeniencyUnfounded, NormUnknown),
)
async def spare_case(case_id: UUID, body: GroundsIn, caller: OfficialDep, session: SessionDep) -> Case:
    """Close the case with leniency: a first offence with minor harm, rectified, for which the catalogue allows it."""
    return await usecases.spare_case(session, case_id, body.grounds, caller=caller, at=utc_now())


@router.post(
    "/{case_id}/dismissal", response_model=CaseOut, responses=problems(CaseNotFound, CaseStateRefuses, OfficerRecused)
)
async def dismiss_case(case_id: UUID, body: GroundsIn, caller: OfficialDep, session: SessionDep) -> Case:
    """Dismiss the case without a penalty: the facts are not established, or the act is too minor."""
    return await usecases.dismiss_case(session, case_id, body.grounds, caller=caller, at=utc_now())


@router.post(
    "/{case_id}/withdrawal", response_model=CaseOut, responses=problems(CaseNotFound, CaseStateRefuses, OfficerRecused)
)
async def withdraw_case(case_id: UUID, body: GroundsIn, caller: OfficialDep, session: SessionDep) -> Case:
    """Withdraw a case that should not have been opened."""
    return await usecases.withdraw_case(session, case_id, body.grounds, caller=caller, at=utc_now())


@router.post("/{case_id}/service", response_model=CaseOut, responses=problems(CaseNotFound, CaseStateRefuses))
async def serve_decision(case_id: UUID, body: ServiceIn, caller: OfficialDep, session: SessionDep) -> Case:
    """Record that the decision was served. After seven working days it is recorded as late."""
    return await usecases.serve_decision(session, case_id, body.method, caller=caller, at=utc_now())


@router.post(
    "/{case_id}/payments",
    response_model=CaseOut,
    responses=problems(CaseNotFound, CaseStateRefuses, PaymentExceeds),
)
async def take_payment(case_id: UUID, body: PaymentIn, caller: OfficialDep, session: SessionDep) -> Case:
    """Record a payment. Each day late adds 3 % of the fine, up to the amount of the fine."""
    return await usecases.take_payment(session, case_id, body.amount_fen, caller=caller, at=utc_now())


@router.post(
    "/{case_id}/enforcement",
    response_model=CaseOut,
    responses=problems(CaseNotFound, CaseStateRefuses, EnforcementEarly),
)
async def enforce_decision(case_id: UUID, body: EnforcementIn, caller: OfficialDep, session: SessionDep) -> Case:
    """Record that the decision was enforced, once the time to pay has passed."""
    return await usecases.enforce_decision(session, case_id, body.means, caller=caller, at=utc_now())


@router.post(
    "/{case_id}/closure", response_model=CaseOut, responses=problems(CaseNotFound, CaseStateRefuses, MoneyOwed)
)
async def close_case(case_id: UUID, caller: OfficialDep, session: SessionDep) -> Case:
    """Close the case."""
    return await usecases.close_case(session, case_id, caller=caller, at=utc_now())
