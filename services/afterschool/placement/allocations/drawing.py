"""The draw: from the choices as they stand, to seats, cut-offs, facts and credits.

The choices are read, the lots drawn without an open transaction, and everything is stored in one. If the seats of an
offering changed meanwhile, nothing is stored and the lots are drawn again.
"""

import asyncio
from collections import Counter
from collections.abc import Container, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from sqlalchemy import ARRAY, Integer, Uuid, bindparam, select, text
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker

from services.afterschool.placement.allocations import queries
from services.afterschool.placement.allocations.checker import term_faults
from services.afterschool.placement.allocations.credits import credits_after
from services.afterschool.placement.allocations.domain import SLOT_JOINED, Allocation, AllocationState
from services.afterschool.placement.allocations.lottery import Draw
from services.afterschool.placement.allocations.market import GENERAL, Child, Market
from services.afterschool.placement.allocations.market import Offering as Listed
from services.afterschool.placement.allocations.sequence import Outcome, input_hashes, run
from services.afterschool.placement.enrolments.domain import State
from services.afterschool.programme.offerings import queries as offering_queries
from services.afterschool.programme.offerings.domain import Mode, Offering, SeatPool
from services.afterschool.roster.schools.domain import School
from services.afterschool.roster.students.domain import GROUP_ORDER, Group
from services.afterschool.sealing import Sealer
from shared.data.database import allowing, copy_rows, new_id
from shared.domain.clock import china_date
from shared.events.afterschool.enrolments import StudentEnrolled
from shared.facts import journal
from shared.facts.journal import Fact, record_many

WITHIN: Final = 300.0
"""Seconds that one statement of a draw may take."""
FACTS_AT_ONCE: Final = 5000


class WrongResult(Exception):
    """The checker found a fault in a result: nothing of it is stored."""


@dataclass(frozen=True, slots=True)
class _Input:
    """The input of a draw: offerings with their seats and schools, markets, and the child behind each pseudonym."""

    allocation: Allocation
    offerings: Mapping[str, Offering]
    sizes: Mapping[UUID, Sequence[tuple[str, int]]]
    schools: Mapping[UUID, School]
    markets: Sequence[Market]
    students: Mapping[str, UUID]
    declined: Container[UUID]


@dataclass(frozen=True, slots=True)
class _Result:
    """The rows to store. `seats` are (offering, child, reserve, pool)."""

    markets: list[tuple[object, ...]]
    pools: list[tuple[object, ...]]
    lists: list[tuple[object, ...]]
    seats: list[tuple[str, str, str, str]]
    credits: Mapping[str, int]


async def draw_lots(
    sessions: async_sessionmaker[AsyncSession], allocation_id: UUID, *, sealer: Sealer, at: datetime
) -> bool:
    """Draw an allocation whose public value was entered; False if it has to be tried again. Raises `WrongResult`."""
    async with sessions.begin() as session, allowing(session, WITHIN):
        allocation = await queries.allocation(session, allocation_id)
        if allocation.state != AllocationState.DRAWING:
            return True
        given = await _input(session, allocation, sealer, at)
    result = await asyncio.to_thread(_draw, given, sealer)
    async with sessions.begin() as session, allowing(session, WITHIN):
        allocation = await queries.allocation(session, allocation_id, for_update=True)
        if allocation.state != AllocationState.DRAWING:
            return True
        offerings = await offering_queries.locked_in_order(session, [one.id for one in given.offerings.values()])
        pools = await queries.pools_of(session, offerings.keys())
        if {one: _free(found) for one, found in pools.items()} != given.sizes:
            return False
        await _store(session, result)
        await _give(session, given, result, offerings, pools, at)
        if result.credits:
            students = [given.students[child] for child in result.credits]
            await session.execute(_CREDIT, {"students": students, "credits": list(result.credits.values())})
        children = len({child for market in given.markets for child in (one.id for one in market.children)})
        drawn = allocation.finish(markets=len(result.markets), children=children, seats=len(result.seats), at=at)
        await journal.record(session, drawn, subject=allocation)
    return True


