"""Proposals by id, and what waits for the bureau."""

from collections.abc import Iterable, Sequence
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from services.registry.supervision.proposals.domain import PenaltyProposal, ProposalNotFound
from shared.http.policies import Principal
from shared.http.reach import within_reach


async def proposal(session: AsyncSession, proposal_id: UUID, caller: Principal) -> PenaltyProposal:
    """One proposal within the caller's reach; raises `ProposalNotFound`."""
    return _reachable(await session.get(PenaltyProposal, proposal_id), caller)


async def proposal_for_update(session: AsyncSession, proposal_id: UUID, caller: Principal) -> PenaltyProposal:
    """The proposal, locked until the transaction ends; raises `ProposalNotFound`."""
    return _reachable(
        await session.get(PenaltyProposal, proposal_id, with_for_update=True, populate_existing=True), caller
    )


async def decision_for_update(
    session: AsyncSession, proposal_id: UUID, caller: Principal
) -> tuple[PenaltyProposal, Sequence[PenaltyProposal]]:
    """The proposal, and all those of the same decision, locked in the order of their ids; raises `ProposalNotFound`."""
    case_id = (await proposal(session, proposal_id, caller)).case_id
    wanted = select(PenaltyProposal).where(PenaltyProposal.case_id == case_id).order_by(PenaltyProposal.id)
    wanted = wanted.with_for_update().execution_options(populate_existing=True)
    found = (await session.scalars(wanted)).all()
    return next(one for one in found if one.id == proposal_id), found


def _reachable(found: PenaltyProposal | None, caller: Principal) -> PenaltyProposal:
    if found is None or not caller.covers(district=found.district, street=found.street):
        raise ProposalNotFound
    return found


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
    reach = within_reach(caller, district=PenaltyProposal.district, street=PenaltyProposal.street)
    wanted = select(PenaltyProposal).where(reach).order_by(PenaltyProposal.id).limit(limit)
    if state is not None:
        wanted = wanted.where(PenaltyProposal.state == state)
    if institution is not None:
        wanted = wanted.where(PenaltyProposal.institution_id == institution)
    if after is not None:
        wanted = wanted.where(PenaltyProposal.id > UUID(after))
    return (await session.scalars(wanted)).all()


async def known_kinds(session: AsyncSession, case_ids: Iterable[UUID]) -> set[tuple[UUID, str]]:
    """What was proposed already, by case and kind."""
    rows = await session.execute(
        select(PenaltyProposal.case_id, PenaltyProposal.kind).where(PenaltyProposal.case_id.in_(list(case_ids)))
    )
    return {(row.case_id, row.kind) for row in rows}
