"""Reading allocations, choices and results."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Date, Uuid, bindparam, select, text
from sqlalchemy.ext.asyncio import AsyncSession

from services.afterschool.placement.allocations.domain import (
    SLOT_JOINED,
    Allocation,
    AllocationNotFound,
    AllocationState,
    DrawnList,
    DrawnMarket,
    DrawnOffering,
    MarketNotFound,
    Preference,
    slots_of,
)
from services.afterschool.placement.allocations.lottery import Draw, Key, numbers
from services.afterschool.placement.allocations.market import Child, Market
from services.afterschool.placement.allocations.market import Offering as Listed
from services.afterschool.placement.allocations.mechanism import Allocation as Result
from services.afterschool.placement.allocations.mechanism import CutOff, Seat
from services.afterschool.placement.allocations.sequence import Outcome
from services.afterschool.programme.offerings import queries as offerings
from services.afterschool.programme.offerings.domain import Mode, Offering, SeatPool
from services.afterschool.roster.schools.domain import School
from services.afterschool.roster.schools.reach import reaches
from services.afterschool.sealing import Sealer
from shared.http.policies import Principal


async def allocation(session: AsyncSession, allocation_id: UUID, *, for_update: bool = False) -> Allocation:
    """Any allocation: what it promises is public. Raises `AllocationNotFound`."""
    found = await session.get(
        Allocation, allocation_id, with_for_update=for_update or None, populate_existing=for_update
    )
    if found is None:
        raise AllocationNotFound
    return found


async def allocation_to_keep(session: AsyncSession, allocation_id: UUID, caller: Principal) -> Allocation:
    """An allocation within reach, locked. Raises `AllocationNotFound`."""
    found = await allocation(session, allocation_id, for_update=True)
    if not await may_keep(session, found.school_id, found.district, caller):
        raise AllocationNotFound
    return found


async def may_keep(session: AsyncSession, school_id: UUID | None, district: str | None, caller: Principal) -> bool:
    """Whether the caller decides for a school, a district, or the whole city."""
    if school_id is not None:
        school = await session.get(School, school_id)
        return school is not None and reaches(caller, school)
    return caller.covers(district=district) if district is not None else caller.covers()


async def allocations(
    session: AsyncSession, *, term_id: UUID | None, after: UUID | None, limit: int
) -> Sequence[Allocation]:
    wanted = select(Allocation).order_by(Allocation.id).limit(limit)
    if term_id is not None:
        wanted = wanted.where(Allocation.term_id == term_id)
    if after is not None:
        wanted = wanted.where(Allocation.id > after)
    return (await session.scalars(wanted)).all()


async def next_to_draw(session: AsyncSession) -> UUID | None:
    wanted = select(Allocation.id).where(Allocation.state == AllocationState.DRAWING).order_by(Allocation.id).limit(1)
    found: UUID | None = await session.scalar(wanted)
    return found


async def preferences_of(session: AsyncSession, allocation_id: UUID, student_id: UUID) -> Sequence[Preference]:
    wanted = select(Preference).where(Preference.allocation_id == allocation_id, Preference.student_id == student_id)
    return (await session.scalars(wanted.order_by(Preference.slots))).all()


async def offerings_of(session: AsyncSession, known: Allocation) -> Sequence[Offering]:
    """The offerings that an allocation covers, locked in the order of their ids."""
    wanted = (
        select(Offering.id)
        .join(School, School.id == Offering.school_id)
        .where(Offering.term_id == known.term_id, Offering.mode == Mode.ALLOCATION, Offering.frozen_at.is_(None))
    )
    if known.school_id is not None:
        wanted = wanted.where(Offering.school_id == known.school_id)
    if known.district is not None:
        wanted = wanted.where(School.district == known.district)
    ids = (await session.scalars(wanted)).all()
    return list((await offerings.locked_in_order(session, ids)).values())


async def slots_by_offering(session: AsyncSession, found: Sequence[Offering]) -> Mapping[UUID, tuple[str, ...]]:
    periods: dict[UUID, list[Any]] = {one.id: [] for one in found}
    for period in await offerings.periods(session, periods.keys()):
        periods[period.offering_id].append(period)
    return {one.id: slots_of(one, periods[one.id]) for one in found}


async def pools_of(session: AsyncSession, ids: Collection[UUID]) -> Mapping[UUID, list[SeatPool]]:
    """The seats by offering, reserves first in the published order."""
    found: dict[UUID, list[SeatPool]] = {one: [] for one in ids}
    wanted = select(SeatPool).where(SeatPool.offering_id.in_(ids)).execution_options(populate_existing=True)
    for pool in await session.scalars(wanted):
        found[pool.offering_id].append(pool)
    return found


_WISHES: Final = text(
    """
    SELECT preference.student_id, preference.slots, preference.choices, student.credit,
           membership.school_id, membership.grade
    FROM preference
    JOIN student ON student.id = preference.student_id
    JOIN membership ON membership.student_id = preference.student_id
        AND membership.valid_from <= :today AND (membership.valid_to IS NULL OR membership.valid_to > :today)
    WHERE preference.allocation_id = :allocation
    """
).bindparams(bindparam("allocation", type_=Uuid), bindparam("today", type_=Date))

_GROUPS: Final = text(
    """
    SELECT student_id, "group" FROM student_group
    WHERE valid_from <= :today AND (valid_to IS NULL OR valid_to > :today)
      AND student_id IN (SELECT student_id FROM preference WHERE allocation_id = :allocation)
    """
).bindparams(bindparam("allocation", type_=Uuid), bindparam("today", type_=Date))

_BUSY: Final = text(
    """
    SELECT holder_id, weekday || '-' || number || '-' || half AS slot FROM occupation
    WHERE term_id = :term AND holder_id IN (SELECT student_id FROM preference WHERE allocation_id = :allocation)
    """
).bindparams(bindparam("allocation", type_=Uuid), bindparam("term", type_=Uuid))


@dataclass(frozen=True, slots=True)
class Wish:
    """A child's choices in some slots, on the day of the draw."""

    student_id: UUID
    slots: str
    choices: Sequence[UUID]
    groups: Collection[str]
    credit: int


