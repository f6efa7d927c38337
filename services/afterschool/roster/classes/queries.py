"""Reading classes."""

from collections.abc import Collection, Mapping
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from services.afterschool.roster.classes.domain import ClassNotFound, SchoolClass
from services.afterschool.roster.schools.domain import School
from services.afterschool.roster.schools.reach import reaches, within_reach
from shared.http.policies import Principal
from shared.http.reads import Statement, given, page_statement

_ITEM = """
SELECT school_class.id, school_class.version, school_id, school_year, school_class.code, school_class.name, grade
FROM school_class JOIN school ON school.id = school_id
WHERE {where}
"""


def classes_page(
    caller: Principal, *, school: UUID | None, school_year: int | None, grade: int | None, after: str | None, limit: int
) -> Statement | None:
    reach = within_reach(caller)
    if reach is None:
        return None
    wanted = given(
        ("school_id = {}::uuid", school),
        ("school_year = {}", school_year),
        ("grade = {}", grade),
        ("school_class.id > {}::uuid", after),
    )
    return page_statement(_ITEM, [*reach, *wanted], sort="id", limit=limit)


async def school_class(session: AsyncSession, class_id: UUID, caller: Principal) -> tuple[SchoolClass, School]:
    """A class within reach, and its school. Raises `ClassNotFound`."""
    wanted = select(SchoolClass, School).join(School, School.id == SchoolClass.school_id)
    row = (await session.execute(wanted.where(SchoolClass.id == class_id))).one_or_none()
    if row is None or not reaches(caller, row[1]):
        raise ClassNotFound
    return row[0], row[1]


async def names(session: AsyncSession, class_ids: Collection[UUID]) -> Mapping[UUID, str]:
    wanted = select(SchoolClass.id, SchoolClass.name).where(SchoolClass.id.in_(class_ids))
    return {row.id: row.name for row in await session.execute(wanted)}
