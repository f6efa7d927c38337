"""Reading teachers."""

from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from services.afterschool.roster.schools.domain import School
from services.afterschool.roster.schools.reach import reaches, within_reach
from services.afterschool.roster.teachers.domain import Teacher, TeacherNotFound
from shared.http.policies import Principal
from shared.http.reads import Statement, given, page_statement

_ITEM = """
SELECT teacher.id, teacher.version, school_id,
       to_char(valid_from, 'YYYY-MM-DD') AS valid_from, to_char(valid_to, 'YYYY-MM-DD') AS valid_to
FROM teacher JOIN school ON school.id = school_id
WHERE {where}
"""


def teachers_page(caller: Principal, *, school: UUID | None, after: str | None, limit: int) -> Statement | None:
    reach = within_reach(caller)
    if reach is None:
        return None
    wanted = given(("school_id = {}::uuid", school), ("teacher.id > {}::uuid", after))
    return page_statement(_ITEM, [*reach, *wanted], sort="id", limit=limit)


async def teacher(
    session: AsyncSession, teacher_id: UUID, caller: Principal, *, for_update: bool = False
) -> tuple[Teacher, School]:
    """A teacher within reach, and the school. Raises `TeacherNotFound`."""
    wanted = select(Teacher, School).join(School, School.id == Teacher.school_id).where(Teacher.id == teacher_id)
    if for_update:
        wanted = wanted.with_for_update(of=Teacher).execution_options(populate_existing=True)
    row = (await session.execute(wanted)).one_or_none()
    if row is None or not reaches(caller, row[1]):
        raise TeacherNotFound
    return row[0], row[1]