async def wishes(
    session: AsyncSession, known: Allocation, offerings_by_id: Mapping[UUID, Offering], *, on: date
) -> Iterator[Wish]:
    """The choices that still hold on the day of the draw: of pupils of the school and grade who are free then."""
    values = {"allocation": known.id, "today": on}
    groups: dict[UUID, set[str]] = {}
    for row in await session.execute(_GROUPS, values):
        groups.setdefault(row.student_id, set()).add(row.group)
    busy: dict[UUID, set[str]] = {}
    for row in await session.execute(_BUSY, {"allocation": known.id, "term": known.term_id}):
        busy.setdefault(row.holder_id, set()).add(row.slot)
    rows = (await session.execute(_WISHES, values)).all()

    def holding() -> Iterator[Wish]:
        for row in rows:
            if not busy.get(row.student_id, set()).isdisjoint(row.slots.split(SLOT_JOINED)):
                continue
            choices = [
                one
                for one in row.choices
                if (offering := offerings_by_id.get(one)) is not None
                and offering.school_id == row.school_id
                and row.grade in offering.grades
            ]
            if choices:
                yield Wish(row.student_id, row.slots, choices, groups.get(row.student_id, ()), row.credit)

    return holding()


_DECLINED: Final = text(
    """
    SELECT DISTINCT enrolment.student_id FROM enrolment
    JOIN offering ON offering.id = enrolment.offering_id
    WHERE offering.term_id = :term AND enrolment.ending = 'declined'
    """
).bindparams(bindparam("term", type_=Uuid))


async def declined_in(session: AsyncSession, term_id: UUID) -> set[UUID]:
    """Children who declined an offered seat in a term."""
    return set(await session.scalars(_DECLINED, {"term": term_id}))


