"""Queues in their order, what hinders children in them, and offers and reserves whose time has come."""

from collections.abc import Collection, Mapping, Sequence
from datetime import date, datetime
from typing import Final
from uuid import UUID

from sqlalchemy import ARRAY, Date, Uuid, bindparam, select, text
from sqlalchemy.ext.asyncio import AsyncSession

from services.afterschool.placement.enrolments.domain import Enrolment, PassedFor, State
from services.afterschool.programme.offerings.domain import Offering, SeatPool
from services.afterschool.roster.students.domain import Group, Student
from services.afterschool.roster.students.queries import own_or_within_reach
from shared.http.policies import Principal
from shared.http.reads import Statement, given, instant, page_statement

_QUEUE = f"""
SELECT ticket, position, enrolment.id AS enrolment_id, offering_id, student_id, {instant("asked_at")}
FROM (SELECT *, row_number() OVER (PARTITION BY offering_id ORDER BY ticket) AS position
      FROM enrolment WHERE state = 'waiting') enrolment
JOIN school ON school.id = enrolment.school_id
JOIN student ON student.id = enrolment.student_id
WHERE {{where}}
"""  # noqa: S608 -- as above

SPARE: Final = 20
"""Children looked at beyond the number of free seats, because some cannot take one."""


def queue_page(caller: Principal, offering: UUID, *, on: date, after: int | None, limit: int) -> Statement | None:
    """A page of an offering's queue, in order. Guardians see only their own children, with their true positions."""
    reach = own_or_within_reach(caller, on)
    if reach is None:
        return None
    wanted = [("offering_id = {}::uuid", offering), *given(("ticket > {}", after))]
    return page_statement(_QUEUE, [*reach, *wanted], sort="ticket", limit=limit)


async def first_in_line(session: AsyncSession, pools: Sequence[SeatPool]) -> Sequence[Enrolment]:
    """The first waiting children who may get the free seats of these pools, in order. The caller holds the offering."""
    found: dict[UUID, Enrolment] = {}
    for pool in pools:
        if pool.free <= 0 or pool.waiting == 0:
            continue
        wanted = select(Enrolment).where(Enrolment.offering_id == pool.offering_id, Enrolment.state == State.WAITING)
        if pool.group != Group.GENERAL:
            wanted = wanted.where(Enrolment.reserve == pool.group)
        first = wanted.order_by(Enrolment.ticket).limit(pool.free + SPARE)
        rows = await session.scalars(first.execution_options(populate_existing=True))
        found |= {one.id: one for one in rows}
    return sorted(found.values(), key=lambda one: one.ticket)


_HINDRANCES: Final = text(
    """
    SELECT student.id, CASE
        WHEN membership.id IS NULL OR membership.school_id <> offering.school_id THEN 'student-left'
        WHEN NOT membership.grade = ANY (offering.grades) THEN 'grade-not-admitted'
        ELSE 'child-busy' END AS hindrance
    FROM unnest(:students) AS student (id)
    JOIN offering ON offering.id = :offering
    LEFT JOIN membership ON membership.student_id = student.id
        AND membership.valid_from <= :today AND (membership.valid_to IS NULL OR membership.valid_to > :today)
    WHERE membership.id IS NULL OR membership.school_id <> offering.school_id
       OR NOT membership.grade = ANY (offering.grades)
       OR EXISTS (
           SELECT FROM offering_period
           JOIN occupation ON occupation.holder_id = student.id AND occupation.term_id = offering.term_id
               AND occupation.weekday = offering_period.weekday AND occupation.number = offering_period.number
               AND occupation.half = ANY (offering.halves)
           WHERE offering_period.offering_id = offering.id
       )
    """
).bindparams(
    bindparam("students", type_=ARRAY(Uuid)), bindparam("offering", type_=Uuid), bindparam("today", type_=Date)
)


async def hindrances(
    session: AsyncSession, offering: Offering, students: Collection[UUID], *, on: date
) -> Mapping[UUID, PassedFor]:
    """The children among these who cannot take a seat now, with the reason. Locks them in the order of their ids."""
    if not students:
        return {}
    lock = select(Student.id).where(Student.id.in_(students)).order_by(Student.id).with_for_update(key_share=True)
    await session.execute(lock)
    values = {"students": list(students), "offering": offering.id, "today": on}
    return {row.id: PassedFor(row.hindrance) for row in await session.execute(_HINDRANCES, values)}


async def passed_over(session: AsyncSession, students: Collection[UUID]) -> Sequence[Enrolment]:
    """Enrolments of these children that were passed over; they may be able to take a seat again."""
    wanted = select(Enrolment).where(Enrolment.student_id.in_(students), Enrolment.state == State.PASSED)
    return (await session.scalars(wanted.order_by(Enrolment.id))).all()


async def expired_offers(session: AsyncSession, at: datetime, *, limit: int) -> Sequence[tuple[UUID, UUID]]:
    """Offers that have expired: enrolment and offering."""
    wanted = (
        select(Enrolment.id, Enrolment.offering_id)
        .where(Enrolment.state == State.OFFERED, Enrolment.expires_at <= at)
        .order_by(Enrolment.expires_at)
        .limit(limit)
    )
    return [(row[0], row[1]) for row in await session.execute(wanted)]


async def reserves_due(session: AsyncSession, at: datetime, *, limit: int) -> Sequence[tuple[UUID, Group]]:
    """Reserves whose release time has come: offering and group."""
    wanted = select(SeatPool.offering_id, SeatPool.group).where(SeatPool.release_at <= at).limit(limit)
    return [(row[0], Group(row[1])) for row in await session.execute(wanted)]
