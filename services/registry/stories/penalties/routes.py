"""`/v1/proposals/{id}/acceptance`: the bureau follows a penalty decision."""

from uuid import UUID

from services.registry.ledger.institutions.domain import InstitutionNotFound
from services.registry.licensing.permits.domain import PermitNotInForce, SuspensionOver
from services.registry.stories.penalties import usecases
from services.registry.supervision.notices.domain import ConfirmByPast
from services.registry.supervision.proposals.domain import (
    NoPermitLeft,
    NoticePublishedAlready,
    PenaltyProposal,
    ProposalDecidedAlready,
    ProposalNotFound,
    Telling,
)
from services.registry.supervision.proposals.routes import DeciderDep, ProposalOut
from shared.domain.clock import utc_now
from shared.http.web import SessionDep, problems, service_router

router = service_router(prefix="/v1/proposals", tags=["proposals"])


class ProposalAcceptanceIn(Telling):
    """How the city is told, where a notice goes out; what is not said is written for you."""


@router.post(
    "/{proposal_id}/acceptance",
    response_model=ProposalOut,
    responses=problems(
        ProposalNotFound,
        ProposalDecidedAlready,
        NoPermitLeft,
        NoticePublishedAlready,
        InstitutionNotFound,
        PermitNotInForce,
        SuspensionOver,
        ConfirmByPast,
    ),
)
async def accept_proposal(
    proposal_id: UUID, body: ProposalAcceptanceIn, caller: DeciderDep, session: SessionDep
) -> PenaltyProposal:
    """Follow it: the permits are revoked or suspended and the notice goes out in this one decision.

    Proposals of one case share one notice: the second names that of the first.
    """
    return await usecases.accept_proposal(session, proposal_id, body, caller=caller, at=utc_now())
