"""Reading sessions, and the lessons from which they are generated."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import ARRAY, Date, SmallInteger, TextClause, Uuid, bindparam, select, text
from sqlalchemy.ext.asyncio import AsyncSession

from services.afterschool.delivery.sessions.domain import (
    CourseSession,
    MakeupTimetable,
    SessionNotFound,
    SessionRef,
    TaughtDay,
)
from services.afterschool.roster.schools.domain import School
from services.afterschool.roster.schools.reach import may_look, reaches, within_reach
from shared.http.policies import Principal
from shared.http.reads import Statement, given, instant, page_statement

_ITEM = f"""
SELECT course_session.id, course_session.version, offering_id, school_id, term_id,
       to_char(on_day, 'YYYY-MM-DD') AS "on", weekday, number, {instant("starts_at")}, {instant("ends_at")}, care,
       teacher_id, provider_id, outside_person_id, substitute_id, state, cancelled_for, reason, {instant("taken_at")}
FROM course_session JOIN school ON school.id = school_id
WHERE {{where}}
"""  # noqa: S608 -- column names of ours

HELD: Final = """(course_session.state = 'planned' AND course_session.led IN ('present', 'late', 'left_early')
    AND course_session.present + course_session.late + course_session.left_early > 0)"""
"""SQL for `CourseSession.held`."""


def sessions_page(
    caller: Principal,
    *,
    offering: UUID | None,
    school: UUID | None,
    first: date | None,
    last: date | None,
    after: str | None,
    limit: int,
) -> Statement | None:
    reach = [] if "guardian" in caller.roles else within_reach(caller)
    if reach is None:
        return None
    wanted = given(
        ("offering_id = {}::uuid", offering),
        ("school_id = {}::uuid", school),
        ("on_day >= {}", first),
        ("on_day <= {}", last),
        ("course_session.id > {}::uuid", after),
    )
    return page_statement(_ITEM, [*reach, *wanted], sort="id", limit=limit)


async def course_session(session: AsyncSession, session_id: UUID, caller: Principal) -> CourseSession:
    found, school = await _with_school(session, session_id)
    if not may_look(caller, school):
        raise SessionNotFound
    return found


async def session_to_keep(
    session: AsyncSession, session_id: UUID, caller: Principal, *, for_update: bool = True
) -> tuple[CourseSession, School]:
    """A session of a school within reach and, unless told otherwise, locked. Raises `SessionNotFound`."""
    found, school = await _with_school(session, session_id, for_update=for_update)
    if not reaches(caller, school):
        raise SessionNotFound
    return found, school


async def _with_school(
    session: AsyncSession, session_id: UUID, *, for_update: bool = False
) -> tuple[CourseSession, School]:
    wanted = (
        select(CourseSession, School)
        .join(School, School.id == CourseSession.school_id)
        .where(CourseSession.id == session_id)
    )
    if for_update:
        locking = wanted.with_for_update(of=CourseSession, key_share=True)
        wanted = locking.execution_options(populate_existing=True)
    row = (await session.execute(wanted)).one_or_none()
    if row is None:
        raise SessionNotFound
    return row[0], row[1]


@dataclass(frozen=True, slots=True)
class Appointment:
    """A session of a child, with the name of its course."""

    id: UUID
    version: int
    name: str
    room: str | None
    starts_at: datetime
    ends_at: datetime
    state: str


_OF_STUDENT: Final = text(
    """
    SELECT course_session.id, course_session.version, offering.name, offering.room, starts_at, ends_at, state
    FROM course_session
    JOIN offering ON offering.id = course_session.offering_id
    WHERE course_session.ends_at > :since AND EXISTS (
        SELECT FROM enrolment
        WHERE enrolment.student_id = :student AND enrolment.offering_id = course_session.offering_id
          AND decided_at < course_session.ends_at AND (ended_at IS NULL OR ended_at > course_session.starts_at)
    )
    ORDER BY starts_at, course_session.id
    """
)


async def of_student(session: AsyncSession, student_id: UUID, *, since: datetime) -> Sequence[Appointment]:
    """The sessions in which a child has or had a seat, from a time on, with those that were cancelled."""
    rows = await session.execute(_OF_STUDENT, {"student": student_id, "since": since})
    return [Appointment(**row._mapping) for row in rows]


async def makeup_timetables(session: AsyncSession, school_id: UUID) -> Sequence[MakeupTimetable]:
    """The make-up workdays of a school that have a timetable, in order."""
    wanted = select(MakeupTimetable).where(MakeupTimetable.school_id == school_id).order_by(MakeupTimetable.on)
    return (await session.scalars(wanted)).all()


def _of_days(sql: str) -> TextClause:
    """A statement over the lessons that some offerings have on some days: `wanted`."""
    return text(
        f"""
        WITH wanted AS (
            SELECT offering.id AS offering_id, offering.school_id, offering.term_id, day.on_day, day.weekday,
                   period.number, (day.on_day + period.starts_at) AT TIME ZONE 'Asia/Shanghai' AS starts_at,
                   (day.on_day + period.ends_at) AT TIME ZONE 'Asia/Shanghai' AS ends_at,
                   offering.care, offering.teacher_id, offering.provider_id, offering.outside_person_id
            FROM offering
            JOIN offering_period period ON period.offering_id = offering.id
            JOIN unnest(:days, :weekdays, :weeks) AS day (on_day, weekday, week)
              ON day.weekday = period.weekday AND day.week BETWEEN offering.first_week AND offering.last_week
            WHERE offering.id = ANY (:offerings)
        )
        {sql}
        """  # noqa: S608 -- SQL of ours
    ).bindparams(
        bindparam("offerings", type_=ARRAY(Uuid)),
        bindparam("days", type_=ARRAY(Date)),
        bindparam("weekdays", type_=ARRAY(SmallInteger)),
        bindparam("weeks", type_=ARRAY(SmallInteger)),
    )


def _values(offerings: Collection[UUID], days: Sequence[TaughtDay]) -> dict[str, Any]:
    return {
        "offerings": list(offerings),
        "days": [day.on for day in days],
        "weekdays": [day.weekday for day in days],
        "weeks": [day.week for day in days],
    }


_SAME: Final = """wanted.offering_id = course_session.offering_id AND wanted.on_day = course_session.on_day
    AND wanted.number = course_session.number"""

_REF: Final = ", ".join(
    f"course_session.{name}" for name in ("id", "offering_id", "on_day", "number", "version", "starts_at", "ends_at")
)

_MISSING: Final = _of_days(
    f"""
    SELECT * FROM wanted WHERE NOT EXISTS (SELECT FROM course_session WHERE {_SAME}) ORDER BY on_day, number
    """  # noqa: S608 -- SQL of ours
)
_RESTORE: Final = _of_days(
    f"""
    UPDATE course_session SET version = version + 1, state = 'planned', cancelled_for = NULL, weekday = wanted.weekday,
           starts_at = wanted.starts_at, ends_at = wanted.ends_at
    FROM wanted
    WHERE {_SAME} AND taken_at IS NULL AND cancelled_for IS DISTINCT FROM 'school'
      AND (cancelled_for = 'calendar' OR course_session.starts_at <> wanted.starts_at
           OR course_session.ends_at <> wanted.ends_at OR course_session.weekday <> wanted.weekday)
    RETURNING {_REF}
    """  # noqa: S608 -- SQL of ours
)
_CANCEL: Final = _of_days(
    f"""
    UPDATE course_session SET version = version + 1, state = 'cancelled', cancelled_for = 'calendar'
    WHERE offering_id = ANY (:offerings) AND state = 'planned' AND taken_at IS NULL
      AND NOT EXISTS (SELECT FROM wanted WHERE {_SAME})
    RETURNING {_REF}
    """  # noqa: S608 -- SQL of ours
)
_KEPT: Final = _of_days(
    f"""
    SELECT {_REF} FROM course_session
    WHERE offering_id = ANY (:offerings) AND state = 'planned' AND taken_at IS NOT NULL
      AND NOT EXISTS (SELECT FROM wanted WHERE {_SAME} AND wanted.weekday = course_session.weekday)
    ORDER BY on_day, number, id
    """  # noqa: S608 -- SQL of ours
)


async def missing(session: AsyncSession, offerings: Collection[UUID], days: Sequence[TaughtDay]) -> Sequence[Any]:
    """The lessons of these days that are no session yet."""
    return (await session.execute(_MISSING, _values(offerings, days))).all()


async def restore(session: AsyncSession, offerings: Collection[UUID], days: Sequence[TaughtDay]) -> list[SessionRef]:
    """Plan again what the calendar had cancelled, and correct the time of what follows another weekday now."""
    return await _refs(session, _RESTORE, offerings, days)


async def cancel_unscheduled(
    session: AsyncSession, offerings: Collection[UUID], days: Sequence[TaughtDay]
) -> list[SessionRef]:
    """Cancel planned sessions on other days than these. The row is judged when it is locked: `taken_at` decides."""
    return await _refs(session, _CANCEL, offerings, days)


async def kept_unscheduled(
    session: AsyncSession, offerings: Collection[UUID], days: Sequence[TaughtDay]
) -> list[SessionRef]:
    """Sessions on other days than these that have attendance."""
    return await _refs(session, _KEPT, offerings, days)


async def _refs(
    session: AsyncSession, statement: TextClause, offerings: Collection[UUID], days: Sequence[TaughtDay]
) -> list[SessionRef]:
    rows = await session.execute(statement, _values(offerings, days))
    found = [
        SessionRef(row.id, row.offering_id, row.on_day, row.number, row.version, row.starts_at, row.ends_at)
        for row in rows
    ]
    return sorted(found, key=lambda one: (one.on, one.number, one.id))


_BUSY: Final = text(
    """
    SELECT EXISTS (
        SELECT FROM course_session other
        WHERE other.on_day = :on AND other.id <> :session AND other.state = 'planned'
          AND other.starts_at < :ends_at AND :starts_at < other.ends_at
          AND (other.substitute_id = :teacher OR (other.substitute_id IS NULL AND other.teacher_id = :teacher))
    ) OR EXISTS (
        -- A lesson of the timetable that is no session yet.
        SELECT FROM offering JOIN offering_period period ON period.offering_id = offering.id
        WHERE offering.teacher_id = :teacher AND offering.term_id = :term AND period.weekday = :weekday
          AND :week BETWEEN offering.first_week AND offering.last_week
          AND (:on + period.starts_at) AT TIME ZONE 'Asia/Shanghai' < :ends_at
          AND :starts_at < (:on + period.ends_at) AT TIME ZONE 'Asia/Shanghai'
          AND NOT EXISTS (SELECT FROM course_session known WHERE known.offering_id = offering.id
                          AND known.on_day = :on AND known.number = period.number)
    )
    """
).bindparams(bindparam("on", type_=Date), bindparam("teacher", type_=Uuid))


async def is_busy(session: AsyncSession, teacher_id: UUID, one: CourseSession, *, week: int) -> bool:
    """Whether a teacher teaches elsewhere during a session. The caller has locked the teacher."""
    values = {
        "teacher": teacher_id,
        "session": one.id,
        "on": one.on,
        "term": one.term_id,
        "weekday": one.weekday,
        "week": week,
        "starts_at": one.starts_at,
        "ends_at": one.ends_at,
    }
    found: bool = await session.scalar(_BUSY, values)
    return found
