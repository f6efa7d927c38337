"""The draw: from the choices as they stand, to seats, cut-offs, facts and credits, in one transaction."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from sqlalchemy import ARRAY, Integer, Uuid, bindparam, select, text
from sqlalchemy.ext.asyncio import AsyncSession

from services.afterschool.placement.allocations import queries
from services.afterschool.placement.allocations.checker import term_faults
from services.afterschool.placement.allocations.credits import credits_after
from services.afterschool.placement.allocations.domain import SLOT_JOINED, Allocation, AllocationState
from services.afterschool.placement.allocations.lottery import Draw
from services.afterschool.placement.allocations.market import GENERAL, Child, Market
from services.afterschool.placement.allocations.market import Offering as Listed
from services.afterschool.placement.allocations.sequence import Outcome, input_hashes, run
from services.afterschool.programme.offerings.domain import Mode, Offering, SeatPool
from services.afterschool.roster.schools.domain import School
from services.afterschool.roster.students.domain import GROUP_ORDER
from services.afterschool.roster.terms.domain import Term
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
    """What is drawn: offerings and their seats, markets, and the child behind each pseudonym."""

    offerings: Mapping[str, Offering]
    pools: Mapping[UUID, Sequence[SeatPool]]
    markets: Sequence[Market]
    students: Mapping[str, UUID]


async def draw_lots(session: AsyncSession, allocation_id: UUID, *, sealer: Sealer, at: datetime) -> None:
    """Draw an allocation whose public value was entered. Raises `WrongResult`."""
    async with allowing(session, WITHIN):
        allocation = await queries.allocation(session, allocation_id, for_update=True)
        if allocation.state != AllocationState.DRAWING or allocation.public_value is None:
            return
        given = await _input(session, allocation, sealer, at)
        hashes = input_hashes(given.markets)
        outcomes: list[Outcome] = []
        if given.markets:
            draw = Draw(allocation.opened_secret(sealer), allocation.public_value, hashes)
            outcomes = list(run(given.markets, draw))
            fault = next(term_faults(outcomes), None)
            if fault is not None:
                raise WrongResult(f"{fault[0]}: {fault[1].kind}")
        await _store(session, allocation, given, hashes, outcomes)
        seats = await _give(session, given, outcomes, at)
        await _set_credits(session, allocation, given, outcomes)
        children = len({one for outcome in outcomes for one in (child.id for child in outcome.market.children)})
        drawn = allocation.finish(markets=len(outcomes), children=children, seats=seats, at=at)
        await journal.record(session, drawn, subject=allocation)


async def _input(session: AsyncSession, allocation: Allocation, sealer: Sealer, at: datetime) -> _Input:
    """The frozen input. A child's pseudonym is made for this draw alone."""
    found = await queries.offerings_of(session, allocation)
    slots = await queries.slots_by_offering(session, found)
    pools = await queries.pools_of(session, list(slots))
    term = await session.get_one(Term, allocation.term_id)
    listed: dict[tuple[UUID, str], list[Listed]] = {}
    schools: dict[UUID, UUID] = {}
    for offering in found:
        schools[offering.id] = offering.school_id
        if slots[offering.id]:
            place = offering.school_id, SLOT_JOINED.join(slots[offering.id])
            free = tuple((pool.group, max(pool.free, 0)) for pool in _published(pools[offering.id]))
            listed.setdefault(place, []).append(Listed(str(offering.id), free))
    children: dict[tuple[UUID, str], list[Child]] = {place: [] for place in listed}
    students: dict[str, UUID] = {}
    known: dict[UUID, str] = {}
    for wish in await queries.wishes(session, allocation.id, on=china_date(at)):
        child = known.get(wish.student_id)
        if child is None:
            child = sealer.fingerprint(f"draw {allocation.id}", str(wish.student_id)).hex()[:32]
            known[wish.student_id], students[child] = child, wish.student_id
        groups = tuple(group for group in GROUP_ORDER if group in wish.groups)
        place = schools[wish.choices[0]], wish.slots
        if place in children:
            children[place].append(Child(child, tuple(map(str, wish.choices)), groups, wish.credit))
    markets = [
        Market.of(str(school), term.id.hex, joined.split(SLOT_JOINED), offerings, children[school, joined])
        for (school, joined), offerings in sorted(listed.items())
    ]
    return _Input({str(one.id): one for one in found}, pools, markets, students)


def _published(pools: Sequence[SeatPool]) -> list[SeatPool]:
    """Reserves first, in the order in which a child of several groups counts."""
    return sorted(pools, key=lambda pool: GROUP_ORDER.index(pool.group))


