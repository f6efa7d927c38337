"""Reading enrolments."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from services.afterschool.placement.enrolments.domain import (
    QUEUED,
    Enrolment,
    EnrolmentNotFound,
    State,
)
from services.afterschool.programme.offerings.domain import Offering
from services.afterschool.roster.guardianships import queries as guardianships
from services.afterschool.roster.schools.domain import School
from services.afterschool.roster.schools.reach import reaches
from services.afterschool.roster.students.queries import own_or_within_reach
from services.afterschool.roster.terms.domain import Term
from shared.http.policies import Principal
from shared.http.reads import Statement, given, instant, page_statement

COLUMNS = f"""
       enrolment.id, enrolment.version, offering_id, student_id, enrolment.school_id, state, reserve, pool, ticket,
       accepts_promotion, {instant("asked_at")}, {instant("decided_at")}, {instant("expires_at")}, passed_for, ending,
       {instant("ended_at")}"""

_ITEM = f"""
SELECT {COLUMNS},
       CASE WHEN state = 'waiting' THEN (
           SELECT count(*) FROM enrolment ahead
           WHERE ahead.offering_id = enrolment.offering_id AND ahead.state = 'waiting'
             AND ahead.ticket <= enrolment.ticket
       ) END AS position
FROM enrolment
JOIN school ON school.id = enrolment.school_id
JOIN student ON student.id = enrolment.student_id
WHERE {{where}}
"""  # noqa: S608 -- column names of ours


@dataclass(frozen=True, slots=True)
class Placed:
    """An enrolment with the school, which reach and events need."""

    enrolment: Enrolment
    school: School


def enrolments_page(
    caller: Principal,
    *,
    offering: UUID | None,
    student: UUID | None,
    state: str | None,
    on: date,
    after: str | None,
    limit: int,
) -> Statement | None:
    reach = own_or_within_reach(caller, on)
    if reach is None:
        return None
    wanted = given(
        ("offering_id = {}::uuid", offering),
        ("student_id = {}::uuid", student),
        ("state = {}", state),
        ("enrolment.id > {}::uuid", after),
    )
    return page_statement(_ITEM, [*reach, *wanted], sort="id", limit=limit)


async def placed(
    session: AsyncSession, enrolment_id: UUID, caller: Principal, *, on: date, act: bool = False
) -> Placed:
    """An enrolment of a child for whom the caller may act, or whom the caller may see. Raises `EnrolmentNotFound`."""
    found = await with_school(session, enrolment_id)
    own = "guardian" in caller.roles and await guardianships.may(
        session, found.enrolment.student_id, caller.subject, on, act=act
    )
    if not own and not reaches(caller, found.school):
        raise EnrolmentNotFound
    return found


async def with_school(session: AsyncSession, enrolment_id: UUID) -> Placed:
    """Any enrolment. Raises `EnrolmentNotFound`."""
    wanted = (
        select(Enrolment, School).join(School, School.id == Enrolment.school_id).where(Enrolment.id == enrolment_id)
    )
    row = (await session.execute(wanted)).one_or_none()
    if row is None:
        raise EnrolmentNotFound
    return Placed(row[0], row[1])


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


async def active_of(session: AsyncSession, student_ids: Collection[UUID]) -> Sequence[Enrolment]:
    """The children's enrolments that have not ended."""
    wanted = select(Enrolment).where(Enrolment.student_id.in_(student_ids), Enrolment.state != State.ENDED)
    return (await session.scalars(wanted.order_by(Enrolment.id))).all()


async def queue_of(session: AsyncSession, offering_id: UUID) -> Sequence[Enrolment]:
    """Everybody who waits for an offering or was passed over, in order, re-read. The caller holds the offering."""
    wanted = (
        select(Enrolment)
        .where(Enrolment.offering_id == offering_id, Enrolment.state.in_(QUEUED))
        .order_by(Enrolment.ticket)
        .execution_options(populate_existing=True)
    )
    return (await session.scalars(wanted)).all()


async def seats_on(
    session: AsyncSession, student_ids: Collection[UUID], *, on: date
) -> Sequence[tuple[UUID, Offering]]:
    """Students, and the offerings of the term of a day in which they have seats."""
    wanted = (
        select(Enrolment.student_id, Offering)
        .join(Offering, Offering.id == Enrolment.offering_id)
        .join(Term, Term.id == Offering.term_id)
        .where(Enrolment.student_id.in_(student_ids), Enrolment.state == State.ENROLLED)
        .where(Term.starts_on <= on, Term.ends_on >= on)
        .order_by(Enrolment.id)
    )
    return [(student_id, offering) for student_id, offering in await session.execute(wanted)]
