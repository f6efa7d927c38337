"""The contents of class lists, session sheets and printed bills.

Each name on them is a read that guardians can see in the log.

Only pupils who are at the school today have names here: who has moved away is another school's child.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from services.afterschool.delivery.attendance import queries as attendance
from services.afterschool.delivery.sessions import queries as sessions
from services.afterschool.delivery.sessions.domain import CourseSession
from services.afterschool.finance.fees import queries as fees
from services.afterschool.finance.fees.queries import Account
from services.afterschool.placement.enrolments import queries as enrolments
from services.afterschool.programme.offerings import queries as offerings
from services.afterschool.programme.offerings.domain import Offering, OfferingPeriod
from services.afterschool.roster.classes import queries as classes
from services.afterschool.roster.classes.domain import SchoolClass
from services.afterschool.roster.gate import usecases as gate
from services.afterschool.roster.gate.domain import Purpose
from services.afterschool.roster.schools.domain import School
from services.afterschool.roster.students import queries as students
from services.afterschool.sealing import Sealer
from shared.domain.clock import china_date
from shared.http.policies import Principal


@dataclass(frozen=True)
class Lesson:
    """A weekly lesson of a course."""

    name: str
    period: OfferingPeriod


@dataclass(frozen=True)
class ClassLine:
    """A pupil of a class with the courses of the term. Without a name, the identity was erased."""

    name: str | None
    lessons: list[Lesson]


@dataclass(frozen=True)
class ClassList:
    """The pupils of a class today, by name."""

    school: School
    school_class: SchoolClass
    on: date
    lines: list[ClassLine]


@dataclass(frozen=True)
class SheetLine:
    """A pupil with a seat in the session. `state` is the recorded attendance; without a name, the pupil has left the
    school or the identity was erased."""

    name: str | None
    class_name: str | None
    state: str | None


@dataclass(frozen=True)
class SessionSheet:
    """The pupils of a session, by class and name."""

    school: School
    offering: Offering
    held: CourseSession
    lines: list[SheetLine]


@dataclass(frozen=True)
class PrintedBill:
    """The bill of a child. Without a name, the child has left the school or the identity was erased."""

    account: Account
    name: str | None
    class_name: str | None
    courses: Mapping[UUID, str]


async def class_list(
    session: AsyncSession, class_id: UUID, *, sealer: Sealer, caller: Principal, at: datetime
) -> ClassList:
    """A class as it is today, with the courses in which its pupils have seats."""
    school_class, school = await classes.school_class(session, class_id, caller)
    today = china_date(at)
    ids = await students.of_class(session, class_id, on=today)
    names = await _names(session, ids, Purpose.CLASS_LIST, school, sealer=sealer, caller=caller, at=at)
    lessons = await _lessons(session, ids, on=today)
    lines = [ClassLine(names.get(one, ("", None))[1], lessons.get(one, [])) for one in ids]
    return ClassList(school, school_class, today, sorted(lines, key=lambda line: (line.name is None, line.name or "")))


async def session_sheet(
    session: AsyncSession, session_id: UUID, *, sealer: Sealer, caller: Principal, at: datetime
) -> SessionSheet:
    """The children who have a seat in a session, with what is recorded of their attendance."""
    held, school = await sessions.session_to_keep(session, session_id, caller, for_update=False)
    offering = await offerings.offering(session, held.offering_id, caller)
    ids = await attendance.expected(session, session_id)
    names = await _names(session, ids, Purpose.SESSION_SHEET, school, sealer=sealer, caller=caller, at=at)
    marks = await attendance.current(session, [(session_id, one) for one in ids])
    lines = []
    for one in ids:
        mark = marks.get((session_id, one))
        class_name, name = names.get(one, (None, None))
        lines.append(SheetLine(name, class_name, None if mark is None else mark.state))
    ordered = sorted(lines, key=lambda line: (line.name is None, line.class_name or "", line.name or ""))
    return SessionSheet(school, offering, held, ordered)


async def printed_bill(
    session: AsyncSession, student_id: UUID, term: str, *, sealer: Sealer, caller: Principal, at: datetime
) -> PrintedBill:
    """The bill of a child for a term with the names of its courses. Raises `StudentNotFound` and `TermNotFound`."""
    account = await fees.account(session, student_id, term, caller=caller, today=china_date(at))
    school = account.school
    names = await _names(session, [student_id], Purpose.CONTACT, school, sealer=sealer, caller=caller, at=at)
    class_name, name = names.get(student_id, (None, None))
    courses = await offerings.names(session, {line.offering_id for line in account.bill.lines})
    return PrintedBill(account, name, class_name, courses)


async def _names(
    session: AsyncSession,
    ids: Collection[UUID],
    purpose: Purpose,
    school: School,
    *,
    sealer: Sealer,
    caller: Principal,
    at: datetime,
) -> Mapping[UUID, tuple[str, str | None]]:
    """Class and name of those who are pupils of the school today."""
    pupils = await students.pupils_on(session, ids, school.id, on=china_date(at))
    known = await gate.read_identities(session, pupils, purpose=purpose, sealer=sealer, caller=caller, at=at)
    formed = await classes.names(session, {pupil.membership.class_id for pupil in pupils})
    return {
        pupil.student.id: (
            formed[pupil.membership.class_id],
            known[pupil.student.id].name if pupil.student.id in known else None,
        )
        for pupil in pupils
    }


async def _lessons(session: AsyncSession, ids: Collection[UUID], *, on: date) -> Mapping[UUID, list[Lesson]]:
    """The weekly lessons of pupils in the term of a day, in the order of the week."""
    seats = await enrolments.seats_on(session, ids, on=on)
    weekly: dict[UUID, list[OfferingPeriod]] = {}
    for period in await offerings.periods(session, list({offering.id for _, offering in seats})):
        weekly.setdefault(period.offering_id, []).append(period)
    found: dict[UUID, list[Lesson]] = {}
    for student_id, offering in seats:
        found.setdefault(student_id, []).extend(Lesson(offering.name, period) for period in weekly.get(offering.id, []))
    for lessons in found.values():
        lessons.sort(key=lambda lesson: (lesson.period.weekday, lesson.period.starts_at))
    return found
