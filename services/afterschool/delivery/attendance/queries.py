"""Reading attendance: of a session, of a child, and the totals from which money follows."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Final
from uuid import UUID

from sqlalchemy import ARRAY, Date, SmallInteger, TextClause, Uuid, bindparam, func, select, text
from sqlalchemy.ext.asyncio import AsyncSession

from services.afterschool.delivery.attendance.domain import Attendance, Current, Mark, Standing
from services.afterschool.delivery.sessions.domain import AttendanceState, CourseSession
from services.afterschool.delivery.sessions.queries import HELD
from services.afterschool.roster.schools.domain import School
from services.afterschool.roster.students.queries import own_or_within_reach
from shared.http.policies import Principal
from shared.http.reads import Statement, given, instant, page_statement

Lesson = tuple[UUID, date, int]
Pair = tuple[UUID, UUID]
"""A session and a person."""

WAS_THERE: Final = "attendance.state IN ('present', 'late', 'left_early')"

_ITEM = f"""
SELECT attendance.id, session_id, course_session.offering_id, attendance.school_id,
       to_char(on_day, 'YYYY-MM-DD') AS "on", number,
       CASE WHEN NOT teacher THEN person_id END AS student_id, CASE WHEN teacher THEN person_id END AS teacher_id,
       attendance.state, attendance.version, {instant("marked_at")}
