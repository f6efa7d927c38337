"""Find a shortfall, close one."""

from datetime import datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from services.afterschool.quality.shortfalls import queries
from services.afterschool.quality.shortfalls.domain import FoundBy, Shortfall
from services.afterschool.roster.schools.domain import School
from services.afterschool.rulebook.norms import queries as norms
from services.afterschool.rulebook.norms.domain import NormName
from shared.domain.clock import china_date
from shared.facts import journal
from shared.http.policies import Principal


async def find_shortfall(
    session: AsyncSession,
    declaration_id: UUID,
    *,
    school: School,
    term: str,
    management: str,
    questions: list[str],
    found_by: FoundBy,
    at: datetime,
) -> Shortfall:
    """Record a shortfall. Its deadline comes from the norm in force today in the school's district."""
    days = await norms.value_of(session, NormName.MANAGEMENT_SHORTFALL, on=china_date(at), district=school.district)
    shortfall, found = Shortfall.find(
        declaration_id,
        school=school,
        term=term,
        management=management,
        questions=questions,
        found_by=found_by,
        days=days,
        at=at,
    )
    session.add(shortfall)
    await journal.record(session, found, subject=shortfall)
    return shortfall


async def close_shortfall(
    session: AsyncSession, shortfall_id: UUID, note: str, *, caller: Principal, at: datetime
) -> Shortfall:
    shortfall, school = await queries.shortfall_for_update(session, shortfall_id, caller)
    closed = shortfall.close(note, school=school, by=caller.subject, at=at)
    await journal.record(session, closed, subject=shortfall, reason=note)
    return shortfall
