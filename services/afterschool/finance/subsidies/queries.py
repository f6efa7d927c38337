"""What classes did in a term, what was posted for them, and runs with their lines."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from contextlib import suppress
from datetime import date
from typing import Any, Final
from uuid import UUID

from sqlalchemy import ARRAY, Uuid, bindparam, func, or_, select, text
from sqlalchemy.ext.asyncio import AsyncSession

from services.afterschool.delivery.attendance.queries import WAS_THERE
from services.afterschool.delivery.sessions.queries import HELD
from services.afterschool.finance.subsidies.domain import (
    OPEN,
    SubsidyLine,
    SubsidyRun,
    SubsidyRunNotFound,
    SubsidyRunState,
)
from services.afterschool.finance.subsidies.postings import ClassFacts, Programme, Rule, Rules
from services.afterschool.roster.schools.domain import School
from services.afterschool.roster.schools.reach import within_reach
from services.afterschool.roster.terms import queries as terms
from services.afterschool.roster.terms.domain import Term, TermNotFound
from services.afterschool.rulebook.norms import queries as norms
from services.afterschool.rulebook.norms.domain import NormName, NormUnknown
from shared.data.database import allowing
from shared.http.policies import Principal
from shared.http.reads import Statement, given, instant, page_statement

LONGEST: Final = 600.0
"""Seconds for reading the attendance of one district."""

_RUN = f"""
SELECT id, version, term, district, state, lines, total, computed_by, {instant("asked_at")},
       {instant("computed_at")}, reviewed_by,
       {instant("reviewed_at")}, locked_by, {instant("locked_at")}, {instant("discarded_at")}, discard_reason
FROM subsidy_run WHERE {{where}}
"""  # noqa: S608 -- column names of ours

_LINE = """
SELECT subsidy_line.id, class_id, school_id, programme, grade, days, sessions, least_days, least_minutes, end_minute,
       year_amount, amount_norm_id, days_norm_id, minutes_norm_id, end_norm_id, share_norm_id, target, posted, posting
