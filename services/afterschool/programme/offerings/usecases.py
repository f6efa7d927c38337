"""Schools publish offerings."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from services.afterschool.programme.offerings import queries
from services.afterschool.programme.offerings.domain import (
    Offering,
    OfferingDetails,
    OfferingPeriod,
    PeriodInconsistent,
)
from services.afterschool.roster.schools.domain import School
from services.afterschool.roster.teachers.domain import Teacher, TeacherNotFound
from services.afterschool.roster.terms import queries as terms
from shared.facts import journal


async def publish_offering(
    session: AsyncSession, school: School, details: OfferingDetails, *, at: datetime
) -> Offering:
    """Publish a course with its seats and periods. Raises `PeriodInconsistent`."""
    term = await terms.term_named(session, details.term, district=school.district)
    if details.teacher_id is not None:
        await _check_teacher(session, details.teacher_id, school.id)
    offering, pools, periods, published = Offering.publish(details, school=school, term=term, at=at)
    if periods:
        await _check_timetable(session, school.id, term.id, periods)
    session.add(offering)
    await session.flush()
    session.add_all([*pools, *periods])
    await journal.record(session, published, subject=offering)
    return offering


async def _check_teacher(session: AsyncSession, teacher_id: UUID, school_id: UUID) -> None:
    teacher = await session.get(Teacher, teacher_id)
    if teacher is None or teacher.school_id != school_id:
        raise TeacherNotFound(pointer="/teacher_id")


async def _check_timetable(
    session: AsyncSession, school_id: UUID, term_id: UUID, periods: Sequence[OfferingPeriod]
) -> None:
    """One school publishes one offering at a time: the numbers of its periods mean the same time for all."""
    await session.execute(select(func.pg_advisory_xact_lock(func.hashtextextended(f"timetable {school_id}", 0))))
    for known in await queries.periods_of_school(session, school_id, term_id):
        for new in periods:
            if new.weekday != known.weekday:
                continue
            overlap = new.starts_at < known.ends_at and known.starts_at < new.ends_at
            if overlap != (new.number == known.number):
                raise PeriodInconsistent(pointer="/periods", weekday=known.weekday, number=known.number)
