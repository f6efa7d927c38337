"""Schools register teachers, and record that they leave."""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from services.afterschool.roster.people import usecases as people
from services.afterschool.roster.people.domain import Identity, PersonKind, sealed_row
from services.afterschool.roster.schools import queries as schools
from services.afterschool.roster.teachers import queries
from services.afterschool.roster.teachers.domain import Teacher
from services.afterschool.sealing import Sealer
from shared.facts import journal
from shared.http.policies import Principal


async def register_teacher(
    session: AsyncSession,
    school_id: UUID,
    identity: Identity,
    *,
    sealer: Sealer,
    on: date,
    caller: Principal,
    at: datetime,
) -> Teacher:
    """Register a teacher. The database refuses a second one with the same number."""
    school = await schools.school_to_keep(session, school_id, caller)
    teacher, registered = Teacher.register(school, on=on, at=at)
    session.add(teacher)
    await people.enter(session, [sealed_row(teacher.id, PersonKind.TEACHER, identity, sealer)])
    await journal.record(session, registered, subject=teacher)
    return teacher


async def let_teacher_go(
    session: AsyncSession, teacher_id: UUID, *, on: date, caller: Principal, at: datetime
) -> Teacher:
    """Record that a teacher leaves; `on` is the first day without them."""
    teacher, school = await queries.teacher(session, teacher_id, caller, for_update=True)
    await journal.record(session, teacher.leave(school=school, on=on, at=at), subject=teacher)
    return teacher
