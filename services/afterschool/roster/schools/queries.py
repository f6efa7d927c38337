"""Reading schools."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from services.afterschool.roster.schools.domain import School, SchoolNotFound
from services.afterschool.roster.schools.reach import may_look, reaches, school_of, within_reach
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


async def schools_within_reach(session: AsyncSession, caller: Principal, *, district: str | None) -> Sequence[School]:
    """All schools within reach, of one district if that is given, in the order of their ids."""
    wanted = select(School).order_by(School.id)
    if district is not None:
        wanted = wanted.where(School.district == district)
    if not caller.covers():
        if "district_officer" in caller.roles and caller.district is not None:
            wanted = wanted.where(School.district == caller.district)
            if caller.street is not None:
                wanted = wanted.where(School.street == caller.street)
        else:
            wanted = wanted.where(School.id == school_of(caller))
    return (await session.scalars(wanted)).all()
