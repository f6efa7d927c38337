"""Receive what a decision asks for; dismiss it."""

from datetime import datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from services.registry.supervision.proposals import queries
from services.registry.supervision.proposals.domain import PenaltyProposal
from shared.domain.clock import utc_now
from shared.events.inspection.cases import CaseDecided
from shared.facts import journal
from shared.http.policies import Principal


async def receive_proposals(session: AsyncSession, decided: CaseDecided) -> None:
    """Record what a decision asks for. A repeated event changes nothing."""
    if decided.institution_id is None or not decided.proposals:
        return
    known = await queries.known_kinds(session, [decided.case_id])
    for asked in decided.proposals:
        if (decided.case_id, asked.kind) in known:
            continue
        known.add((decided.case_id, asked.kind))
        proposal, received = PenaltyProposal.receive(
            decided, asked, institution_id=decided.institution_id, at=utc_now()
        )
        session.add(proposal)
        await journal.record(session, received, subject=proposal)


async def dismiss_proposal(
    session: AsyncSession, proposal_id: UUID, grounds: str, *, caller: Principal, at: datetime
) -> PenaltyProposal:
    proposal = await queries.proposal_for_update(session, proposal_id, caller)
    dismissed = proposal.dismiss(grounds, by=caller.subject, at=at)
    await journal.record(session, dismissed, subject=proposal, reason=grounds)
    return proposal
