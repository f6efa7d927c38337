"""Proposals by id, and what waits for the bureau."""

from collections.abc import Iterable, Sequence
from typing import Final
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from services.registry.supervision.proposals.domain import PenaltyProposal, ProposalNotFound
from shared.http.policies import Principal
from shared.http.reach import ReachColumns, reachable, within_reach

_REACH: Final[ReachColumns] = {"district": PenaltyProposal.district, "street": PenaltyProposal.street}


async def proposal(session: AsyncSession, proposal_id: UUID, caller: Principal) -> PenaltyProposal:
    return reachable(await session.get(PenaltyProposal, proposal_id), caller, ProposalNotFound, **_REACH)


async def proposal_for_update(session: AsyncSession, proposal_id: UUID, caller: Principal) -> PenaltyProposal:
    found = await session.get(PenaltyProposal, proposal_id, with_for_update=True, populate_existing=True)
    return reachable(found, caller, ProposalNotFound, **_REACH)


async def decision_for_update(
    session: AsyncSession, proposal_id: UUID, caller: Principal
) -> tuple[PenaltyProposal, Sequence[PenaltyProposal]]:
    """The proposal, and all proposals of the same decision, locked in the order of their ids; raises
    `ProposalNotFound`."""
    case_id = (await proposal(session, proposal_id, caller)).case_id
    wanted = select(PenaltyProposal).where(PenaltyProposal.case_id == case_id).order_by(PenaltyProposal.id)
    wanted = wanted.with_for_update().execution_options(populate_existing=True)
    found = (await session.scalars(wanted)).all()
    return next(one for one in found if one.id == proposal_id), found


async def proposals(
    session: AsyncSession,
    caller: Principal,
    *,
    state: str | None,
    institution: UUID | None,
    after: str | None,
    limit: int,
) -> Sequence[PenaltyProposal]:
    """Proposals within the caller's reach, in the order they came."""
    wanted = select(PenaltyProposal).where(within_reach(caller, **_REACH)).order_by(PenaltyProposal.id).limit(limit)
    if state is not None:
        wanted = wanted.where(PenaltyProposal.state == state)
    if institution is not None:
        wanted = wanted.where(PenaltyProposal.institution_id == institution)
    if after is not None:
        wanted = wanted.where(PenaltyProposal.id > UUID(after))
    return (await session.scalars(wanted)).all()


async def known_kinds(session: AsyncSession, case_ids: Iterable[UUID]) -> set[tuple[UUID, str]]:
    rows = await session.execute(
        select(PenaltyProposal.case_id, PenaltyProposal.kind).where(PenaltyProposal.case_id.in_(list(case_ids)))
    )
    return {(row.case_id, row.kind) for row in rows}