async def drawn_markets(session: AsyncSession, allocation_id: UUID) -> Sequence[DrawnMarket]:
    wanted = select(DrawnMarket).where(DrawnMarket.allocation_id == allocation_id).order_by(DrawnMarket.name)
    return (await session.scalars(wanted)).all()


async def drawn_offerings(
    session: AsyncSession, allocation_id: UUID, *, market: str | None = None, ids: Collection[UUID] | None = None
) -> Sequence[DrawnOffering]:
    """The frozen pools and their cut-offs, in the published order."""
    wanted = select(DrawnOffering).where(DrawnOffering.allocation_id == allocation_id)
    if market is not None:
        wanted = wanted.where(DrawnOffering.market == market)
    if ids is not None:
        wanted = wanted.where(DrawnOffering.offering_id.in_(ids))
    return (await session.scalars(wanted.order_by(DrawnOffering.offering_id, DrawnOffering.place))).all()


async def drawn_lists(
    session: AsyncSession, allocation_id: UUID, *, student_id: UUID | None = None, market: str | None = None
) -> Sequence[DrawnList]:
    wanted = select(DrawnList).where(DrawnList.allocation_id == allocation_id)
    if student_id is not None:
        wanted = wanted.where(DrawnList.student_id == student_id)
    if market is not None:
        wanted = wanted.where(DrawnList.market == market)
    return (await session.scalars(wanted.order_by(DrawnList.market, DrawnList.child))).all()


@dataclass(frozen=True, slots=True)
class Drawn:
    """Everything needed to explain a result, or to draw it again."""

    allocation: Allocation
    draw: Draw
    markets: Mapping[str, DrawnMarket]


async def drawn(session: AsyncSession, known: Allocation, sealer: Sealer) -> Drawn:
    """The seed of a drawn allocation, and its markets."""
    assert known.public_value is not None
    markets = {one.name: one for one in await drawn_markets(session, known.id)}
    inputs = {name: one.input_hash for name, one in markets.items()}
    return Drawn(known, Draw(known.opened_secret(sealer), known.public_value, inputs), markets)


async def outcome(session: AsyncSession, result: Drawn, name: str) -> Outcome:
    """One market as it was drawn, rebuilt from what is stored. Raises `MarketNotFound`."""
    market = result.markets.get(name)
    if market is None:
        raise MarketNotFound(pointer="/market")
    pools = await drawn_offerings(session, result.allocation.id, market=name)
    lists = await drawn_lists(session, result.allocation.id, market=name)
    term = name.split("|")[1]
    frozen = Market(
        str(market.school_id),
        term,
        tuple(market.slots),
        tuple(listed(pools).values()),
        tuple(Child(one.child, tuple(map(str, one.choices)), tuple(one.groups), one.credit) for one in lists),
    )
    seats = {
        one.child: Seat(str(one.offering_id), one.pool)
        for one in lists
        if one.offering_id is not None and one.pool is not None
    }
    left = {one.child: one.left_for for one in lists if one.left_for is not None}
    return Outcome(frozen, numbers(result.draw.seed, frozen), left, Result(seats, tuple(cutoffs(pools))))


def listed(pools: Sequence[DrawnOffering]) -> dict[str, Listed]:
    """The offerings as frozen, by id."""
    found: dict[str, list[tuple[str, int]]] = {}
    for pool in pools:
        rows = found.setdefault(str(pool.offering_id), [])
        if pool.listed:
            rows.append((pool.group, pool.size))
    return {offering_id: Listed(offering_id, tuple(rows)) for offering_id, rows in found.items()}


def cutoffs(pools: Sequence[DrawnOffering]) -> Iterator[CutOff]:
    for pool in pools:
        last = None if pool.last_number is None else Key(pool.last_credit or 0, pool.last_number)
        yield CutOff(str(pool.offering_id), pool.group, pool.seats, pool.admitted, last)