FROM attendance
JOIN course_session ON course_session.id = session_id
JOIN school ON school.id = attendance.school_id
LEFT JOIN student ON student.id = person_id AND NOT teacher
WHERE {{where}}
"""  # noqa: S608 -- column names of ours


def attendance_page(
    caller: Principal,
    *,
    session_id: UUID | None,
    offering: UUID | None,
    student: UUID | None,
    on: date,
    after: str | None,
    limit: int,
) -> Statement | None:
    """Guardians see their own children and no teachers, everybody else the schools within reach."""
    reach = own_or_within_reach(caller, on)
    if reach is None:
        return None
    wanted = given(
        ("session_id = {}::uuid", session_id),
        ("course_session.offering_id = {}::uuid", offering),
        ("student.id = {}::uuid", student),
        ("attendance.id > {}::uuid", after),
    )
    return page_statement(_ITEM, [*reach, *wanted], sort="id", limit=limit)


async def queue_for(session: AsyncSession, subject: str) -> None:
    """One person's batches are taken one after the other: a second copy finds the first one's verdicts."""
    await session.execute(select(func.pg_advisory_xact_lock(func.hashtextextended(f"attendance {subject}", 0))))


async def marks(session: AsyncSession, ids: Collection[UUID]) -> Mapping[UUID, Mark]:
    return {one.id: one for one in await session.scalars(select(Mark).where(Mark.id.in_(ids)))}


_ATTENDED: Final = text(
    f"""
    SELECT EXISTS (
        SELECT FROM attendance
        JOIN course_session ON course_session.id = session_id
        JOIN offering ON offering.id = course_session.offering_id
        WHERE person_id = :student AND NOT teacher AND attendance.school_id = :school AND offering.term = :term
          AND {WAS_THERE}
    )
    """  # noqa: S608 -- ours
).bindparams(bindparam("student", type_=Uuid), bindparam("school", type_=Uuid))


async def attended(session: AsyncSession, student_id: UUID, *, school_id: UUID, term: str) -> bool:
    """Whether a child was at a session of the school in a term, so named."""
    found: bool = await session.scalar(_ATTENDED, {"student": student_id, "school": school_id, "term": term})
    return found


_SESSIONS: Final = text(
    """
    SELECT course_session.id FROM course_session
    JOIN unnest(:offerings, :days, :numbers) AS lesson (offering_id, on_day, number)
      ON lesson.offering_id = course_session.offering_id AND lesson.on_day = course_session.on_day
     AND lesson.number = course_session.number
    """
).bindparams(
    bindparam("offerings", type_=ARRAY(Uuid)),
    bindparam("days", type_=ARRAY(Date)),
    bindparam("numbers", type_=ARRAY(SmallInteger)),
)


async def sessions_for_update(
    session: AsyncSession, lessons: Collection[Lesson]
) -> Mapping[Lesson, tuple[CourseSession, School]]:
    """The sessions of these lessons and their schools, locked in the order of their ids."""
    ordered = list(lessons)
    values = {
        "offerings": [one[0] for one in ordered],
        "days": [one[1] for one in ordered],
        "numbers": [one[2] for one in ordered],
    }
    ids = (await session.scalars(_SESSIONS, values)).all()
    wanted = (
        select(CourseSession, School)
        .join(School, School.id == CourseSession.school_id)
        .where(CourseSession.id.in_(ids))
        .order_by(CourseSession.id)
        .with_for_update(of=CourseSession, key_share=True)
        .execution_options(populate_existing=True)
    )
    rows = await session.execute(wanted)
    return {(one.offering_id, one.on, one.number): (one, school) for one, school in rows}


_PAIRS: Final = (bindparam("sessions", type_=ARRAY(Uuid)), bindparam("people", type_=ARRAY(Uuid)))

_STANDINGS: Final = text(
    """
    SELECT course_session.id AS session_id, pair.student_id,
           EXISTS (
               SELECT FROM enrolment
               WHERE enrolment.offering_id = course_session.offering_id AND enrolment.student_id = pair.student_id
                 AND decided_at < course_session.ends_at
                 AND (ended_at IS NULL OR ended_at > course_session.starts_at)
           ) AS seat,
           EXISTS (
               SELECT FROM membership
               WHERE membership.student_id = pair.student_id AND membership.school_id = course_session.school_id
                 AND valid_from <= on_day AND (valid_to IS NULL OR valid_to > on_day)
           ) AS at_school
    FROM unnest(:sessions, :people) AS pair (session_id, student_id)
    JOIN course_session ON course_session.id = pair.session_id
    """
).bindparams(*_PAIRS)


async def standings(session: AsyncSession, pairs: Iterable[Pair]) -> Mapping[Pair, Standing]:
    """How children stood to sessions: a seat at some time of the session, and the school of that day.

    A seat given up, or a class left, after the session changes nothing about it.
    """
    rows = await session.execute(_STANDINGS, _columns(pairs))
    return {(row.session_id, row.student_id): Standing(row.seat, row.at_school) for row in rows}


_EXPECTED: Final = text(
    """
    SELECT DISTINCT student_id FROM enrolment
    JOIN course_session ON course_session.offering_id = enrolment.offering_id
    WHERE course_session.id = :session AND decided_at < course_session.ends_at
      AND (ended_at IS NULL OR ended_at > course_session.starts_at)
    ORDER BY student_id
    """
)


async def expected(session: AsyncSession, session_id: UUID) -> Sequence[UUID]:
    """The children with a seat at some time of a session."""
    return (await session.scalars(_EXPECTED, {"session": session_id})).all()


_CURRENT: Final = text(
    """
    SELECT attendance.session_id, attendance.person_id, state, version, marked_at
    FROM unnest(:sessions, :people) AS pair (session_id, person_id)
    JOIN attendance ON attendance.session_id = pair.session_id AND attendance.person_id = pair.person_id
    """
).bindparams(*_PAIRS)


async def current(session: AsyncSession, pairs: Iterable[Pair]) -> Mapping[Pair, Current]:
    """The attendance of these people that holds now. The caller has locked the sessions."""
    rows = await session.execute(_CURRENT, _columns(pairs))
    return {(row.session_id, row.person_id): Current(row.state, row.version, row.marked_at) for row in rows}


def _columns(pairs: Iterable[Pair]) -> dict[str, Any]:
    ordered = list(pairs)
    return {"sessions": [one[0] for one in ordered], "people": [one[1] for one in ordered]}


async def counts(session: AsyncSession, session_ids: Collection[UUID]) -> Mapping[UUID, Mapping[str, int]]:
    """How many children are in each state, by session."""
    wanted = (
        select(Attendance.session_id, Attendance.state, func.count())
        .where(Attendance.session_id.in_(session_ids), Attendance.teacher.is_(False))
        .where(Attendance.state != AttendanceState.NOT_TAKEN)
        .group_by(Attendance.session_id, Attendance.state)
    )
    found: dict[UUID, dict[str, int]] = {one: {} for one in session_ids}
    for session_id, state, number in (await session.execute(wanted)).all():
        found[session_id][state] = number
    return found


async def teachers_marks(session: AsyncSession, session_ids: Collection[UUID]) -> Mapping[UUID, Mapping[UUID, str]]:
    """The attendance of those who teach, by session and person."""
    wanted = select(Attendance.session_id, Attendance.person_id, Attendance.state)
    wanted = wanted.where(Attendance.session_id.in_(session_ids), Attendance.teacher)
    found: dict[UUID, dict[UUID, str]] = {one: {} for one in session_ids}
    for session_id, person_id, state in (await session.execute(wanted)).all():
        found[session_id][person_id] = state
    return found


@dataclass(frozen=True, slots=True)
class DaysAttended:
    """On how many days a child attended an offering, and in how many sessions."""

    student_id: UUID
    offering_id: UUID
    days: int
    sessions: int


_DAYS: Final = f"""
    SELECT attendance.person_id AS student_id, course_session.offering_id,
           count(DISTINCT on_day)::int AS days, count(*)::int AS sessions
    FROM attendance JOIN course_session ON course_session.id = attendance.session_id
    WHERE NOT teacher AND {WAS_THERE} AND course_session.state = 'planned' AND on_day BETWEEN :first AND :last
      {{also}}
    GROUP BY 1, 2 ORDER BY 2, 1
