"""Reading what schools covered in a week."""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final
from uuid import UUID

from sqlalchemy import ARRAY, Date, Uuid, bindparam, text
from sqlalchemy.ext.asyncio import AsyncSession

from services.afterschool.delivery.attendance.queries import OUTSIDE, WAS_THERE
from services.afterschool.delivery.coverage.domain import (
    CareNorm,
    Figures,
    Interval,
    SchoolWeek,
    days_to_cover,
    judge_day,
    week_of,
)
from services.afterschool.delivery.coverage.norms import care_norm
from services.afterschool.delivery.sessions.queries import HELD
from services.afterschool.roster.schools.domain import School
from services.afterschool.roster.terms import queries as terms
from services.afterschool.roster.terms.domain import terms_in_force
from shared.data.database import allowing

_WITHIN: Final = 60
"""Seconds for the figures of a whole city. Measured: 3.4 with 200,000 pupils and a million marks in the week."""
_DAYS: Final = (bindparam("first", type_=Date), bindparam("last", type_=Date))

_INTERVALS: Final = text(
    f"""
    SELECT DISTINCT school_id, on_day, starts_at, ends_at FROM course_session
    WHERE school_id = ANY (:schools) AND on_day BETWEEN :first AND :last AND care = 'after_school' AND {HELD}
    """  # noqa: S608 -- SQL of ours
).bindparams(bindparam("schools", type_=ARRAY(Uuid)), *_DAYS)


@dataclass(frozen=True, slots=True)
class Week:
    """A week of some schools: the days that were judged, and the terms to which they belong."""

    first: date
    last: date
    schools: Sequence[SchoolWeek]
    term_ids: Collection[UUID]

    @property
    def judged(self) -> Sequence[SchoolWeek]:
        return [school for school in self.schools if school.days]


async def week(session: AsyncSession, schools: Sequence[School], *, on: date, today: date) -> Week:
    """The days that these schools covered in the week of a day. Raises `CalendarUnknown` and `NormUnknown`."""
    first, last = week_of(on)
    exceptional = await terms.exceptional_days(session, first, last)
    days: dict[str, list[date]] = {}
    norms: dict[tuple[str, date], CareNorm] = {}
    term_ids: set[UUID] = set()
    for district in sorted({school.district for school in schools}):
        known = terms_in_force(await terms.terms(session, district=district, on=None), district)
        days[district] = days_to_cover(first, last, terms=known, exceptional=exceptional, today=today)
        term_ids |= {term.id for term in known if any(term.starts_on <= day <= term.ends_on for day in days[district])}
        for day in days[district]:
            norms[district, day] = await care_norm(session, district, day)
    held = await _intervals(session, [school.id for school in schools], first, last)
    weeks = [
        SchoolWeek(
            school.id,
            [judge_day(day, held[school.id, day], norms[school.district, day]) for day in days[school.district]],
        )
        for school in schools
    ]
    return Week(first, last, weeks, term_ids)


async def _intervals(
    session: AsyncSession, school_ids: Collection[UUID], first: date, last: date
) -> Mapping[tuple[UUID, date], list[Interval]]:
    values = {"schools": list(school_ids), "first": first, "last": last}
    found = defaultdict[tuple[UUID, date], list[Interval]](list)
    for row in await session.execute(_INTERVALS, values):
        found[row.school_id, row.on_day].append(Interval(row.starts_at, row.ends_at))
    return found


_SERVED: Final = f"""
    held AS (
        SELECT course_session.id, school_id, {OUTSIDE} AS outside FROM course_session
        WHERE school_id = ANY (:schools) AND on_day BETWEEN :first AND :last AND care = 'after_school' AND {HELD}
    ), there AS (
        SELECT DISTINCT held.school_id, attendance.person_id AS student_id
        FROM held JOIN attendance ON attendance.session_id = held.id AND NOT teacher AND {WAS_THERE}
    ), pupils AS (
        SELECT membership.school_id, class_id, membership.student_id, there.student_id IS NOT NULL AS served,
               EXISTS (SELECT FROM wish WHERE wish.student_id = membership.student_id AND wanted
                       AND term_id = ANY (:terms)) AS willing
        FROM membership
        LEFT JOIN there ON there.student_id = membership.student_id AND there.school_id = membership.school_id
        WHERE membership.school_id = ANY (:schools) AND valid_from <= :day AND (valid_to IS NULL OR valid_to > :day)
    )"""  # noqa: S608 -- SQL of ours

_PARAMETERS: Final = (
    bindparam("schools", type_=ARRAY(Uuid)),
    bindparam("terms", type_=ARRAY(Uuid)),
    bindparam("day", type_=Date),
    *_DAYS,
)

