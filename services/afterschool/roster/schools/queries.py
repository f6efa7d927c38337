"""Reading schools."""

from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from services.afterschool.roster.schools.domain import School, SchoolNotFound
from services.afterschool.roster.schools.reach import may_look, reaches, within_reach
from shared.http.policies import Principal
from shared.http.reads import Statement, given, instant, page_statement

_ITEM = (
    f"SELECT id, version, code, name, stage, district, street, {instant('registered_at')} "  # noqa: S608 -- ours
    "FROM school WHERE {where}"
)


def schools_page(
    caller: Principal, *, district: str | None, stage: str | None, after: str | None, limit: int
) -> Statement | None:
    reach = [] if "guardian" in caller.roles else within_reach(caller)
    if reach is None:
        return None
    wanted = given(("district = {}", district), ("stage = {}", stage), ("id > {}::uuid", after))
    return page_statement(_ITEM, [*reach, *wanted], sort="id", limit=limit)


async def school(session: AsyncSession, school_id: UUID, caller: Principal) -> School:
    found = await session.get(School, school_id)
    if found is None or not may_look(caller, found):
        raise SchoolNotFound
    return found


async def school_to_keep(session: AsyncSession, school_id: UUID, caller: Principal) -> School:
    """A school whose data the caller may change. Raises `SchoolNotFound`."""
    found = await session.get(School, school_id)
    if found is None or not reaches(caller, found):
        raise SchoolNotFound(pointer="/school_id")
    return found