FROM subsidy_line JOIN school ON school.id = school_id
WHERE {where}
"""

_SCHOOL = """
SELECT school.id, school.name, school.district, sums.* FROM school
CROSS JOIN LATERAL (SELECT $2::uuid AS id) run
JOIN LATERAL (
    SELECT count(DISTINCT class_id)::int AS classes,
           coalesce(sum(posting) FILTER (WHERE programme = 'primary_class'), 0)::bigint AS primary_class,
           coalesce(sum(posting) FILTER (WHERE programme = 'principal_fund'), 0)::bigint AS principal_fund,
           coalesce(sum(posting) FILTER (WHERE programme = 'principal_fund_junior'), 0)::bigint
               AS principal_fund_junior,
           coalesce(sum(posting), 0)::bigint AS total
    FROM subsidy_line WHERE run_id = run.id AND school_id = school.id
) sums ON classes > 0
WHERE {where}
"""

_FACTS = text(
    f"""
    WITH there AS (
        SELECT DISTINCT membership.class_id, course_session.id, course_session.on_day, starts_at, ends_at
        FROM course_session
        JOIN school ON school.id = course_session.school_id
        JOIN attendance ON attendance.session_id = course_session.id AND NOT teacher AND {WAS_THERE}
        JOIN membership ON membership.student_id = attendance.person_id AND valid_from <= on_day
                       AND (valid_to IS NULL OR valid_to > on_day)
        WHERE school.district = :district AND on_day BETWEEN :first AND :last AND {HELD} AND care = 'after_school'
    ), by_day AS (
        SELECT class_id, on_day, count(*) AS sessions, range_agg(tstzrange(starts_at, ends_at)) AS times,
               max((ends_at AT TIME ZONE 'Asia/Shanghai')::time) AS ended
        FROM there GROUP BY class_id, on_day
    ), kept AS (
        -- Sessions of one class at the same time count once: minutes are those of the union.
        SELECT class_id, count(*)::int AS days, sum(sessions)::int AS sessions FROM by_day
        WHERE (SELECT sum(extract(epoch FROM upper(one) - lower(one))) FROM unnest(times) AS one) >= 60 * :minutes
          AND extract(epoch FROM ended) >= 60 * :end_minute
        GROUP BY class_id
    )
    SELECT school_class.id AS class_id, school_class.school_id, school_class.grade,
           coalesce(kept.days, 0) AS days, coalesce(kept.sessions, 0) AS sessions
    FROM school_class
    JOIN school ON school.id = school_class.school_id
    LEFT JOIN kept ON kept.class_id = school_class.id
    WHERE school.district = :district AND (school_year = :year OR school_class.id = ANY (:also))
    ORDER BY school_class.id
    """  # noqa: S608 -- SQL of ours
).bindparams(bindparam("also", type_=ARRAY(Uuid)))

_EXPORT = text(
    """
    SELECT school.code AS school_code, school.name AS school, school.district, school_class.code AS class_code,
           school_class.name AS class, subsidy_line.grade, programme, days, sessions, least_days, least_minutes,
           end_minute, norm.source, norm.valid_from, norm.id AS norm_id, year_amount, target, posted, posting
    FROM subsidy_line
    JOIN school ON school.id = subsidy_line.school_id
    JOIN school_class ON school_class.id = class_id
    JOIN norm ON norm.id = amount_norm_id
    WHERE run_id = :run
    ORDER BY school.code, school_class.code, class_id, programme
    """
).bindparams(bindparam("run", type_=Uuid))


async def districts_of(session: AsyncSession, district: str | None) -> Sequence[str]:
    """The districts of a run that have schools; all of them without one named."""
    wanted = select(School.district).distinct().order_by(School.district)
    if district is not None:
        wanted = wanted.where(School.district == district)
    return (await session.scalars(wanted)).all()


async def terms_of(session: AsyncSession, name: str, districts: Iterable[str]) -> Mapping[str, Term]:
    """The term of this name in each of these districts that has one."""
    found = {}
    for district in districts:
        with suppress(TermNotFound):
            found[district] = await terms.term_named(session, name, district=district)
    return found


async def one_at_a_time(session: AsyncSession, term: str) -> None:
    """Until this transaction ends, nobody else asks for a run of the term: a run of the city and one of a district
    would count the same classes, and no index compares the two."""
    await session.execute(select(func.pg_advisory_xact_lock(func.hashtextextended(f"subsidies {term}", 0))))


async def rules_of(session: AsyncSession, district: str, *, on: date) -> Rules:
    """The norms in force on a day in a district. Raises `NormUnknown`."""
    names = {
        "primary_class": NormName.SUBSIDY_PRIMARY_CLASS,
        "principal_fund": NormName.SUBSIDY_PRINCIPAL_FUND,
        "junior_share": NormName.SUBSIDY_JUNIOR_SHARE,
        "least_days": NormName.SUBSIDY_DAYS,
        "least_minutes": NormName.SERVICE_MINUTES,
        "end_minute": NormName.SERVICE_END,
    }
    found = await norms.norms_in_force(session, names.values(), on=on, district=district)
    for name in names.values():
        if name not in found:
            raise NormUnknown(name=name.value)
    return Rules(**{field: Rule(found[name].id, found[name].value) for field, name in names.items()})


async def class_facts(
    session: AsyncSession,
    district: str,
    *,
    first: date,
    last: date,
    school_year: int,
    minutes: int,
    end_minute: int,
    also: Collection[UUID],
) -> Sequence[ClassFacts]:
    """The classes of a district in a school year, and `also` these: the days from `first` to `last` on which sessions
    that children of the class attended lasted at least so many minutes and ended no earlier than this minute of the
    day, and the sessions of these days."""
    values = {
        "district": district,
        "first": first,
        "last": last,
        "year": school_year,
        "minutes": minutes,
        "end_minute": end_minute,
        "also": list(also),
    }
    async with allowing(session, LONGEST):
        rows = (await session.execute(_FACTS, values)).all()
    return [ClassFacts(**row._mapping) for row in rows]


async def posted(session: AsyncSession, term: str) -> Mapping[tuple[UUID, Programme], int]:
    """The sum of the locked runs of a term, by class and programme."""
    wanted = (
        select(SubsidyLine.class_id, SubsidyLine.programme, func.sum(SubsidyLine.posting))
        .join(SubsidyRun, SubsidyRun.id == SubsidyLine.run_id)
        .where(SubsidyRun.term == term, SubsidyRun.state == SubsidyRunState.LOCKED)
        .group_by(SubsidyLine.class_id, SubsidyLine.programme)
    )
    rows = (await session.execute(wanted)).all()
    return {(class_id, Programme(programme)): int(total) for class_id, programme, total in rows}


async def has_open_run(session: AsyncSession, term: str, district: str | None) -> bool:
    """Whether a run of the term is open that counts classes of this district, or of any without one named."""
    wanted = select(SubsidyRun.id).where(SubsidyRun.term == term, SubsidyRun.state.in_(OPEN))
    if district is not None:
        wanted = wanted.where(or_(SubsidyRun.district.is_(None), SubsidyRun.district == district))
    return await session.scalar(wanted.limit(1)) is not None


async def next_to_compute(session: AsyncSession) -> UUID | None:
    wanted = select(SubsidyRun.id).where(SubsidyRun.state == SubsidyRunState.COMPUTING).order_by(SubsidyRun.id)
    found: UUID | None = await session.scalar(wanted.limit(1))
    return found


async def run(session: AsyncSession, run_id: UUID) -> SubsidyRun:
    found = await session.get(SubsidyRun, run_id)
    if found is None:
        raise SubsidyRunNotFound
    return found


async def run_for_update(session: AsyncSession, run_id: UUID) -> SubsidyRun:
    found = await session.get(SubsidyRun, run_id, with_for_update=True, populate_existing=True)
    if found is None:
        raise SubsidyRunNotFound
    return found


def runs_page(*, term: str | None, district: str | None, state: str | None, after: str | None, limit: int) -> Statement:
    wanted = given(("term = {}", term), ("district = {}", district), ("state = {}", state), ("id > {}::uuid", after))
    return page_statement(_RUN, wanted, sort="id", limit=limit)


def lines_page(
    caller: Principal, run_id: UUID, *, school: UUID | None, programme: str | None, after: str | None, limit: int
) -> Statement | None:
    reach = within_reach(caller)
    if reach is None:
        return None
    wanted = given(
        ("run_id = {}::uuid", run_id),
        ("school_id = {}::uuid", school),
        ("programme = {}", programme),
        ("subsidy_line.id > {}::uuid", after),
    )
    return page_statement(_LINE, [*reach, *wanted], sort="id", limit=limit)


def schools_page(caller: Principal, run_id: UUID, *, after: str | None, limit: int) -> Statement | None:
    reach = within_reach(caller)
    if reach is None:
        return None
    # The run is always the second value: the item's own column needs it.
    wanted = given(("run.id = {}::uuid", run_id), ("school.id > {}::uuid", after))
    return page_statement(_SCHOOL, [wanted[0], *reach, *wanted[1:]], sort="id", limit=limit)


async def export_rows(session: AsyncSession, run_id: UUID) -> Sequence[Any]:
    """All lines of a run with names, in the order of schools and classes."""
    return (await session.execute(_EXPORT, {"run": run_id})).all()
