"""Decide a case, or end it without a penalty."""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from services.inspection.penalties.cases import queries
from services.inspection.penalties.cases.domain import Case
from services.inspection.penalties.cases.papers import Decision, SpotDecision
from services.inspection.penalties.cases.usecases import take_step
from services.inspection.penalties.decision import domain
from services.inspection.penalties.law.queries import ground_of
from services.inspection.rulebook.norms import queries as norms
from services.inspection.rulebook.norms.domain import NormName
from shared.domain.clock import china_date
from shared.facts import journal
from shared.http.policies import Principal


async def extend_case(
    session: AsyncSession, case_id: UUID, *, until: date, reason: str, caller: Principal, at: datetime
) -> Case:
    most = await norms.norm(session, NormName.CASE_EXTENSION, on=china_date(at))
    return await take_step(
        session,
        case_id,
        lambda case: domain.extend(case, until, reason, most=most, by=caller.subject, at=at),
        caller=caller,
        reason=reason,
    )


async def decide_case(
    session: AsyncSession, case_id: UUID, decision: Decision, *, caller: Principal, at: datetime
) -> Case:
    """Decide the penalty. Cases of one party are decided one after the other: a lock on the party makes them queue."""
    case = await queries.case_for_update(session, case_id, caller)
    ground = await ground_of(session, case, on=china_date(at), deciding=True)
    decided = domain.decide(case, decision, ground, by=caller.subject, at=at)
    await journal.record(session, decided, subject=case, reason=decision.grounds)
    return case


async def decide_on_the_spot(
    session: AsyncSession, case_id: UUID, decision: SpotDecision, *, caller: Principal, at: datetime
) -> Case:
    case = await queries.case_for_update(session, case_id, caller)
    ground = await ground_of(session, case, on=china_date(at), deciding=True)
    decided = domain.decide_on_the_spot(case, decision, ground, by=caller.subject, at=at)
    await journal.record(session, decided, subject=case, reason=decision.grounds)
    return case


async def spare_case(session: AsyncSession, case_id: UUID, grounds: str, *, caller: Principal, at: datetime) -> Case:
    case = await queries.case_for_update(session, case_id, caller)
    ground = await ground_of(session, case, on=china_date(at), deciding=True)
    spared = domain.grant_leniency(case, grounds, ground, by=caller.subject, at=at)
    await journal.record(session, spared, subject=case, reason=grounds)
    return case


async def dismiss_case(session: AsyncSession, case_id: UUID, grounds: str, *, caller: Principal, at: datetime) -> Case:
    return await take_step(
        session,
        case_id,
        lambda case: domain.dismiss(case, grounds, by=caller.subject, at=at),
        caller=caller,
        reason=grounds,
    )


async def withdraw_case(session: AsyncSession, case_id: UUID, grounds: str, *, caller: Principal, at: datetime) -> Case:
    return await take_step(
        session,
        case_id,
        lambda case: domain.withdraw(case, grounds, by=caller.subject, at=at),
        caller=caller,
        reason=grounds,
    )
