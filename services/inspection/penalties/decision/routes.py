"""`/v1/cases`: extension, decision, and ends without a penalty."""

from typing import Annotated
from uuid import UUID

from pydantic import BaseModel, ConfigDict

from services.inspection.penalties.cases.domain import Case
from services.inspection.penalties.cases.papers import Decision, SpotDecision
from services.inspection.penalties.cases.refusals import (
    CaseNotFound,
    CaseStateRefuses,
    ChairInvolved,
    CollectiveDecisionMissing,
    DecisionLate,
    ExtensionRefused,
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
    MustNotPunish,
    NoticeMissing,
    OfficerRecused,
    OfficersMissing,
    OnTheSpotTooGrave,
    OnTheSpotTooMuch,
    PenaltyUnfounded,
    PreservedItemsUndecided,
    RectificationNotOrdered,
    ReviewerInvolved,
    StatementUnanswered,
    SuspensionOver,
)
from services.inspection.penalties.cases.shapes import CaseOut
from services.inspection.penalties.decision import usecases
from services.inspection.rulebook.norms.domain import NormUnknown
from shared.domain.clock import utc_now
from shared.domain.wording import Day, Reason
from shared.http.policies import Principal, allow
from shared.http.web import SessionDep, problems, service_router

router = service_router(prefix="/v1/cases", tags=["cases"])

OfficialDep = Annotated[Principal, allow("bureau", "district_officer")]


class CaseExtensionIn(BaseModel):
    """The new time limit, and why."""

    model_config = ConfigDict(extra="forbid")

    until: Day
    reason: Reason


@router.post(
    "/{case_id}/extension",
    response_model=CaseOut,
    responses=problems(CaseNotFound, CaseStateRefuses, OfficerRecused, ExtensionRefused, NormUnknown),
)
async def extend_case(
    case_id: UUID,
    body: CaseExtensionIn,
    caller: Annotated[Principal, allow("bureau")],
    session: SessionDep,
) -> Case:
    """Extend the time limit of the decision: once, and before the ninety days have passed."""
    return await usecases.extend_case(
        session, case_id, until=body.until, reason=body.reason, caller=caller, at=utc_now()
    )


class PenaltyDecisionIn(Decision):
    """The penalties, their grounds, and the answer to the party's statement."""


class SpotDecisionIn(SpotDecision):
    """A warning, or a fine of at most 200 yuan for a person and 3,000 for an organisation."""


class GroundsIn(BaseModel):
    """The grounds."""

    model_config = ConfigDict(extra="forbid")

    grounds: Reason


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
