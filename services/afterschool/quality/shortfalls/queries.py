"""Shortfalls by id, and those a caller may see."""

from datetime import date
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from services.afterschool.quality.shortfalls.domain import Shortfall, ShortfallNotFound
from services.afterschool.roster.schools.domain import School
from services.afterschool.roster.schools.reach import reaches, within_reach
from shared.http.policies import Principal
from shared.http.reads import Statement, given, instant, page_statement

_ITEM = f"""
SELECT management_shortfall.id, management_shortfall.version, declaration_id, school_id, term, management, questions,
       found_by, state, {instant("found_at")}, due_on, {instant("closed_at")}, closing_note
FROM management_shortfall JOIN school ON school.id = management_shortfall.school_id
WHERE {{where}}
"""  # noqa: S608 -- column names of ours


def shortfalls_page(
    caller: Principal,
    *,
    school: UUID | None,
    term: str | None,
    management: str | None,
    state: str | None,
    due_before: date | None,
    after: str | None,
    limit: int,
) -> Statement | None:
    reach = within_reach(caller)
    if reach is None:
        return None
    wanted = given(
        ("school_id = {}::uuid", school),
        ("term = {}", term),
        ("management = {}", management),
        ("state = {}", state),
        ("due_on < {}::date", due_before),
        ("management_shortfall.id > {}::uuid", after),
    )
    return page_statement(_ITEM, [*reach, *wanted], sort="id", limit=limit)


async def shortfall(session: AsyncSession, shortfall_id: UUID, caller: Principal) -> Shortfall:
    found, _ = await _with_school(session, shortfall_id, caller)
    return found


async def shortfall_for_update(
    session: AsyncSession, shortfall_id: UUID, caller: Principal
) -> tuple[Shortfall, School]:
    """The shortfall, locked, and its school."""
    _, school = await _with_school(session, shortfall_id, caller)
    locked = await session.get_one(Shortfall, shortfall_id, with_for_update=True, populate_existing=True)
    return locked, school


async def _with_school(session: AsyncSession, shortfall_id: UUID, caller: Principal) -> tuple[Shortfall, School]:
    wanted = select(Shortfall, School).join(School, School.id == Shortfall.school_id)
    row = (await session.execute(wanted.where(Shortfall.id == shortfall_id))).one_or_none()
    if row is None or not reaches(caller, row[1]):
        raise ShortfallNotFound
    return row[0], row[1]
