"""Carry a decision out."""

from datetime import datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from services.inspection.penalties.cases import queries
from services.inspection.penalties.cases.domain import Case
from services.inspection.penalties.cases.refusals import CaseNotFound
from services.inspection.penalties.cases.usecases import take_step
from services.inspection.penalties.execution import domain
from services.inspection.penalties.law.queries import calendar_of
from shared.events.registry.proposals import ProposalAccepted, ProposalDismissed
from shared.facts import journal
from shared.http.policies import Principal


async def serve_decision(session: AsyncSession, case_id: UUID, method: str, *, caller: Principal, at: datetime) -> Case:
    case = await queries.case_for_update(session, case_id, caller)
    calendar = await calendar_of(session, case)
    await journal.record(session, domain.serve(case, method, calendar, at=at), subject=case)
    return case


async def take_payment(
    session: AsyncSession, case_id: UUID, amount_fen: int, *, caller: Principal, at: datetime
) -> Case:
    return await take_step(session, case_id, lambda case: domain.pay(case, amount_fen, at=at), caller=caller)


async def enforce_decision(
    session: AsyncSession, case_id: UUID, means: str, *, caller: Principal, at: datetime
) -> Case:
    return await take_step(
        session, case_id, lambda case: domain.enforce(case, means, at=at), caller=caller, reason=means
    )


async def hear_registry(session: AsyncSession, answer: ProposalAccepted | ProposalDismissed) -> None:
    case = await session.get(Case, answer.case_id, with_for_update=True, populate_existing=True)
    if case is None:
        raise CaseNotFound
    accepted = isinstance(answer, ProposalAccepted)
    heard = domain.hear_answer(case, answer.kind, accepted=accepted, proposal_id=answer.proposal_id, at=answer.at)
    if heard is not None:
        await journal.record(session, heard, subject=case)


async def close_case(session: AsyncSession, case_id: UUID, *, caller: Principal, at: datetime) -> Case:
    return await take_step(session, case_id, lambda case: domain.close(case, at=at), caller=caller)
