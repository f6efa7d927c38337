"""Reading enrolments."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from services.afterschool.placement.enrolments.domain import (
    Enrolment,
    EnrolmentNotFound,
    EnrolmentNotOpen,
    State,
    Student,
    StudentNotFound,
)
from services.afterschool.programme.offerings.domain import Offering, OfferingNotFound, Window
from services.afterschool.roster.schools.domain import School
from services.afterschool.roster.schools.reach import reaches, within_reach
from shared.http.policies import Principal
from shared.http.reads import Condition, Statement, given, instant, page_statement

_ITEM = f"""
SELECT enrolment.id, enrolment.version, offering_id, student_id, school_id, state, ticket,
       CASE WHEN state = 'waiting' THEN (
           SELECT count(*) FROM enrolment ahead
           WHERE ahead.offering_id = enrolment.offering_id AND ahead.state = 'waiting'
             AND ahead.ticket <= enrolment.ticket
       ) END AS position,
       {instant("asked_at")}, {instant("decided_at")}, {instant("withdrawn_at")}
FROM enrolment JOIN school ON school.id = enrolment.school_id
WHERE {{where}}
"""  # noqa: S608 -- column names of ours


@dataclass(frozen=True, slots=True)
class Placed:
    """An enrolment with what reach and events need beside it."""

    enrolment: Enrolment
    school: School
    guardian: str

    def within(self, caller: Principal) -> bool:
        own = "guardian" in caller.roles and caller.subject == self.guardian
        return own or reaches(caller, self.school)


def enrolments_page(
    caller: Principal, *, offering: UUID | None, student: UUID | None, state: str | None, after: str | None, limit: int
) -> Statement | None:
    reach = own_or_within_reach(caller)
    if reach is None:
        return None
    wanted = given(
        ("offering_id = {}::uuid", offering),
        ("student_id = {}::uuid", student),
        ("state = {}", state),
        ("enrolment.id > {}::uuid", after),
    )
    return page_statement(_ITEM, [*reach, *wanted], sort="id", limit=limit)


def own_or_within_reach(caller: Principal) -> list[Condition] | None:
    """Conditions on enrolments: a guardian's own children, or the schools within reach. None if nothing is within
    reach."""
    if "guardian" in caller.roles and not caller.covers():
        return [("student_id IN (SELECT student.id FROM student WHERE guardian = {})", caller.subject)]
    return within_reach(caller)


async def placed(session: AsyncSession, enrolment_id: UUID, caller: Principal) -> Placed:
    wanted = (
        select(Enrolment, School, Student.guardian)
        .join(School, School.id == Enrolment.school_id)
        .join(Student, Student.id == Enrolment.student_id)
        .where(Enrolment.id == enrolment_id)
    )
    row = (await session.execute(wanted)).one_or_none()
    found = Placed(row[0], row[1], row[2]) if row is not None else None
    if found is None or not found.within(caller):
        raise EnrolmentNotFound
    return found


async def position(session: AsyncSession, enrolment: Enrolment) -> int | None:
    """The position in the queue, counted from 1; None if the child does not wait."""
    if enrolment.state != State.WAITING:
        return None
    return await session.scalar(
        select(func.count())
        .select_from(Enrolment)
        .where(
            Enrolment.offering_id == enrolment.offering_id,
            Enrolment.state == State.WAITING,
            Enrolment.ticket <= enrolment.ticket,
        )
    )


async def refuse_undecided(
    session: AsyncSession, *, offering_id: UUID, student_id: UUID, guardian: str, school_id: UUID | None, at: datetime
) -> None:
    """Raise the reason why nothing was decided; returns if a decision is possible now."""
    offering = await session.get(Offering, offering_id)
    if offering is None or school_id not in (None, offering.school_id):
        raise OfferingNotFound(pointer="/offering_id")
    student = await session.get(Student, student_id)
    if student is not None and student.guardian != guardian:
        raise StudentNotFound(pointer="/student_id")
    window = offering.window(at)
    if window is not Window.OPEN:
        raise EnrolmentNotOpen(window=window, opens_at=offering.opens_at, closes_at=offering.closes_at)
