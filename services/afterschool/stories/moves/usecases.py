"""Memberships change, and enrolments with them.

A seat stays with the child in the same school as long as its grade is admitted; in another school it ends.
"""

from collections.abc import Collection, Sequence
from datetime import date, datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from services.afterschool.placement.enrolments import queries as enrolments
from services.afterschool.placement.enrolments.domain import Ending, Enrolment
from services.afterschool.placement.waitlists import usecases as waitlists
from services.afterschool.programme.offerings import queries as offerings
from services.afterschool.roster.students import usecases as students
from services.afterschool.roster.students.domain import Origin, Pupil
from shared.http.policies import Principal


async def move_student(
    session: AsyncSession, student_id: UUID, class_id: UUID, *, on: date, caller: Principal, at: datetime
) -> Pupil:
    """Move a pupil to another class or school. Seats at a school that the pupil leaves end."""
    held = await hold(session, [student_id])
    moved = await students.move_student(session, student_id, class_id, on=on, caller=caller, at=at)
    await _end_ruled_out(session, held, moved, at=at)
    return moved


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
    """Record that a pupil leaves. All enrolments end."""
    held = await hold(session, [student_id])
    left = await students.let_student_go(session, student_id, on=on, reason=reason, caller=caller, at=at, origin=origin)
    await waitlists.end_enrolments(session, held, Ending.MOVED, reason=reason, at=at)
    return left


async def hold(session: AsyncSession, student_ids: Collection[UUID]) -> Sequence[Enrolment]:
    """The pupils' enrolments, with their offerings locked before any pupil is."""
    active = await enrolments.active_of(session, student_ids)
    await offerings.locked_in_order(session, {one.offering_id for one in active})
    return active


async def _end_ruled_out(session: AsyncSession, held: Sequence[Enrolment], moved: Pupil, *, at: datetime) -> None:
    known = await offerings.locked_in_order(session, {one.offering_id for one in held})
    ruled_out = [
        one
        for one in held
        if (offering := known[one.offering_id]).school_id != moved.membership.school_id
        or moved.membership.grade not in offering.grades
    ]
    await waitlists.end_enrolments(session, ruled_out, Ending.MOVED, at=at)