async def _input(session: AsyncSession, allocation: Allocation, sealer: Sealer, at: datetime) -> _Input:
    """The frozen input. A child's pseudonym is made for this draw alone."""
    found = await queries.offerings_of(session, allocation)
    slots = await queries.slots_by_offering(session, found)
    sizes = {one: _free(pools) for one, pools in (await queries.pools_of(session, list(slots))).items()}
    listed: dict[tuple[UUID, str], list[Listed]] = {}
    schools: dict[UUID, UUID] = {}
    for offering in found:
        schools[offering.id] = offering.school_id
        if slots[offering.id]:
            place = offering.school_id, SLOT_JOINED.join(slots[offering.id])
            listed.setdefault(place, []).append(Listed(str(offering.id), tuple(sizes[offering.id])))
    children: dict[tuple[UUID, str], list[Child]] = {place: [] for place in listed}
    students: dict[str, UUID] = {}
    known: dict[UUID, str] = {}
    offerings_by_id = {one.id: one for one in found}
    for wish in await queries.wishes(session, allocation, offerings_by_id, on=china_date(at)):
        child = known.get(wish.student_id)
        if child is None:
            child = sealer.fingerprint(f"draw {allocation.id}", str(wish.student_id)).hex()[:32]
            known[wish.student_id], students[child] = child, wish.student_id
        groups = tuple(group for group in GROUP_ORDER if group in wish.groups)
        place = schools[wish.choices[0]], wish.slots
        if place in children:
            children[place].append(Child(child, tuple(map(str, wish.choices)), groups, wish.credit))
    markets = [
        Market.of(str(school), allocation.term_id.hex, joined.split(SLOT_JOINED), offerings, children[school, joined])
        for (school, joined), offerings in sorted(listed.items())
    ]
    wanted = select(School).where(School.id.in_(set(schools.values())))
    return _Input(
        allocation,
        {str(one.id): one for one in found},
        sizes,
        {one.id: one for one in await session.scalars(wanted)},
        markets,
        students,
        await queries.declined_in(session, allocation.term_id),
    )


def _free(pools: Sequence[SeatPool]) -> list[tuple[str, int]]:
    """The free seats, reserves first in the order in which a child of several groups counts."""
    ordered = sorted(pools, key=lambda pool: GROUP_ORDER.index(Group(pool.group)))
    return [(pool.group, max(pool.free, 0)) for pool in ordered]


def _draw(given: _Input, sealer: Sealer) -> _Result:
    """The mechanism, its checker, and the rows that explain each result."""
    hashes = input_hashes(given.markets)
    outcomes: list[Outcome] = []
    if given.markets:
        public_value = given.allocation.public_value or ""
        outcomes = list(run(given.markets, Draw(given.allocation.opened_secret(sealer), public_value, hashes)))
        fault = next(term_faults(outcomes), None)
        if fault is not None:
            raise WrongResult(f"{fault[0]}: {fault[1].kind}")
    pseudonyms = {child for child, student in given.students.items() if student in given.declined}
    result = _Result([], [], [], [], credits_after(outcomes, pseudonyms))
    for outcome in outcomes:
        _add(result, given, hashes[outcome.market.name], outcome)
    return result


def _add(result: _Result, given: _Input, input_hash: str, outcome: Outcome) -> None:
    market, _, left, allocation = outcome
    one = given.allocation.id
    result.markets.append((one, market.name, UUID(market.school), list(market.slots), input_hash))
    listed = {offering.id: offering for offering in market.offerings}
    sizes = {
        (offering.id, group): (place, size)
        for offering in market.offerings
        for place, (group, size) in enumerate(offering.pools)
    }
    for cut in allocation.cutoffs:
        known = (cut.offering, cut.pool) in sizes
        place, size = sizes.get((cut.offering, cut.pool), (len(GROUP_ORDER), 0))
        last = (None, None) if cut.last is None else (cut.last.credit, cut.last.number)
        described = (one, UUID(cut.offering), cut.pool, place, market.name, known, size)
        result.pools.append((*described, cut.seats, cut.admitted, *last))
    for child in market.children:
        seat = allocation.seats.get(child.id)
        if seat is not None:
            reserve = listed[seat.offering].pool_of(child.groups)
            result.seats.append((seat.offering, child.id, reserve, seat.pool))
        frozen = (list(map(UUID, child.choices)), list(child.groups), child.credit)
        got = (None, None) if seat is None else (UUID(seat.offering), seat.pool)
        result.lists.append((one, market.name, child.id, given.students[child.id], *frozen, *got, left.get(child.id)))


