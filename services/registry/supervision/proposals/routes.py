"""`/v1/proposals`: the proposals of penalty decisions to the registry."""

from datetime import date, datetime
from typing import Annotated
from uuid import UUID

from pydantic import BaseModel, ConfigDict

from services.registry.supervision.proposals import queries, usecases
from services.registry.supervision.proposals.domain import (
    PenaltyProposal,
    ProposalDecidedAlready,
    ProposalKind,
    ProposalNotFound,
    ProposalState,
)
from shared.domain.clock import utc_now
from shared.domain.wording import Reason
from shared.http.paging import Page, PageOf, PageParams
from shared.http.policies import Principal, allow
from shared.http.web import SessionDep, problems, service_router

router = service_router(prefix="/v1/proposals", tags=["proposals"])

ReaderDep = Annotated[Principal, allow("bureau", "district_officer", "auditor", "service")]
DeciderDep = Annotated[Principal, allow("bureau")]


class ProposalDismissalIn(BaseModel):
    """Why the proposal is dismissed."""

    model_config = ConfigDict(extra="forbid")

    grounds: Reason


class ProposalOut(BaseModel):
    """A proposal. `version` counts its facts and is its ETag."""

    model_config = ConfigDict(from_attributes=True)

    id: UUID
    version: int
    case_id: UUID
    violation_id: UUID
    institution_id: UUID
    district: str | None
    street: str | None
    kind: ProposalKind
    cause: str
    legal_basis: str
    breached: str | None
    until: date | None
    state: ProposalState
    received_at: datetime
    decided_at: datetime | None
    decided_by: str | None
    grounds: str | None
    permit_ids: list[UUID]
    notice_id: UUID | None


@router.get("", response_model=Page[ProposalOut])
async def list_proposals(
    caller: ReaderDep,
    session: SessionDep,
    page: PageParams,
    state: ProposalState | None = None,
    institution: UUID | None = None,
) -> PageOf[PenaltyProposal]:
    """Proposals within the caller's reach, in the order they came."""
    binding = {"state": state, "institution": institution}
    (after,) = page.position(**binding) or (None,)
    found = await queries.proposals(
        session, caller, state=state, institution=institution, after=after, limit=page.limit + 1
    )
    return page.page(found, "id", **binding)


@router.get(
    "/{proposal_id}",
    response_model=ProposalOut,
    responses=problems(ProposalNotFound),
)
async def get_proposal(proposal_id: UUID, caller: ReaderDep, session: SessionDep) -> object:
    """One proposal, with its version as ETag."""
    return await queries.proposal(session, proposal_id, caller)


@router.post(
    "/{proposal_id}/dismissal",
    response_model=ProposalOut,
    responses=problems(ProposalNotFound, ProposalDecidedAlready),
)
async def dismiss_proposal(
    proposal_id: UUID, body: ProposalDismissalIn, caller: DeciderDep, session: SessionDep
) -> PenaltyProposal:
    """Dismiss a proposal, and say why."""
    return await usecases.dismiss_proposal(session, proposal_id, body.grounds, caller=caller, at=utc_now())
