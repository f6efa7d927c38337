"""Homework of a class by day and week, the weeks of many classes, and reports on training institutions."""

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Final
from uuid import UUID

import orjson
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from services.afterschool.quality.homework.domain import (
    BANDS,
    HomeworkDay,
    HomeworkEntry,
    Week,
    limit_of,
    monday_of,
    week_of,
    written,
)
from services.afterschool.roster.classes.domain import SchoolClass
from services.afterschool.roster.schools.domain import School
from services.afterschool.roster.schools.reach import school_of, within_reach
from services.afterschool.roster.terms import queries as terms
from services.afterschool.rulebook.norms import queries as norms
from services.afterschool.rulebook.norms.domain import NormUnknown
from shared.http.policies import Principal
from shared.http.reads import Condition, Statement, given, instant, page_statement

_WEEK: Final = timedelta(days=6)

_DAY = f"""
SELECT homework_day.id, homework_day.version, class_id, homework_day.school_id, on_day AS "on", entries,
       written_minutes, {instant("declared_at")}
FROM homework_day JOIN school ON school.id = homework_day.school_id
WHERE {{where}}
"""  # noqa: S608 -- column names of ours

_CLASS_WEEK = """
SELECT school_class.id, school_class.school_id, school_class.name, school_class.grade, frame.monday,
       band.most AS limit_minutes, cardinality(band.school_days) AS school_days, week.minutes AS written_minutes,
       ceil(week.minutes * 10.0 / nullif(cardinality(band.school_days), 0))::int AS average_tenths,
       week.minutes > band.most * cardinality(band.school_days) AS over, week.rest_days_over
FROM school_class
JOIN school ON school.id = school_class.school_id
CROSS JOIN LATERAL (SELECT $2::jsonb AS bands, $3::date AS monday) frame
JOIN LATERAL jsonb_to_recordset(frame.bands)
    AS band (district text, first_grade int, last_grade int, most int, school_days date[])
    ON band.district = school.district AND school_class.grade BETWEEN band.first_grade AND band.last_grade
CROSS JOIN LATERAL (
    SELECT count(*) AS declared,
           coalesce(sum(written_minutes) FILTER (WHERE on_day = ANY (band.school_days)), 0)::int AS minutes,
           coalesce(array_agg(on_day ORDER BY on_day)
                    FILTER (WHERE on_day <> ALL (band.school_days) AND written_minutes > band.most), '{{}}')
               AS rest_days_over
    FROM homework_day
    WHERE class_id = school_class.id AND on_day BETWEEN frame.monday AND frame.monday + 6
) week
WHERE week.declared > 0 AND {where}
"""

_REPORT = f"""
SELECT homework_report.id, homework_report.version, homework_report.institution_id, on_day AS "on", subject,
       homework_report.text, source, school_id, {instant("reported_at")}
FROM homework_report JOIN provider ON provider.institution_id = homework_report.institution_id
WHERE {{where}}
"""  # noqa: S608 -- column names of ours


def days_page(
    caller: Principal,
    *,
    school: UUID | None,
    school_class: UUID | None,
    first: date | None,
    last: date | None,
    after: str | None,
    limit: int,
) -> Statement | None:
    reach = within_reach(caller)
    if reach is None:
        return None
    wanted = given(
        ("homework_day.school_id = {}::uuid", school),
        ("class_id = {}::uuid", school_class),
        ("on_day >= {}::date", first),
        ("on_day <= {}::date", last),
        ("homework_day.id > {}::uuid", after),
    )
    return page_statement(_DAY, [*reach, *wanted], sort="id", limit=limit)


