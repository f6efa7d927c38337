"""Allocations are opened; families rank; the public value is entered, and the worker draws."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker

from services.afterschool.placement.allocations import queries
from services.afterschool.placement.allocations.domain import (
    Allocation,
    AllocationDetails,
    AllocationState,
    NotDrawnYet,
    Preference,
    check_choices,
)
from services.afterschool.placement.allocations.explanation import Explanation, explain
from services.afterschool.placement.allocations.lottery import numbers
from services.afterschool.placement.allocations.market import Child, Market
from services.afterschool.placement.allocations.mechanism import Seat
from services.afterschool.placement.allocations.publication import published
from services.afterschool.programme.offerings import queries as offerings
from services.afterschool.roster.guardianships import queries as guardianships
from services.afterschool.roster.schools.domain import School, SchoolNotFound
from services.afterschool.roster.schools.reach import reaches
from services.afterschool.roster.students import queries as students
from services.afterschool.roster.students.domain import Pupil, StudentNotFound
from services.afterschool.roster.terms import queries as terms
from services.afterschool.sealing import Sealer
from shared.domain.clock import china_date
from shared.facts import journal
from shared.http.policies import Principal


async def open_allocation(
    session: AsyncSession, details: AllocationDetails, *, sealer: Sealer, caller: Principal, at: datetime
) -> Allocation:
    """Open an allocation for a school, a district or the city. Its secret is promised by a hash."""
    if not await queries.may_keep(session, details.school_id, details.district, caller):
        raise SchoolNotFound(pointer="/school_id")
    school = None if details.school_id is None else await session.get_one(School, details.school_id)
    term = await terms.term_named(session, details.term, district=school.district if school else details.district or "")
    allocation, opened = Allocation.open(details, term=term, sealer=sealer, at=at)
    session.add(allocation)
    await journal.record(session, opened, subject=allocation)
    return allocation


async def rank_choices(
    session: AsyncSession,
    allocation_id: UUID,
    student_id: UUID,
    choices: Sequence[UUID],
    *,
    caller: Principal,
    at: datetime,
) -> Preference:
    """Rank offerings of one slot, best first. The newest list of a slot replaces the older one."""
    allocation = await queries.allocation(session, allocation_id)
    pupil = await _for_child(session, student_id, caller, at, act=True)
    allocation.check_open(at)
    locked = await offerings.locked_in_order(session, choices) if choices else {}
    found = [locked[one] for one in choices if one in locked]
    slots = await queries.slots_by_offering(session, found)
    known = check_choices(
        choices,
        found,
        [slots[one.id] for one in found],
        allocation=allocation,
        school_id=pupil.membership.school_id,
        grade=pupil.membership.grade,
    )
    row = {
        "allocation_id": allocation_id,
        "student_id": student_id,
        "slots": known,
        "choices": list(choices),
        "entered_by": caller.subject,
        "entered_at": at,
    }
    stated = insert(Preference).values(row)
    changed = {name: stated.excluded[name] for name in ("choices", "entered_by", "entered_at")}
    await session.execute(
        stated.on_conflict_do_update(index_elements=["allocation_id", "student_id", "slots"], set_=changed)
    )
    return await session.get_one(Preference, (allocation_id, student_id, known), populate_existing=True)


async def withdraw_choices(
    session: AsyncSession, allocation_id: UUID, student_id: UUID, slots: str, *, caller: Principal, at: datetime
) -> None:
    """Withdraw the choices of one slot, or of all slots if `slots` is `*`."""
    allocation = await queries.allocation(session, allocation_id)
    await _for_child(session, student_id, caller, at, act=True)
    allocation.check_open(at)
    for preference in await queries.preferences_of(session, allocation_id, student_id):
        if slots in ("*", preference.slots):
            await session.delete(preference)


async def preferences(
    session: AsyncSession, allocation_id: UUID, student_id: UUID, *, caller: Principal, at: datetime
) -> Sequence[Preference]:
    """A child's lists, for its guardian and its school."""
    await _for_child(session, student_id, caller, at, act=False)
    return await queries.preferences_of(session, allocation_id, student_id)


async def enter_public_value(
    session: AsyncSession, allocation_id: UUID, value: str, *, caller: Principal, at: datetime
) -> Allocation:
    """Enter the value that the named source published after the closing. A worker draws the lots next."""
    allocation = await queries.allocation_to_keep(session, allocation_id, caller)
    closed = allocation.enter_public_value(value, at=at)
    await journal.record(session, closed, subject=allocation)
    return allocation


async def explanations(
    session: AsyncSession,
    allocation_id: UUID,
    student_id: UUID,
    *,
    sealer: Sealer,
    caller: Principal,
    at: datetime,
) -> Sequence[tuple[str, str, Seat | None, Sequence[Explanation]]]:
    """For each market of the child: its name, the child's pseudonym, the seat, and why each choice was given or not."""
    allocation = await drawn_allocation(session, allocation_id)
    await _for_child(session, student_id, caller, at, act=False)
    result = await queries.drawn(session, allocation, sealer)
    found = []
    for one in await queries.drawn_lists(session, allocation_id, student_id=student_id):
        pools = await queries.drawn_offerings(session, allocation_id, ids=one.choices)
        market = result.markets[one.market]
        child = Child(one.child, tuple(map(str, one.choices)), tuple(one.groups), one.credit)
        alone = Market(str(market.school_id), one.market.split("|")[1], tuple(market.slots), (), (child,))
        [number] = numbers(result.draw.seed, alone)
        seat = None if one.offering_id is None else Seat(str(one.offering_id), one.pool or "")
        cuts = {(cut.offering, cut.pool): cut for cut in queries.cutoffs(pools)}
        told = list(explain(child, number, seat, queries.listed(pools), cuts, left=one.left_for is not None))
        found.append((one.market, one.child, seat, told))
    return found


async def publication_of(session: AsyncSession, allocation_id: UUID, market: str, *, sealer: Sealer) -> bytes:
    """The published file of one market."""
    allocation = await drawn_allocation(session, allocation_id)
    result = await queries.drawn(session, allocation, sealer)
    return published(await queries.outcome(session, result, market), result.draw)


async def reseal_secrets(sessions: async_sessionmaker[AsyncSession], sealer: Sealer) -> int:
    """Seal again with the active key the secrets that another key sealed; returns how many."""
    async with sessions.begin() as session:
        wanted = select(Allocation).where(Allocation.key_id != sealer.active).order_by(Allocation.id)
        found = (await session.scalars(wanted.with_for_update())).all()
        for allocation in found:
            allocation.reseal(sealer)
        return len(found)


async def drawn_allocation(session: AsyncSession, allocation_id: UUID) -> Allocation:
    """Raises `NotDrawnYet`."""
    allocation = await queries.allocation(session, allocation_id)
    if allocation.state != AllocationState.DRAWN:
        raise NotDrawnYet
    return allocation


async def _for_child(session: AsyncSession, student_id: UUID, caller: Principal, at: datetime, *, act: bool) -> Pupil:
    """A child for whom the caller may act, or whom the caller may see. Raises `StudentNotFound`."""
    pupil = await students.pupil(session, student_id)
    own = "guardian" in caller.roles and await guardianships.may(
        session, student_id, caller.subject, china_date(at), act=act
    )
    if not own and not reaches(caller, pupil.school):
        raise StudentNotFound
    return pupil
