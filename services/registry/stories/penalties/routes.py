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
    """The notice to publish, if there is one. Fields left out are filled in automatically."""


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
    """Accept a proposal: the permits are revoked or suspended and the notice is published, in one transaction.

    Proposals of one case share one notice: a later one refers to the notice of the first.
    """
    return await usecases.accept_proposal(session, proposal_id, body, caller=caller, at=utc_now())
