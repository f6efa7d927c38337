"""Accept a proposal."""

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from services.registry.ledger.institutions import queries as institutions
from services.registry.licensing.permits import queries as permits
from services.registry.licensing.permits.domain import STANDING, Permit
from services.registry.licensing.permits.usecases import Revocation, revoke_permit, suspend_permit
from services.registry.supervision.notices.domain import NoticeContent
from services.registry.supervision.notices.usecases import publish_notice
from services.registry.supervision.proposals import queries as proposals
from services.registry.supervision.proposals.domain import (
    Action,
    NoPermitLeft,
    NoticePublishedAlready,
    PenaltyProposal,
    ProposalKind,
    Telling,
)
from shared.domain.clock import china_date
from shared.events.registry.permits import PermitStatus
from shared.facts import journal
from shared.http.policies import Principal

CONFIRM_WITHIN = timedelta(days=15)


async def accept_proposal(
    session: AsyncSession, proposal_id: UUID, telling: Telling, *, caller: Principal, at: datetime
) -> PenaltyProposal:
    """Do what the proposal asks, in one transaction: revoke or suspend the permits, publish the notice.

    A decision has one notice, so proposals of one case share it, whichever is accepted first. Locks the proposals of
    the decision by id, the entry (before a revocation), the notices of the year for the next number, then the permits.
    """
    proposal, together = await proposals.decision_for_update(session, proposal_id, caller)
    proposal.check(Action.ACCEPT)
    known = next((one.notice_id for one in together if one.notice_id is not None), None)
    if known is not None and not telling.silent:
        raise NoticePublishedAlready(notice_id=known)
    institution = await institutions.institution(session, proposal.institution_id, caller)
    # What was merged lives on in its survivor.
    institution_id = institution.merged_into or institution.id
    today = china_date(at)

    async def notice_about(title: str) -> UUID:
        if known is not None:
            return known
        content = _notice(telling, title, proposal, today)
        return (await publish_notice(session, content, subjects=[institution_id], caller=caller, at=at)).id

    acted_on: list[Permit] = []
    notice_id = None
    match ProposalKind(proposal.kind):
        case ProposalKind.NOTICE:
            notice_id = await notice_about(f"关于对{institution.name}行政处罚的通报")
        case ProposalKind.REVOCATION:
            await institutions.institution_for_update(session, institution_id, caller)
            acted_on = list(await _permits(session, institution_id, today))
            numbers = "、".join(permit.number for permit in acted_on)
            notice_id = await notice_about(f"关于吊销办学许可证（{numbers}）的通报")
            revocation = Revocation(proposal.cause, proposal.legal_basis)
            for permit in acted_on:
                await revoke_permit(session, permit.id, revocation, notice_id, caller=caller, at=at)
        case ProposalKind.SUSPENSION:
            assert proposal.until is not None
            acted_on = list(await _permits(session, institution_id, today, only=PermitStatus.IN_FORCE))
            for permit in acted_on:
                await suspend_permit(
                    session,
                    permit.id,
                    proposal.until,
                    cause=proposal.cause,
                    legal_basis=proposal.legal_basis,
                    caller=caller,
                    at=at,
                )
    permit_ids = [permit.id for permit in acted_on]
    accepted = proposal.accept(permit_ids=permit_ids, notice_id=notice_id, by=caller.subject, at=at)
    await journal.record(session, accepted, subject=proposal, reason=proposal.cause)
    return proposal


async def _permits(
    session: AsyncSession, institution_id: UUID, on: date, *, only: PermitStatus | None = None
) -> Sequence[Permit]:
    found = await permits.permits_of(session, [institution_id])
    wanted = [
        permit
        for permit in found
        if permit.status_on(on) in STANDING and (only is None or permit.status_on(on) is only)
    ]
    if not wanted:
        raise NoPermitLeft
    return wanted


def _notice(telling: Telling, title: str, proposal: PenaltyProposal, on: date) -> NoticeContent:
    breached = "" if proposal.breached is None else f"上述行为违反{proposal.breached}。"
    return NoticeContent(
        title=telling.title or title[:200],
        body=telling.body
        or f"经查，{proposal.cause}。{breached}依据{proposal.legal_basis}，已依法作出行政处罚决定，现予通报。",
        legal_basis=proposal.legal_basis[:500],
        confirm_by=telling.confirm_by or on + CONFIRM_WITHIN,
    )
