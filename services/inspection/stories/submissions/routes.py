"""`POST /v1/visits/{visit_id}/submission`."""

from uuid import UUID

from services.inspection.rounds.campaigns.domain import CampaignNotOpen, OutcomeCounted
from services.inspection.rounds.discoveries.domain import DiscoveryUnasked
from services.inspection.rounds.visits.bodies import SubmissionIn
from services.inspection.rounds.visits.domain import (
    ConclusionMissing,
    ConclusionUnasked,
    ConclusionUnseen,
    OutcomeNeedsInstitution,
    Visit,
    VisitNotFound,
    VisitNotStarted,
)
from services.inspection.rounds.visits.routes import InspectorDep, VisitOut
from services.inspection.rulebook.checklists.domain import AnswersInvalid, AnswersUnasked
from services.inspection.rulebook.offences.domain import OffenceUnknown
from services.inspection.stories.submissions import usecases
from shared.domain.clock import utc_now
from shared.http.web import SessionDep, problems, service_router

router = service_router(prefix="/v1/visits", tags=["visits"])


@router.post(
    "/{visit_id}/submission",
    response_model=VisitOut,
    responses=problems(
        VisitNotFound,
        VisitNotStarted,
        OutcomeNeedsInstitution,
        ConclusionMissing,
        ConclusionUnasked,
        ConclusionUnseen,
        OffenceUnknown,
        CampaignNotOpen,
        OutcomeCounted,
        AnswersInvalid,
        AnswersUnasked,
        DiscoveryUnasked,
    ),
)
async def submit_visit(visit_id: UUID, body: SubmissionIn, caller: InspectorDep, session: SessionDep) -> Visit:
    """Submit the visit. Its violations are reported and its outcome counts in the campaign, in one transaction.

    A campaign target stays open until it had closed doors on three days.
    """
    return await usecases.submit_visit(session, visit_id, body, caller=caller, at=utc_now())
