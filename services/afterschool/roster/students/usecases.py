"""Schools admit pupils, move them, let them go, and confirm groups with reserves."""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from services.afterschool.roster.classes import queries as classes
from services.afterschool.roster.people import usecases as people
from services.afterschool.roster.people.domain import Identity, PersonKind, sealed_row
from services.afterschool.roster.students import queries
from services.afterschool.roster.students.domain import (
    Group,
    GroupMembership,
    Origin,
    Pupil,
    Student,
    student_number,
)
from services.afterschool.sealing import Sealer
from shared.data.database import new_id
from shared.facts import journal
from shared.http.policies import Principal


async def admit_student(
    session: AsyncSession,
    class_id: UUID,
    identity: Identity,
    *,
    sealer: Sealer,
    on: date,
    caller: Principal,
    at: datetime,
) -> Pupil:
    """Admit a pupil to a class. The database refuses a second one with the same number."""
    school_class, school = await classes.school_class(session, class_id, caller)
    student, membership, admitted = Student.admit(school_class, school=school, on=on, origin=Origin.SCHOOL, at=at)
    number = None if identity.number is None else student_number(identity.number)
    known = Identity(identity.name, number, identity.phone, identity.reference)
    session.add(student)
    await session.flush()
    session.add(membership)
    await people.enter(session, [sealed_row(student.id, PersonKind.STUDENT, known, sealer)])
    await journal.record(session, admitted, subject=student)
    return Pupil(student, membership, school)


async def move_student(
    session: AsyncSession, student_id: UUID, class_id: UUID, *, on: date, caller: Principal, at: datetime
) -> Pupil:
    """Move a pupil to another class within reach."""
    found = await queries.pupil_to_keep(session, student_id, caller)
    to, school = await classes.school_class(session, class_id, caller)
    membership, moved = found.student.move(found.membership, to, school=school, on=on, origin=Origin.SCHOOL, at=at)
    await session.flush()  # ends the old membership before the new one is open
    session.add(membership)
    await journal.record(session, moved, subject=found.student)
    return Pupil(found.student, membership, school)


async def let_student_go(
    session: AsyncSession,
    student_id: UUID,
    *,
    on: date,
    reason: str | None,
    caller: Principal,
    at: datetime,
    origin: Origin = Origin.SCHOOL,
) -> Pupil:
    """End a pupil's membership; `on` is the first day without the pupil."""
    found = await queries.pupil_to_keep(session, student_id, caller)
    left = found.student.leave(found.membership, school=found.school, on=on, origin=origin, at=at)
    await journal.record(session, left, subject=found.student, reason=reason)
    return found


async def set_group(
    session: AsyncSession,
    student_id: UUID,
    group: Group,
    *,
    belongs: bool,
    on: date,
    reason: str | None,
    caller: Principal,
) -> None:
    """Confirm that a pupil belongs to a group from a day on, or no longer does. What is so already stays as it is."""
    await queries.pupil_to_keep(session, student_id, caller)
    present = await queries.open_group(session, student_id, group)
    if belongs and present is None:
        session.add(
            GroupMembership(
                id=new_id(),
                student_id=student_id,
                group=group,
                valid_from=on,
                valid_to=None,
                decided_by=caller.subject,
                reason=reason,
            )
        )
    elif not belongs and present is not None:
        if on <= present.valid_from:
            await session.delete(present)
        else:
            present.valid_to = on