_MARKETS: Final = ("allocation_id", "name", "school_id", "slots", "input_hash")
_POOLS: Final = (
    *("allocation_id", "offering_id", "group", "place", "market", "listed", "size", "seats", "admitted"),
    *("last_credit", "last_number"),
)
_LISTS: Final = (
    *("allocation_id", "market", "child", "student_id", "choices", "groups", "credit", "offering_id", "pool"),
    "left_for",
)
_ENROLMENTS: Final = (
    *("id", "version", "offering_id", "student_id", "school_id", "state", "reserve", "pool", "ticket"),
    *("accepts_promotion", "asked_at", "decided_at"),
)


async def _store(session: AsyncSession, result: _Result) -> None:
    """Everything that explains a result, and lets anybody draw it again."""
    await copy_rows(session, "drawn_market", _MARKETS, result.markets)
    await copy_rows(session, "drawn_offering", _POOLS, result.pools)
    await copy_rows(session, "drawn_list", _LISTS, result.lists)


async def _give(
    session: AsyncSession,
    given: _Input,
    result: _Result,
    offerings: Mapping[UUID, Offering],
    pools: Mapping[UUID, Sequence[SeatPool]],
    at: datetime,
) -> None:
    """The seats, as enrolments; the offerings go on first come, first served."""
    admitted: Counter[tuple[UUID, str]] = Counter()
    enrolments: list[tuple[object, ...]] = []
    facts: list[Fact] = []
    for offering_id, child, reserve, pool in result.seats:
        offering, student = offerings[UUID(offering_id)], given.students[child]
        school = given.schools[offering.school_id]
        offering.asked += 1
        admitted[offering.id, pool] += 1
        enrolment_id = new_id()
        placed = (offering.id, student, school.id, State.ENROLLED.value, reserve, pool, offering.asked)
        enrolments.append((enrolment_id, 1, *placed, False, at, at))
        event = StudentEnrolled(
            enrolment_id=enrolment_id,
            offering_id=offering.id,
            student_id=student,
            school_id=school.id,
            district=school.district,
            street=school.street,
            at=at,
        )
        facts.append(Fact(enrolment_id, 1, event))
    for offering in offerings.values():
        offering.mode = Mode.RUSH
        _count(pools[offering.id], {group: admitted[offering.id, group] for group in GROUP_ORDER})
    await session.flush()
    await copy_rows(session, "enrolment", _ENROLMENTS, enrolments)
    if enrolments:
        taken = {"offerings": [row[2] for row in enrolments], "students": [row[3] for row in enrolments]}
        await session.execute(_OCCUPY, taken)
    for begin in range(0, len(facts), FACTS_AT_ONCE):
        await record_many(session, facts[begin : begin + FACTS_AT_ONCE])


def _count(pools: Sequence[SeatPool], admitted: Mapping[str, int]) -> None:
    """Reserved seats that went to other children become seats for everybody."""
    general = next(pool for pool in pools if pool.group == GENERAL)
    for pool in pools:
        pool.enrolled += admitted[pool.group]
    for reserve in pools:
        lent = min(reserve.free, max(-general.free, 0)) if reserve is not general else 0
        reserve.size -= lent
        general.size += lent


_OCCUPY: Final = text(
    """
    INSERT INTO occupation (holder_id, term_id, weekday, number, half, offering_id)
    SELECT seat.student, offering.term_id, period.weekday, period.number, half, offering.id
    FROM unnest(:offerings, :students) AS seat (offering, student)
    JOIN offering ON offering.id = seat.offering
    JOIN offering_period period ON period.offering_id = offering.id
    CROSS JOIN unnest(offering.halves) AS half
    """
).bindparams(bindparam("offerings", type_=ARRAY(Uuid)), bindparam("students", type_=ARRAY(Uuid)))

_CREDIT: Final = text(
    """
    UPDATE student SET credit = told.credit
    FROM unnest(:students, :credits) AS told (id, credit)
    WHERE student.id = told.id AND student.credit <> told.credit
    """
).bindparams(bindparam("students", type_=ARRAY(Uuid)), bindparam("credits", type_=ARRAY(Integer)))
