"""The lessons of a child in a term, its waivers, and what was collected and refunded."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final
from uuid import UUID

from sqlalchemy import Text, Uuid, bindparam, select, text
from sqlalchemy.ext.asyncio import AsyncSession

from services.afterschool.delivery.attendance.queries import WAS_THERE
from services.afterschool.delivery.sessions.queries import HELD
from services.afterschool.finance.fees.bill import Bill, LessonTaken, bill_of
from services.afterschool.finance.fees.domain import EntryKind, FeeEntry, FeeWaiver, FeeWaiverNotFound
from services.afterschool.placement.enrolments.domain import Enrolment
from services.afterschool.programme.offerings.domain import Offering
from services.afterschool.roster.schools.domain import School
from services.afterschool.roster.schools.reach import reaches, within_reach
from services.afterschool.roster.students import queries as students
from services.afterschool.roster.students.domain import StudentNotFound
from services.afterschool.roster.terms import queries as terms
from services.afterschool.roster.terms.domain import Term
from shared.http.policies import Principal
from shared.http.reads import Statement, given, instant, page_statement

_WAIVER = f"""
SELECT fee_waiver.id, fee_waiver.version, student_id, school_id, share_bp, valid_from, valid_to, reason,
       {instant("decided_at")}
FROM fee_waiver JOIN school ON school.id = school_id
WHERE {{where}}
"""  # noqa: S608 -- column names of ours

_LESSONS: Final = text(
    f"""
    SELECT enrolment.id AS enrolment_id, enrolment.offering_id, course_session.school_id, offering.fee,
           coalesce((ended_at AT TIME ZONE 'Asia/Shanghai')::date <= term.ends_on, false) AS ended,
           course_session.on_day AS "on", {HELD} AS held,
           {HELD} AND attendance.id IS NOT NULL AS attended
    FROM enrolment
    JOIN offering ON offering.id = enrolment.offering_id
    JOIN term ON term.id = offering.term_id
    JOIN course_session ON course_session.offering_id = offering.id AND course_session.state = 'planned'
     AND decided_at < course_session.ends_at AND (ended_at IS NULL OR ended_at > course_session.starts_at)
    JOIN membership ON membership.student_id = enrolment.student_id
     AND membership.school_id = course_session.school_id AND valid_from <= course_session.on_day
     AND (valid_to IS NULL OR valid_to > course_session.on_day)
    LEFT JOIN attendance ON attendance.session_id = course_session.id AND NOT teacher
     AND attendance.person_id = enrolment.student_id AND {WAS_THERE}
    WHERE enrolment.student_id = :student AND offering.term = :term
    ORDER BY enrolment.id, course_session.on_day, course_session.number
    """  # noqa: S608 -- SQL of ours
).bindparams(bindparam("student", type_=Uuid), bindparam("term", type_=Text))


@dataclass(frozen=True, slots=True)
class Account:
    """The bill of a child and term, the school that acts for the caller, and the entries."""

    bill: Bill
    term: Term
    school: School
    entries: Sequence[FeeEntry]


async def account(
    session: AsyncSession, student_id: UUID, term_name: str, *, caller: Principal, today: date, for_update: bool = False
) -> Account:
    """The account of a child within reach: of the present school, or of one at which it had a seat in the term. A
    guardian sees the own children's. Raises `StudentNotFound` and `TermNotFound`."""
    school = await _school_within_reach(session, student_id, term_name, caller, today, for_update=for_update)
    term = await terms.term_named(session, term_name, district=school.district)
    rows = await session.execute(_LESSONS, {"student": student_id, "term": term_name})
    lessons = [LessonTaken(**row._mapping) for row in rows]
    wanted = select(FeeEntry).where(FeeEntry.student_id == student_id, FeeEntry.term == term_name)
    entries = (await session.scalars(wanted.order_by(FeeEntry.id))).all()
    sums = {kind: sum(one.fen for one in entries if one.kind == kind) for kind in EntryKind}
    bill = bill_of(
        lessons,
        [one.days for one in await waivers_of(session, student_id)],
        today=today,
        collected=sums[EntryKind.COLLECTION],
        refunded=sums[EntryKind.REFUND],
    )
    return Account(bill, term, school, entries)


async def _school_within_reach(
    session: AsyncSession, student_id: UUID, term_name: str, caller: Principal, today: date, *, for_update: bool
) -> School:
    pupil = await students.pupil(session, student_id, for_update=for_update)
    if reaches(caller, pupil.school):
        return pupil.school
    if "guardian" in caller.roles and await students.is_guarded(session, student_id, caller.subject, today):
        return pupil.school
    wanted = (
        select(School)
        .join(Offering, Offering.school_id == School.id)
        .join(Enrolment, Enrolment.offering_id == Offering.id)
        .where(Enrolment.student_id == student_id, Enrolment.decided_at.is_not(None), Offering.term == term_name)
        .order_by(School.id)
    )
    for school in (await session.scalars(wanted)).unique():
        if reaches(caller, school):
            return school
    raise StudentNotFound


async def waivers_of(session: AsyncSession, student_id: UUID) -> Sequence[FeeWaiver]:
    wanted = select(FeeWaiver).where(FeeWaiver.student_id == student_id).order_by(FeeWaiver.valid_from)
    return (await session.scalars(wanted)).all()


async def waiver_for_update(session: AsyncSession, waiver_id: UUID, caller: Principal) -> tuple[FeeWaiver, School]:
    """The waiver, locked, and the school that granted it."""
    found = await session.get(FeeWaiver, waiver_id, with_for_update=True, populate_existing=True)
    if found is None:
        raise FeeWaiverNotFound
    school = await session.get_one(School, found.school_id)
    if not reaches(caller, school):
        raise FeeWaiverNotFound
    return found, school


def waivers_page(
    caller: Principal, *, student: UUID | None, school: UUID | None, on: date | None, after: str | None, limit: int
) -> Statement | None:
    reach = within_reach(caller)
    if reach is None:
        return None
    wanted = given(
        ("student_id = {}::uuid", student),
        ("school_id = {}::uuid", school),
        ("daterange(valid_from, valid_to) @> {}::date", on),
        ("fee_waiver.id > {}::uuid", after),
    )
    return page_statement(_WAIVER, [*reach, *wanted], sort="id", limit=limit)
