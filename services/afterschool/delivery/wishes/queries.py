"""Reading wishes."""

from datetime import date
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from services.afterschool.delivery.wishes.domain import Wish
from services.afterschool.roster.students.queries import own_or_within_reach
from shared.http.policies import Principal
from shared.http.reads import Statement, given, instant, page_statement

_ITEM = f"""
SELECT wish.id, wish.version, wish.student_id, wish.term_id, term.name AS term, wanted, {instant("told_at")}
FROM wish
JOIN term ON term.id = term_id
JOIN student ON student.id = wish.student_id
JOIN LATERAL (
    SELECT school_id FROM membership WHERE student_id = student.id ORDER BY valid_from DESC LIMIT 1
) membership ON true
JOIN school ON school.id = membership.school_id
WHERE {{where}}
"""  # noqa: S608 -- column names of ours


def wishes_page(
    caller: Principal,
    *,
    student: UUID | None,
    school: UUID | None,
    term: str | None,
    on: date,
    after: str | None,
    limit: int,
) -> Statement | None:
    reach = own_or_within_reach(caller, on)
    if reach is None:
        return None
    wanted = given(
        ("wish.student_id = {}::uuid", student),
        ("school.id = {}::uuid", school),
        ("term.name = {}", term),
        ("wish.id > {}::uuid", after),
    )
    return page_statement(_ITEM, [*reach, *wanted], sort="id", limit=limit)


async def wish_for_update(session: AsyncSession, student_id: UUID, term_id: UUID) -> Wish | None:
    """The wish, re-read. The caller has locked the student."""
    wanted = select(Wish).where(Wish.student_id == student_id, Wish.term_id == term_id)
    found: Wish | None = await session.scalar(wanted.with_for_update().execution_options(populate_existing=True))
    return found
