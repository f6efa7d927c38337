"""Pupils, guardians and the calendar of tests, as requests and events would have left them."""

from collections.abc import Iterable
from datetime import date, timedelta
from uuid import UUID

from sqlalchemy import ARRAY, Uuid, bindparam, text
from sqlalchemy.ext.asyncio import AsyncSession

from services.afterschool.subscriptions import INBOX
from shared.data.database import new_id
from shared.domain.clock import china_date, utc_now
from shared.events.registry.calendars import CalendarDay, CalendarYearPublished, SchoolTermSet
from tests.metrics.deliveries import deliver_all
from tests.services import Service

TERM = "2026-autumn"

_CHILD = text(
    """
    WITH child AS (
        INSERT INTO student (id, version, registered_at) VALUES (:student, 1, :at)
    ), belongs AS (
        INSERT INTO membership (id, student_id, school_id, class_id, grade, valid_from, origin)
        SELECT :membership, :student, school_id, id, grade, :since, 'school' FROM school_class WHERE id = :class
    ), special AS (
        INSERT INTO student_group (id, student_id, "group", valid_from, decided_by)
        SELECT :membership, :student, CAST(:group AS text), :since, 'test' WHERE CAST(:group AS text) IS NOT NULL
    )
    INSERT INTO guardianship (id, version, student_id, subject, relation, may_act, may_see, barred, valid_from, origin)
    VALUES (:guardianship, 1, :student, :subject, 'mother', true, true, false, :since, 'school')
    """
)


async def enter_child(
    session: AsyncSession, school_class: str, guardian: str, *, group: str | None = None, since: date | None = None
) -> str:
    """A pupil with a proven guardian; returns the pupil's id."""
    student = new_id()
    values = {
        "student": student,
        "membership": new_id(),
        "guardianship": new_id(),
        "class": UUID(school_class),
        "subject": guardian,
        "group": group,
        "since": since or china_date(utc_now()) - timedelta(days=200),
        "at": utc_now(),
    }
    await session.execute(_CHILD, values)
    return str(student)


async def tell_calendar(
    service: Service, *, name: str = TERM, starts_on: date | None = None, ends_on: date | None = None
) -> UUID:
    """A school term, from 60 days ago for 121 days, and the calendars of its years; returns the term's id."""
    today, at = china_date(utc_now()), utc_now()
    first, last = starts_on or today - timedelta(days=60), ends_on or today + timedelta(days=60)
    term = SchoolTermSet(
        term_id=new_id(), period="term", name=name, district=None, starts_on=first, ends_on=last, source="test", at=at
    )
    years = [
        CalendarYearPublished(year_id=new_id(), year=year, source="test", days=HOLIDAYS.get(year, []), at=at)
        for year in range(first.year - 1, last.year + 2)
    ]
    async with service.sessions.begin() as session:
        await INBOX.handle(session, deliver_all([term, *years]))
    return term.term_id


HOLIDAYS: dict[int, list[CalendarDay]] = {}


_ATTENDED = text(
    """
    WITH held AS (
        INSERT INTO course_session (id, version, offering_id, school_id, term_id, on_day, weekday, number, starts_at,
                                    ends_at, care, state, taken_at, present, absent, led)
        SELECT :id, 1, id, school_id, term_id, :day, extract(isodow FROM CAST(:day AS date)), 1, :at,
               :ends, 'after_school', 'planned', :at, cardinality(:students), 0, 'present'
        FROM offering WHERE id = :offering
        RETURNING id, school_id
    )
    INSERT INTO attendance (id, session_id, school_id, person_id, teacher, state, version, marked_at)
    SELECT gen_random_uuid(), held.id, held.school_id, student, false, 'present', 1, :at
    FROM held CROSS JOIN unnest(:students) AS student
    """
).bindparams(bindparam("students", type_=ARRAY(Uuid)))


async def attend(session: AsyncSession, offering: str, students: Iterable[str]) -> None:
    """These children were at a session of an offering today."""
    at = utc_now()
    values = {
        "id": new_id(),
        "offering": UUID(offering),
        "day": china_date(at),
        "at": at,
        "ends": at + timedelta(hours=1),
    }
    await session.execute(_ATTENDED, values | {"students": list(map(UUID, students))})
