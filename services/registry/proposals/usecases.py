"""Receive what a decision asks for; accept it, which acts on permits and notices at once, or dismiss it."""

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from services.registry.institutions import queries as institutions
from services.registry.notices.domain import NoticeContent
from services.registry.notices.usecases import publish_notice
from services.registry.permits import queries as permits
from services.registry.permits.domain import Permit, PermitStatus
from services.registry.permits.usecases import Revocation, revoke_permit, suspend_permit
from services.registry.proposals import queries
from services.registry.proposals.domain import Action, NoPermitLeft, PenaltyProposal, ProposalKind, Telling
from shared import journal
from shared.clock import china_date, utc_now
from shared.events.inspection import CaseDecided
from shared.policies import Principal

CONFIRM_WITHIN = timedelta(days=15)


async def receive_proposals(session: AsyncSession, decided: CaseDecided) -> None:
    """Take what a decision asks for; told again it changes nothing."""
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


async def accept_proposal(
    session: AsyncSession, proposal_id: UUID, telling: Telling, *, caller: Principal, at: datetime
) -> PenaltyProposal:
    """Do what is asked, in one transaction: revoke or suspend the permits, publish the notice."""
    proposal = await queries.proposal_for_update(session, proposal_id, caller)
    proposal.check(Action.ACCEPT)
    institution = await institutions.institution(session, proposal.institution_id, caller)
    # What was merged lives on in its survivor.
    institution_id = institution.merged_into or institution.id
    acted_on: list[UUID] = []
    notice_id = None
    match ProposalKind(proposal.kind):
        case ProposalKind.NOTICE:
            content = _notice(telling, f"关于对{institution.name}行政处罚的通报", proposal, china_date(at))
            notice = await publish_notice(session, content, subjects=[institution_id], caller=caller, at=at)
            notice_id = notice.id
        case ProposalKind.REVOCATION:
            for permit in await _permits(session, institution_id, china_date(at)):
                title = f"关于吊销办学许可证（{permit.number}）的通报"
                revocation = Revocation(
                    proposal.cause, proposal.legal_basis, _notice(telling, title, proposal, china_date(at))
                )
                notice_id = (await revoke_permit(session, permit.id, revocation, caller=caller, at=at)).notice_id
                acted_on.append(permit.id)
        case ProposalKind.SUSPENSION:
            assert proposal.until is not None
            for permit in await _permits(session, institution_id, china_date(at), only=PermitStatus.IN_FORCE):
                await suspend_permit(
                    session,
                    permit.id,
                    proposal.until,
                    cause=proposal.cause,
                    legal_basis=proposal.legal_basis,
                    caller=caller,
                    at=at,
                )
                acted_on.append(permit.id)
    accepted = proposal.accept(permit_ids=acted_on, notice_id=notice_id, by=caller.subject, at=at)
    await journal.record(session, accepted, subject=proposal, reason=proposal.cause)
    return proposal


async def dismiss_proposal(
    session: AsyncSession, proposal_id: UUID, grounds: str, *, caller: Principal, at: datetime
) -> PenaltyProposal:
    """Say no, and why."""
    proposal = await queries.proposal_for_update(session, proposal_id, caller)
    dismissed = proposal.dismiss(grounds, by=caller.subject, at=at)
    await journal.record(session, dismissed, subject=proposal, reason=grounds)
    return proposal


async def _permits(
    session: AsyncSession, institution_id: UUID, on: date, *, only: PermitStatus | None = None
) -> Sequence[Permit]:
    found = await permits.permits_of(session, [institution_id])
    gone = (PermitStatus.REVOKED, PermitStatus.CANCELLED)
    wanted = [
        permit
        for permit in found
        if permit.status_on(on) not in gone and (only is None or permit.status_on(on) is only)
    ]
    if not wanted:
        raise NoPermitLeft
    return wanted


def _notice(telling: Telling, title: str, proposal: PenaltyProposal, on: date) -> NoticeContent:
    return NoticeContent(
        title=telling.title or title[:200],
        body=telling.body or f"经查，{proposal.cause}。依据{proposal.legal_basis}，已依法作出行政处罚决定，现予通报。",
        legal_basis=proposal.legal_basis[:500],
        confirm_by=telling.confirm_by or on + CONFIRM_WITHIN,
    )
