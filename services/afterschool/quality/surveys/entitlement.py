"""Who may answer a survey: the only place that decides it."""

from datetime import date
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from services.afterschool.delivery.attendance import queries as attendance
from services.afterschool.roster.guardianships import queries as guardianships


async def may_send(session: AsyncSession, *, guardian: str, student_id: UUID, on: date) -> bool:
    """Whether this guardian acts for this child: sends its answer, and sees whether it has answered."""
    return await guardianships.may(session, student_id, guardian, on, act=True)


async def may_answer(
    session: AsyncSession, *, guardian: str, student_id: UUID, school_id: UUID, term: str, on: date
) -> bool:
    """Whether this guardian acts for this child, and the child was at a session of this school in this term."""
    acts = await may_send(session, guardian=guardian, student_id=student_id, on=on)
    return acts and await attendance.attended(session, student_id, school_id=school_id, term=term)