async def class_weeks_page(
    session: AsyncSession,
    caller: Principal,
    *,
    monday: date,
    over: bool | None,
    school: UUID | None,
    grade: int | None,
    after: str | None,
    limit: int,
) -> Statement | None:
    """The week of each class that declared homework in it. Raises `CalendarUnknown` and `NormUnknown`."""
    reach = within_reach(caller)
    if reach is None:
        return None
    frame = orjson.dumps(await _bands(session, monday)).decode()
    # The frame is always the second and third value: the item's own columns need it.
    fixed: list[Condition] = [("frame.bands = {}::jsonb", frame), ("frame.monday = {}::date", monday)]
    too_much = "(week.minutes > band.most * cardinality(band.school_days) OR week.rest_days_over <> '{{}}')"
    wanted = given(
        (f"{too_much} = {{}}", over),
        ("school_class.school_id = {}::uuid", school),
        ("school_class.grade = {}", grade),
        ("school_class.id > {}::uuid", after),
    )
    return page_statement(_CLASS_WEEK, [*fixed, *reach, *wanted], sort="id", limit=limit)


async def _bands(session: AsyncSession, monday: date) -> list[dict[str, object]]:
    """The limit of each band of grades in each district, and the school days of the week there."""
    found: list[dict[str, object]] = []
    for district in await session.scalars(select(School.district).distinct()):
        days = await terms.school_days_of(session, monday, monday + _WEEK, district=district)
        limits = await norms.norms_in_force(session, [name for *_, name in BANDS], on=monday, district=district)
        for first, last, name in BANDS:
            if name not in limits:
                raise NormUnknown(name=name.value)
            found.append(
                {
                    "district": district,
                    "first_grade": first,
                    "last_grade": last,
                    "most": limits[name].value,
                    "school_days": days,
                }
            )
    return found


async def day_of(session: AsyncSession, class_id: UUID, on: date) -> HomeworkDay | None:
    """What was declared of a class for a day, locked."""
    wanted = select(HomeworkDay).where(HomeworkDay.class_id == class_id, HomeworkDay.on == on)
    found: HomeworkDay | None = await session.scalar(wanted.with_for_update().execution_options(populate_existing=True))
    return found


async def weeks_of(
    session: AsyncSession,
    school_class: SchoolClass,
    school: School,
    *,
    first: date,
    weeks: int,
    instead: tuple[date, Sequence[HomeworkEntry]] | None = None,
) -> Sequence[Week]:
    """Consecutive weeks of a class from that of `first` on, with other entries for one day. The limit of a week is the
    one in force on its Monday. Raises `CalendarUnknown` and `NormUnknown`."""
    monday = monday_of(first)
    last = monday + timedelta(days=7 * weeks - 1)
    open_days = await terms.school_days_of(session, monday, last, district=school.district)
    wanted = select(HomeworkDay).where(HomeworkDay.class_id == school_class.id, HomeworkDay.on.between(monday, last))
    declared = {day.on: day.assignments() for day in await session.scalars(wanted)}
    if instead is not None:
        declared[instead[0]] = written(*instead)
    assignments = [one for day in declared.values() for one in day]
    name, found = limit_of(school_class.grade), []
    for number in range(weeks):
        begins = monday + timedelta(days=7 * number)
        limit = await norms.value_of(session, name, on=begins, district=school.district)
        found.append(week_of(begins, assignments, school_days=open_days, limit=limit))
    return found


def reports_page(
    caller: Principal, *, institution: UUID | None, source: str | None, after: str | None, limit: int
) -> Statement | None:
    """Guardians see their own reports, staff those of their school, officers those on institutions of the district."""
    reach = _reports_within_reach(caller)
    if reach is None:
        return None
    wanted = given(
        ("homework_report.institution_id = {}::uuid", institution),
        ("source = {}", source),
        ("homework_report.id > {}::uuid", after),
    )
    return page_statement(_REPORT, [*reach, *wanted], sort="id", limit=limit)


def _reports_within_reach(caller: Principal) -> list[Condition] | None:
    if caller.covers():
        return []
    if "district_officer" in caller.roles:
        place = given(("provider.district = {}", caller.district), ("provider.street = {}", caller.street))
        return list(place)
    if "guardian" in caller.roles:
        return [("reported_by = {}", caller.subject)]
    own = school_of(caller)
    return None if own is None else [("school_id = {}::uuid", own)]