async def _store(
    session: AsyncSession,
    allocation: Allocation,
    given: _Input,
    hashes: Mapping[str, str],
    outcomes: Sequence[Outcome],
) -> None:
    """Everything that explains a result, and lets anybody draw it again."""
    markets: list[tuple[object, ...]] = []
    pools: list[tuple[object, ...]] = []
    lists: list[tuple[object, ...]] = []
    for market, _, left, result in outcomes:
        markets.append((allocation.id, market.name, UUID(market.school), list(market.slots), hashes[market.name]))
        sizes = {
            (one.id, group): (place, size) for one in market.offerings for place, (group, size) in enumerate(one.pools)
        }
        for cut in result.cutoffs:
            place, size = sizes.get((cut.offering, cut.pool), (len(GROUP_ORDER), 0))
            last = (None, None) if cut.last is None else (cut.last.credit, cut.last.number)
            pools.append(
                (
                    *(allocation.id, UUID(cut.offering), cut.pool, place, market.name),
                    *((cut.offering, cut.pool) in sizes, size, cut.seats, cut.admitted, *last),
                )
            )
        for child in market.children:
            seat = result.seats.get(child.id)
            lists.append(
                (
                    *(allocation.id, market.name, child.id, given.students[child.id]),
                    *(list(map(UUID, child.choices)), list(child.groups), child.credit),
                    *((None, None) if seat is None else (UUID(seat.offering), seat.pool)),
                    left.get(child.id),
                )
            )
    await copy_rows(session, "drawn_market", ["allocation_id", "name", "school_id", "slots", "input_hash"], markets)
    await copy_rows(
        session,
        "drawn_offering",
        [
            *("allocation_id", "offering_id", "group", "place", "market", "listed", "size", "seats", "admitted"),
            *("last_credit", "last_number"),
        ],
        pools,
    )
    await copy_rows(
        session,
        "drawn_list",
        [
            *("allocation_id", "market", "child", "student_id", "choices", "groups", "credit", "offering_id", "pool"),
            "left_for",
        ],
        lists,
    )


async def _give(session: AsyncSession, given: _Input, outcomes: Sequence[Outcome], at: datetime) -> int:
    """The seats, as enrolments; the offerings go on first come, first served. Returns how many seats were given."""
    schools = await _schools(session, given)
    enrolments: list[tuple[object, ...]] = []
    taken: list[tuple[UUID, UUID]] = []
    facts: list[Fact] = []
    admitted: Counter[tuple[str, str]] = Counter()
    for market, _, _, result in outcomes:
        groups = {child.id: child.groups for child in market.children}
        listed = {one.id: one for one in market.offerings}
        for child, seat in result.seats.items():
            offering, student = given.offerings[seat.offering], given.students[child]
            school = schools[offering.school_id]
            offering.asked += 1
            enrolment_id = new_id()
            reserve = listed[seat.offering].pool_of(groups[child])
            admitted[seat.offering, seat.pool] += 1
            enrolments.append(
                (
                    *(enrolment_id, 1, offering.id, student, school.id, "enrolled", reserve, seat.pool),
                    *(offering.asked, False, at, at),
                )
            )
            taken.append((offering.id, student))
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
    for offering in given.offerings.values():
        offering.mode = Mode.RUSH
        _count(given.pools[offering.id], {group: admitted[str(offering.id), group] for group in GROUP_ORDER})
    await session.flush()
    columns = ["id", "version", "offering_id", "student_id", "school_id", "state", "reserve", "pool", "ticket"]
    columns += ["accepts_promotion", "asked_at", "decided_at"]
    await copy_rows(session, "enrolment", columns, enrolments)
    if taken:
        await session.execute(_OCCUPY, {"offerings": [one[0] for one in taken], "students": [one[1] for one in taken]})
    for begin in range(0, len(facts), FACTS_AT_ONCE):
        await record_many(session, facts[begin : begin + FACTS_AT_ONCE])
    return len(enrolments)


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


async def _set_credits(
    session: AsyncSession, allocation: Allocation, given: _Input, outcomes: Sequence[Outcome]
) -> None:
    declined = await queries.declined_in(session, allocation.term_id)
    pseudonyms = {child for child, student in given.students.items() if student in declined}
    after = credits_after(outcomes, pseudonyms)
    if after:
        students = [given.students[child] for child in after]
        await session.execute(_CREDIT, {"students": students, "credits": list(after.values())})


async def _schools(session: AsyncSession, given: _Input) -> Mapping[UUID, School]:
    ids = {offering.school_id for offering in given.offerings.values()}
    return {one.id: one for one in await session.scalars(select(School).where(School.id.in_(ids)))}
