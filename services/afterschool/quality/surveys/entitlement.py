"""Who may answer a survey: the only place that decides it."""

from uuid import UUID

from sqlalchemy import exists, select
from sqlalchemy.ext.asyncio import AsyncSession

from services.afterschool.placement.enrolments.domain import Enrolment, State, Student
from services.afterschool.programme.offerings.domain import Offering


async def may_answer(session: AsyncSession, *, guardian: str, student_id: UUID, school_id: UUID, term: str) -> bool:
    """Whether this guardian acts for this child, and the child had a place at this school in this term."""
    has_place = exists().where(
        Enrolment.student_id == Student.id,
        Enrolment.school_id == school_id,
        Enrolment.state == State.ENROLLED,
        Enrolment.offering_id == Offering.id,
        Offering.term == term,
    )
    wanted = select(Student.id).where(Student.id == student_id, Student.guardian == guardian, has_place)
    return await session.scalar(wanted) is not None
