"""Schools waive fees, collect them and pay them back."""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from services.afterschool.finance.fees import queries
from services.afterschool.finance.fees.domain import FeeEntry, FeeWaiver, FeeWaiverDetails
from services.afterschool.finance.fees.queries import Account
from services.afterschool.roster.students import queries as students
from shared.domain.clock import china_date
from shared.facts import journal
from shared.http.policies import Principal


async def grant_waiver(
    session: AsyncSession, student_id: UUID, details: FeeWaiverDetails, *, caller: Principal, at: datetime
) -> FeeWaiver:
    """Waive fees of a pupil of a school within reach."""
    pupil = await students.pupil_to_keep(session, student_id, caller)
    known = await queries.waivers_of(session, student_id)
    waiver, granted = FeeWaiver.grant(student_id, details, known=known, school=pupil.school, by=caller.subject, at=at)
    session.add(waiver)
    await journal.record(session, granted, subject=waiver)
    return waiver


async def end_waiver(
    session: AsyncSession, waiver_id: UUID, on: date, *, reason: str, caller: Principal, at: datetime
) -> FeeWaiver:
    waiver, school = await queries.waiver_for_update(session, waiver_id, caller)
    await journal.record(session, waiver.end(on, school=school, at=at), subject=waiver, reason=reason)
    return waiver


async def collect_fees(
    session: AsyncSession, student_id: UUID, term: str, fen: int, *, caller: Principal, at: datetime
) -> Account:
    """Enter what a school collected. Entries of one child follow one another: the child's row is locked."""
    found = await _account(session, student_id, term, caller, at, for_update=True)
    entry, collected = FeeEntry.collect(
        student_id, fen, bill=found.bill, term=found.term, school=found.school, by=caller.subject, at=at
    )
    session.add(entry)
    await journal.record(session, collected, subject=entry)
    return await _account(session, student_id, term, caller, at)


async def refund_fees(
    session: AsyncSession, student_id: UUID, term: str, fen: int, *, reason: str, caller: Principal, at: datetime
) -> Account:
    """Enter what a school paid back."""
    found = await _account(session, student_id, term, caller, at, for_update=True)
    entry, refunded = FeeEntry.refund(
        student_id, fen, bill=found.bill, term=found.term, school=found.school, by=caller.subject, at=at
    )
    session.add(entry)
    await journal.record(session, refunded, subject=entry, reason=reason)
    return await _account(session, student_id, term, caller, at)


async def _account(
    session: AsyncSession, student_id: UUID, term: str, caller: Principal, at: datetime, *, for_update: bool = False
) -> Account:
    return await queries.account(session, student_id, term, caller=caller, today=china_date(at), for_update=for_update)
