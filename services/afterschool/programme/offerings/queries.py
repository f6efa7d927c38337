"""Reading offerings, their seats and their periods."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from services.afterschool.programme.offerings.domain import Offering, OfferingNotFound, OfferingPeriod, SeatPool
from services.afterschool.roster.schools.domain import School
from services.afterschool.roster.schools.reach import may_look, reaches, within_reach
from shared.http.policies import Principal
from shared.http.reads import Statement, given, instant, page_statement

_ITEM = f"""
SELECT offering.id, offering.version, offering.school_id, offering.name, category, item, term, term_id, mode, care,
       grades, first_week, last_week, room, teacher_id, provider_id, outside_person_id, fee, offer_hours,
       seats.capacity, seats.enrolled, seats.offered, seats.waiting, seats.pools, weekly.periods,
       {instant("opens_at")}, {instant("closes_at")}, {instant("frozen_at")}, frozen_for,
       {instant("published_at")}, {instant("changed_at")},
       CASE WHEN clock.at < opens_at THEN 'scheduled' WHEN clock.at < closes_at THEN 'open' ELSE 'closed' END
           AS "window"
FROM offering
JOIN school ON school.id = offering.school_id
CROSS JOIN LATERAL (SELECT $2::timestamptz AS at) clock
CROSS JOIN LATERAL (
    SELECT sum(size)::int AS capacity, sum(enrolled)::int AS enrolled, sum(offered)::int AS offered,
           coalesce(max(waiting) FILTER (WHERE "group" = 'general'), 0) AS waiting,
           json_agg(json_build_object('group', "group", 'size', size, 'enrolled', enrolled, 'offered', offered,
                                      'waiting', waiting, 'release_at', to_char(release_at AT TIME ZONE 'UTC',
                                                                                'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'))
                    ORDER BY "group") AS pools
    FROM seat_pool WHERE offering_id = offering.id
) seats
CROSS JOIN LATERAL (
    SELECT coalesce(json_agg(json_build_object('weekday', weekday, 'number', number,
                                               'starts_at', starts_at, 'ends_at', ends_at)
                             ORDER BY weekday, number), '[]'::json) AS periods
    FROM offering_period WHERE offering_id = offering.id
) weekly
WHERE {{where}}
"""  # noqa: S608 -- column names of ours


def offerings_page(
    caller: Principal,
    *,
    school: UUID | None,
    category: str | None,
    item: str | None,
    term: str | None,
    at: datetime,
    after: str | None,
    limit: int,
) -> Statement | None:
    reach = [] if "guardian" in caller.roles else within_reach(caller)
    if reach is None:
        return None
    wanted = given(
        ("offering.school_id = {}::uuid", school),
        ("category = {}", category),
        ("item = {}", item),
        ("term = {}", term),
        ("offering.id > {}::uuid", after),
    )
    # The clock is always the second value: the item's own column needs it.
    return page_statement(_ITEM, [("clock.at = {}", at), *reach, *wanted], sort="id", limit=limit)


async def offering(session: AsyncSession, offering_id: UUID, caller: Principal) -> Offering:
    found, school = await _with_school(session, offering_id)
    if not may_look(caller, school):
        raise OfferingNotFound
    return found


async def offering_within_reach(session: AsyncSession, offering_id: UUID, caller: Principal) -> Offering:
    """An offering of a school whose data the caller may read in detail. Raises `OfferingNotFound`."""
    found, school = await _with_school(session, offering_id)
    if not reaches(caller, school):
        raise OfferingNotFound
    return found


async def offering_for_update(session: AsyncSession, offering_id: UUID, caller: Principal) -> Offering:
    await offering_within_reach(session, offering_id, caller)
    return await locked(session, offering_id)


async def locked(session: AsyncSession, offering_id: UUID) -> Offering:
    """The offering, locked and re-read: every decision about its seats goes through this row."""
    return (await locked_in_order(session, [offering_id]))[offering_id]


async def locked_in_order(session: AsyncSession, offering_ids: Collection[UUID]) -> Mapping[UUID, Offering]:
    """Offerings locked in the order of their ids, before any student is locked.

    Without populate_existing a row that this session has read before would stay as it was then.
    """
    wanted = select(Offering).where(Offering.id.in_(offering_ids)).order_by(Offering.id)
    rows = await session.scalars(wanted.with_for_update(key_share=True).execution_options(populate_existing=True))
    return {found.id: found for found in rows}


async def pools(session: AsyncSession, offering_id: UUID) -> Sequence[SeatPool]:
    """The seats of an offering, re-read; changed only by whoever holds the lock of the offering."""
    wanted = select(SeatPool).where(SeatPool.offering_id == offering_id).order_by(SeatPool.group)
    return (await session.scalars(wanted.execution_options(populate_existing=True))).all()


async def names(session: AsyncSession, offering_ids: Collection[UUID]) -> Mapping[UUID, str]:
    """The names of offerings by id."""
    rows = await session.execute(select(Offering.id, Offering.name).where(Offering.id.in_(offering_ids)))
    return {row.id: row.name for row in rows}


async def periods(session: AsyncSession, offering_ids: Collection[UUID]) -> Sequence[OfferingPeriod]:
    """The weekly lessons of offerings, in order."""
    wanted = select(OfferingPeriod).where(OfferingPeriod.offering_id.in_(offering_ids))
    ordered = wanted.order_by(OfferingPeriod.offering_id, OfferingPeriod.weekday, OfferingPeriod.number)
    return (await session.scalars(ordered)).all()


async def periods_of_school(session: AsyncSession, school_id: UUID, term_id: UUID) -> Sequence[OfferingPeriod]:
    """All weekly lessons of a school in a term."""
    wanted = (
        select(OfferingPeriod)
        .join(Offering, Offering.id == OfferingPeriod.offering_id)
        .where(Offering.school_id == school_id, Offering.term_id == term_id)
    )
    return (await session.scalars(wanted)).all()


async def offerings_of_term(session: AsyncSession, school_id: UUID, term_id: UUID) -> Sequence[UUID]:
    """The ids of a school's offerings of a term."""
    wanted = select(Offering.id).where(Offering.school_id == school_id, Offering.term_id == term_id)
    return (await session.scalars(wanted.order_by(Offering.id))).all()


async def _with_school(session: AsyncSession, offering_id: UUID) -> tuple[Offering, School]:
    wanted = select(Offering, School).join(School, School.id == Offering.school_id).where(Offering.id == offering_id)
    found = (await session.execute(wanted)).one_or_none()
    if found is None:
        raise OfferingNotFound
    return found[0], found[1]
