"""Reading offerings."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from services.afterschool.programme.offerings.domain import Offering, OfferingNotFound
from services.afterschool.roster.schools.domain import School
from services.afterschool.roster.schools.reach import may_look, reaches, within_reach
from shared.http.policies import Principal
from shared.http.reads import Statement, given, instant, page_statement

_ITEM = f"""
SELECT offering.id, offering.version, offering.school_id, offering.name, category, term, capacity, enrolled, waiting,
       {instant("opens_at")}, {instant("closes_at")}, {instant("published_at")}, {instant("changed_at")},
       CASE WHEN clock.at < opens_at THEN 'scheduled' WHEN clock.at < closes_at THEN 'open' ELSE 'closed' END
           AS "window"
FROM offering JOIN school ON school.id = offering.school_id, LATERAL (SELECT $2::timestamptz AS at) clock
WHERE {{where}}
"""  # noqa: S608 -- column names of ours


def offerings_page(
    caller: Principal,
    *,
    school: UUID | None,
    category: str | None,
    term: str | None,
    at: datetime,
    after: str | None,
    limit: int,
) -> Statement | None:
    reach = [] if "guardian" in caller.roles else within_reach(caller)
    if reach is None:
        return None
    wanted = given(
        ("offering.school_id = {}::uuid", school),
        ("category = {}", category),
        ("term = {}", term),
        ("offering.id > {}::uuid", after),
    )
    # The clock is always the second value: the item's own column needs it.
    return page_statement(_ITEM, [("clock.at = {}", at), *reach, *wanted], sort="id", limit=limit)


async def offering(session: AsyncSession, offering_id: UUID, caller: Principal) -> Offering:
    found, school = await _with_school(session, offering_id)
    if not may_look(caller, school):
        raise OfferingNotFound
    return found


async def offering_for_update(session: AsyncSession, offering_id: UUID, caller: Principal) -> Offering:
    _, school = await _with_school(session, offering_id)
    if not reaches(caller, school):
        raise OfferingNotFound
    return await locked(session, offering_id)


async def locked(session: AsyncSession, offering_id: UUID) -> Offering:
    """The offering, locked and re-read: every decision about its places goes through this row."""
    # Without populate_existing the counters of a row this session has read before stay as they were then.
    return await session.get_one(Offering, offering_id, with_for_update={"key_share": True}, populate_existing=True)


async def _with_school(session: AsyncSession, offering_id: UUID) -> tuple[Offering, School]:
    wanted = select(Offering, School).join(School, School.id == Offering.school_id).where(Offering.id == offering_id)
    found = (await session.execute(wanted)).one_or_none()
    if found is None:
        raise OfferingNotFound
    return found[0], found[1]