"""  # noqa: S608 -- SQL of ours


async def days_attended(
    session: AsyncSession,
    *,
    first: date,
    last: date,
    offering_id: UUID | None = None,
    student_id: UUID | None = None,
    school_id: UUID | None = None,
    term_id: UUID | None = None,
) -> Sequence[DaysAttended]:
    """Days really attended from `first` to `last`, by child and offering. A correction is counted at once, and a later
    change of class or school changes nothing."""
    named = _named(
        {
            "course_session.offering_id": offering_id,
            "attendance.person_id": student_id,
            "course_session.school_id": school_id,
            "course_session.term_id": term_id,
        }
    )
    rows = await session.execute(_with(_DAYS, named), {"first": first, "last": last, **_by_place(named)})
    return [DaysAttended(**row._mapping) for row in rows]


@dataclass(frozen=True, slots=True)
class Delivered:
    """How many sessions of an offering were held from one day to another; without a provider, by the school itself."""

    offering_id: UUID
    school_id: UUID
    provider_id: UUID | None
    outside_person_id: UUID | None
    sessions: int
    minutes: int


OUTSIDE: Final = f"""(substitute_id IS NULL AND CASE
    WHEN outside_person_id IS NULL THEN provider_id IS NOT NULL
    ELSE EXISTS (SELECT FROM attendance WHERE session_id = course_session.id AND person_id = outside_person_id
                 AND {WAS_THERE}) END)"""
"""SQL: whether a held session was delivered from outside."""

_DELIVERED: Final = f"""
    SELECT offering_id, school_id, CASE WHEN outside THEN provider_id END AS provider_id,
           CASE WHEN outside THEN outside_person_id END AS outside_person_id,
           count(*)::int AS sessions, (sum(extract(epoch FROM ends_at - starts_at)) / 60)::int AS minutes
    FROM course_session
    CROSS JOIN LATERAL (SELECT {OUTSIDE} AS outside) who
    WHERE on_day BETWEEN :first AND :last AND {HELD}
      {{also}}
    GROUP BY 1, 2, 3, 4 ORDER BY 1, 4
"""  # noqa: S608 -- SQL of ours


async def sessions_delivered(
    session: AsyncSession,
    *,
    first: date,
    last: date,
    offering_id: UUID | None = None,
    school_id: UUID | None = None,
    term_id: UUID | None = None,
    provider_id: UUID | None = None,
    outside_person_id: UUID | None = None,
) -> Sequence[Delivered]:
    """Sessions held from `first` to `last`, by offering and by who delivered them.

    A provider, and a person from outside, get only sessions that they delivered: none that a substitute took, and none
    of which the person from outside is not recorded as present.
    """
    named = _named(
        {"offering_id": offering_id, "school_id": school_id, "term_id": term_id}
        | {"CASE WHEN outside THEN provider_id END": provider_id}
        | {"CASE WHEN outside THEN outside_person_id END": outside_person_id}
    )
    rows = await session.execute(_with(_DELIVERED, named), {"first": first, "last": last, **_by_place(named)})
    return [Delivered(**row._mapping) for row in rows]


@dataclass(frozen=True, slots=True)
class ClassSessions:
    """How many held sessions children of a class attended on a day, and how many children."""

    class_id: UUID
    on: date
    sessions: int
    minutes: int
    children: int


_OF_CLASSES: Final = f"""
    SELECT class_id, on_day AS "on", count(DISTINCT course_session.id)::int AS sessions,
           (sum(extract(epoch FROM ends_at - starts_at)) FILTER (WHERE first_of_class) / 60)::int AS minutes,
           count(DISTINCT person_id)::int AS children
    FROM (
        SELECT membership.class_id, attendance.person_id, attendance.session_id,
               row_number() OVER (PARTITION BY membership.class_id, attendance.session_id) = 1 AS first_of_class
        FROM course_session
        JOIN attendance ON attendance.session_id = course_session.id AND NOT teacher AND {WAS_THERE}
        JOIN membership ON membership.student_id = attendance.person_id AND valid_from <= on_day
                       AND (valid_to IS NULL OR valid_to > on_day)
        WHERE course_session.school_id = :school AND on_day BETWEEN :first AND :last AND {HELD}
          AND course_session.care = 'after_school'
    ) there
    JOIN course_session ON course_session.id = there.session_id
    GROUP BY 1, 2 ORDER BY 1, 2
"""  # noqa: S608 -- SQL of ours


async def class_sessions(session: AsyncSession, school_id: UUID, *, first: date, last: date) -> Sequence[ClassSessions]:
    """By class and day: the counted sessions of a school that children of the class attended.

    A child counts in the class to which it belonged on that day.
    """
    values = {"school": school_id, "first": first, "last": last}
    rows = await session.execute(text(_OF_CLASSES).bindparams(bindparam("school", type_=Uuid)), values)
    return [ClassSessions(**row._mapping) for row in rows]


def _named(wanted: Mapping[str, UUID | None]) -> Mapping[str, UUID]:
    return {name: value for name, value in wanted.items() if value is not None}


def _with(sql: str, named: Mapping[str, UUID]) -> TextClause:
    """The statement with a condition for each of these expressions of ours."""
    also = "".join(f" AND {name} = :named_{place}" for place, name in enumerate(named))
    return text(sql.format(also=also)).bindparams(*(bindparam(name, type_=Uuid) for name in _by_place(named)))


def _by_place(named: Mapping[str, UUID]) -> dict[str, UUID]:
    return {f"named_{place}": value for place, value in enumerate(named.values())}
