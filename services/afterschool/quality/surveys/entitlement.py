"""Who may answer a survey: the only place that decides it."""

from datetime import date
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from services.afterschool.placement.enrolments.domain import Enrolment, State
from services.afterschool.programme.offerings.domain import Offering
from services.afterschool.roster.guardianships import queries as guardianships


async def may_answer(
    session: AsyncSession, *, guardian: str, student_id: UUID, school_id: UUID, term: str, on: date
) -> bool:
    """Whether this guardian acts for this child, and the child had a seat at this school in this term."""
    if not await guardianships.may(session, student_id, guardian, on, act=True):
        return False
    seated = (
        select(Enrolment.id)
        .join(Offering, Offering.id == Enrolment.offering_id)
        .where(
            Enrolment.student_id == student_id,
            Enrolment.school_id == school_id,
            Enrolment.state == State.ENROLLED,
            Offering.term == term,
        )
    )
    return await session.scalar(seated.limit(1)) is not None
