"""Notify the party, take its statement, hear it."""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from services.inspection.penalties.cases import queries
from services.inspection.penalties.cases.domain import Case
from services.inspection.penalties.cases.papers import Notice, Statement
from services.inspection.penalties.cases.usecases import take_step
from services.inspection.penalties.hearing import domain
from services.inspection.penalties.law.queries import calendar_of, ground_of
from shared.domain.clock import china_date
from shared.facts import journal
from shared.http.policies import Principal


async def notify_party(
    session: AsyncSession, case_id: UUID, notice: Notice, *, caller: Principal, at: datetime
) -> Case:
    case = await queries.case_for_update(session, case_id, caller)
    ground = await ground_of(session, case, on=china_date(at))
    await journal.record(session, domain.notify(case, notice, ground.offence, ground, at=at), subject=case)
    return case


async def take_statement(
    session: AsyncSession, case_id: UUID, statement: Statement, *, caller: Principal, at: datetime
) -> Case:
    return await take_step(
        session, case_id, lambda case: domain.state_defence(case, statement, by=caller.subject, at=at), caller=caller
    )


async def ask_hearing(session: AsyncSession, case_id: UUID, *, caller: Principal, at: datetime) -> Case:
    case = await queries.case_for_update(session, case_id, caller)
    calendar = await calendar_of(session, case)
    await journal.record(session, domain.ask_hearing(case, calendar, at=at), subject=case)
    return case


async def call_hearing(
    session: AsyncSession, case_id: UUID, *, on: date, chair: str, caller: Principal, at: datetime
) -> Case:
    case = await queries.case_for_update(session, case_id, caller)
    calendar = await calendar_of(session, case)
    await journal.record(session, domain.call_hearing(case, on, chair, calendar, at=at), subject=case)
    return case


async def record_hearing(
    session: AsyncSession, case_id: UUID, *, attended: bool, record: str, caller: Principal, at: datetime
) -> Case:
    return await take_step(
        session, case_id, lambda case: domain.hold_hearing(case, attended=attended, record=record, at=at), caller=caller
    )