_FIGURES: Final = text(
    f"""
    WITH {_SERVED}, teaching AS (
        SELECT DISTINCT held.school_id, attendance.person_id
        FROM held JOIN attendance ON attendance.session_id = held.id AND attendance.teacher AND {WAS_THERE}
        JOIN teacher ON teacher.id = attendance.person_id
    )
    SELECT school.id AS school_id,
           coalesce(children.pupils, 0) AS pupils, coalesce(children.served, 0) AS served,
           coalesce(children.willing, 0) AS willing, coalesce(children.willing_served, 0) AS willing_served,
           coalesce(children.classes, 0) AS classes, coalesce(children.classes_served, 0) AS classes_served,
           coalesce(employed.teachers, 0) AS teachers, coalesce(part.teachers, 0) AS teachers_taking_part,
           coalesce(sessions.sessions, 0) AS sessions, coalesce(sessions.outside, 0) AS sessions_outside
    FROM unnest(:schools) AS school (id)
    LEFT JOIN (
        SELECT school_id, count(*)::int AS pupils, count(*) FILTER (WHERE served)::int AS served,
               count(*) FILTER (WHERE willing)::int AS willing,
               count(*) FILTER (WHERE willing AND served)::int AS willing_served,
               count(DISTINCT class_id)::int AS classes,
               count(DISTINCT class_id) FILTER (WHERE served)::int AS classes_served
        FROM pupils GROUP BY 1
    ) children ON children.school_id = school.id
    LEFT JOIN (
        SELECT school_id, count(*)::int AS teachers FROM teacher
        WHERE school_id = ANY (:schools) AND valid_from <= :day AND (valid_to IS NULL OR valid_to > :day) GROUP BY 1
    ) employed ON employed.school_id = school.id
    LEFT JOIN (SELECT school_id, count(*)::int AS teachers FROM teaching GROUP BY 1) part ON part.school_id = school.id
    LEFT JOIN (
        SELECT school_id, count(*)::int AS sessions, count(*) FILTER (WHERE outside)::int AS outside
        FROM held GROUP BY 1
    ) sessions ON sessions.school_id = school.id
    """  # noqa: S608 -- SQL of ours
).bindparams(*_PARAMETERS)


async def figures(session: AsyncSession, found: Week) -> Mapping[UUID, Figures]:
    """The children that each judged school served in the week. Pupils and teachers are those of the last judged day."""
    async with allowing(session, _WITHIN):
        rows = await session.execute(_FIGURES, _values(found))
    return {row.school_id: Figures(*row[1:]) for row in rows}


@dataclass(frozen=True, slots=True)
class ClassServed:
    """How many pupils of a class were served in a week."""

    class_id: UUID
    pupils: int
    served: int
    willing: int


_CLASSES: Final = text(
    f"""
    WITH {_SERVED}
    SELECT class_id, count(*)::int AS pupils, count(*) FILTER (WHERE served)::int AS served,
           count(*) FILTER (WHERE willing)::int AS willing
    FROM pupils GROUP BY 1 ORDER BY 1
    """  # noqa: S608 -- SQL of ours
).bindparams(*_PARAMETERS)


async def classes_served(session: AsyncSession, found: Week) -> Sequence[ClassServed]:
    """By class of the judged schools: pupils, pupils served, and pupils whose family wants service."""
    return [ClassServed(**row._mapping) for row in await session.execute(_CLASSES, _values(found))]


@dataclass(frozen=True, slots=True)
class PupilServed:
    """Whether a pupil was served in a week, and whether the family wants service."""

    student_id: UUID
    class_id: UUID
    willing: bool
    served: bool


_PUPILS: Final = text(
    f"""
    WITH {_SERVED}
    SELECT student_id, class_id, willing, served FROM pupils
    WHERE CAST(:after AS uuid) IS NULL OR student_id > CAST(:after AS uuid)
    ORDER BY student_id LIMIT :limit
    """  # noqa: S608 -- SQL of ours
).bindparams(*_PARAMETERS, bindparam("after", type_=Uuid))


async def pupils_served(session: AsyncSession, found: Week, *, after: UUID | None, limit: int) -> Sequence[PupilServed]:
    """The pupils of the judged schools, by id."""
    rows = await session.execute(_PUPILS, _values(found) | {"after": after, "limit": limit})
    return [PupilServed(**row._mapping) for row in rows]


def _values(found: Week) -> dict[str, object]:
    judged = found.judged
    return {
        "schools": [school.school_id for school in judged],
        "terms": list(found.term_ids),
        "first": found.first,
        "last": found.last,
        "day": max((school.days[-1].on for school in judged), default=found.last),
    }
