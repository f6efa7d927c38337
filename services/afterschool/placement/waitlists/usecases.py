"""Seats become free, and go to waiting children in the same transaction.

Order of locks, everywhere: offerings by id, then students by id. Whoever frees time of a child also holds the offerings
for which the child was passed over.
"""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from services.afterschool.placement.enrolments import queries as enrolments
from services.afterschool.placement.enrolments.domain import (
    SEATED,
    Ending,
    Enrolment,
    State,
)
from services.afterschool.placement.waitlists import queries
from services.afterschool.placement.waitlists.domain import (
    NotOneChild,
    distribute,
    give_up_seat,
    join_queue,
    leave_queue,
    offered_until,
    release,
)
from services.afterschool.programme.occupations import usecases as occupations
from services.afterschool.programme.offerings import queries as offerings
from services.afterschool.programme.offerings.domain import Offering, SeatPool
from services.afterschool.programme.plans import usecases as plans
from services.afterschool.roster.schools.domain import School
from services.afterschool.roster.students.domain import Group
from shared.domain.clock import china_date
from shared.events import Event
from shared.facts import journal
from shared.facts.journal import Fact
from shared.http.etags import check_version
from shared.http.policies import Principal


class _Held:
    """Offerings that this transaction has locked, with their seats and what is to be recorded."""

    def __init__(self, session: AsyncSession, locked: Mapping[UUID, Offering], at: datetime) -> None:
        self.session, self.offerings, self.at = session, locked, at
        self.pools: dict[UUID, Sequence[SeatPool]] = {}
        self.facts: list[Fact] = []

    async def pools_of(self, offering_id: UUID) -> Sequence[SeatPool]:
        if offering_id not in self.pools:
            self.pools[offering_id] = await offerings.pools(self.session, offering_id)
        return self.pools[offering_id]

    async def school_of(self, enrolment: Enrolment) -> School:
        return await self.session.get_one(School, enrolment.school_id)

    def tell(self, enrolment: Enrolment, event: Event, *, reason: str | None = None) -> None:
        enrolment.version += 1
        self.facts.append(Fact(enrolment.id, enrolment.version, event, reason))

    async def record(self) -> None:
        await self.session.flush()
        await journal.record_many(self.session, self.facts)


async def change_offering(
    session: AsyncSession,
    offering_id: UUID,
    changes: Mapping[str, object],
    *,
    expected: int,
    reason: str | None,
    caller: Principal,
    at: datetime,
) -> Offering:
    """Change a course that is still at version `expected`. Waiting children get new seats at once, unless enrolment
    has closed."""
    offering = await offerings.offering_for_update(session, offering_id, caller)
    check_version(offering, expected)
    held = _Held(session, {offering.id: offering}, at)
    changed = offering.change(changes, pools=await held.pools_of(offering.id), at=at)
    if changed is not None:
        await _fill(held, offering)
        await journal.record(session, changed, subject=offering, reason=reason)
        await held.record()
        for due_at in (at, offering.closes_at):
            await plans.plan_again(session, offering, due_at=due_at)
    return offering


async def withdraw_enrolment(
    session: AsyncSession, enrolment_id: UUID, *, reason: str | None, caller: Principal, at: datetime
) -> Enrolment:
    """Withdraw an enrolment. Until enrolment closes, the next child in line gets the seat before anybody can ask."""
    placed = await enrolments.placed(session, enrolment_id, caller, on=china_date(at), act=True)
    [ended] = await end_enrolments(session, [placed.enrolment], Ending.WITHDRAWN, reason=reason, at=at, again=False)
    return ended


async def decline_offer(session: AsyncSession, enrolment_id: UUID, *, caller: Principal, at: datetime) -> Enrolment:
    """Decline an offered seat; the enrolment ends and the next child in line gets the seat."""
    placed = await enrolments.placed(session, enrolment_id, caller, on=china_date(at), act=True)
    [ended] = await end_enrolments(session, [placed.enrolment], Ending.DECLINED, at=at, again=False)
    return ended


async def accept_offer(session: AsyncSession, enrolment_id: UUID, *, caller: Principal, at: datetime) -> Enrolment:
    """Take an offered seat. Raises `NoOffer`."""
    placed = await enrolments.placed(session, enrolment_id, caller, on=china_date(at), act=True)
    offering = await offerings.locked(session, placed.enrolment.offering_id)
    enrolment = await _reread(session, placed.enrolment)
    held = _Held(session, {offering.id: offering}, at)
    accepted = enrolment.accept(school=placed.school, at=at)
    pool = next(pool for pool in await held.pools_of(offering.id) if pool.group == enrolment.pool)
    pool.offered -= 1
    pool.enrolled += 1
    held.tell(enrolment, accepted)
    await held.record()
    return enrolment


async def set_promotion(
    session: AsyncSession, enrolment_id: UUID, *, accepts: bool, caller: Principal, at: datetime
) -> Enrolment:
    """Say beforehand whether a free seat is taken at once, or offered first."""
    placed = await enrolments.placed(session, enrolment_id, caller, on=china_date(at), act=True)
    await offerings.locked(session, placed.enrolment.offering_id)
    enrolment = await _reread(session, placed.enrolment)
    chosen = enrolment.choose(accepts=accepts, school=placed.school, at=at)
    if chosen is not None:
        await journal.record(session, chosen, subject=enrolment)
    return enrolment


async def end_enrolments(
    session: AsyncSession,
    ending: Sequence[Enrolment],
    why: Ending,
    *,
    reason: str | None = None,
    at: datetime,
    again: bool = True,
) -> Sequence[Enrolment]:
    """End enrolments; their seats go to the next in line, and the children can take other seats again.

    `again` leaves out what has ended meanwhile instead of raising `EnrolmentEnded`.
    """
    students = {one.student_id for one in ending}
    passed = await queries.passed_over(session, students)
    concerned = {one.offering_id for one in (*ending, *passed)}
    held = _Held(session, await offerings.locked_in_order(session, concerned), at)
    ended = []
    for one in sorted(ending, key=lambda enrolment: enrolment.id):
        enrolment = await _reread(session, one)
        if enrolment.state == State.ENDED and again:
            continue
        await _end(held, enrolment, why, reason=reason)
        ended.append(enrolment)
    await _return_to_line(held, passed)
    for offering in held.offerings.values():
        await _fill(held, offering)
    await held.record()
    return ended


async def exchange_seat(
    session: AsyncSession, seat_id: UUID, wanted_id: UUID, *, caller: Principal, at: datetime
) -> Enrolment:
    """Give up one's seat for an offered one of the same child, in one step. Raises `NotOneChild` and `NoOffer`."""
    on = china_date(at)
    seat = await enrolments.placed(session, seat_id, caller, on=on, act=True)
    wanted = await enrolments.placed(session, wanted_id, caller, on=on, act=True)
    if seat.enrolment.student_id != wanted.enrolment.student_id:
        raise NotOneChild
    await offerings.locked_in_order(session, {seat.enrolment.offering_id, wanted.enrolment.offering_id})
    taken = await accept_offer(session, wanted_id, caller=caller, at=at)
    await end_enrolments(session, [seat.enrolment], Ending.EXCHANGED, at=at, again=False)
    return taken


async def release_reserve(
    session: AsyncSession, offering_id: UUID, group: Group, *, at: datetime, only_due: bool = False
) -> int:
    """Give the free seats of a reserve to everybody; returns how many. A full course gets no seat more."""
    offering = await offerings.locked(session, offering_id)
    held = _Held(session, {offering.id: offering}, at)
    pools = await held.pools_of(offering.id)
    if only_due and not any(
        pool.group == group and pool.release_at is not None and pool.release_at <= at for pool in pools
    ):
        return 0
    moved = release(pools, group)
    await _fill(held, offering)
    await held.record()
    return moved


async def expire_offer(session: AsyncSession, enrolment_id: UUID, *, at: datetime) -> None:
    """End an offer whose time is over; if it was answered meanwhile, nothing happens."""
    found = await enrolments.with_school(session, enrolment_id)
    await offerings.locked(session, found.enrolment.offering_id)
    enrolment = await _reread(session, found.enrolment)
    if enrolment.expires_at is not None and enrolment.expires_at <= at:
        await end_enrolments(session, [enrolment], Ending.EXPIRED, at=at)


async def fill(session: AsyncSession, offering_ids: Collection[UUID], *, at: datetime) -> None:
    """Give free seats of these offerings to waiting children, for instance after enrolment was opened again."""
    held = _Held(session, await offerings.locked_in_order(session, offering_ids), at)
    for offering in held.offerings.values():
        await _fill(held, offering)
    await held.record()


async def _end(held: _Held, enrolment: Enrolment, why: Ending, *, reason: str | None) -> None:
    pools = await held.pools_of(enrolment.offering_id)
    seated = enrolment.state in SEATED
    if seated:
        give_up_seat(pools, enrolment)
    elif enrolment.state == State.WAITING:
        leave_queue(pools, enrolment)
    for pool in pools:  # before the next statement writes the counters: a free seat beside a queue is refused
        pool.hold_back()
    if seated:
        await occupations.give_back(held.session, enrolment.offering_id, [enrolment.student_id])
    event = enrolment.end(why, school=await held.school_of(enrolment), at=held.at)
    held.tell(enrolment, event, reason=reason)


async def _return_to_line(held: _Held, passed: Sequence[Enrolment]) -> None:
    """Children who can take a seat again wait with their old tickets."""
    for one in passed:
        offering = held.offerings.get(one.offering_id)
        enrolment = await _reread(held.session, one)
        if offering is None or enrolment.state != State.PASSED:
            continue
        hindered = await queries.hindrances(held.session, offering, [enrolment.student_id], on=china_date(held.at))
        if not hindered:
            pools = await held.pools_of(offering.id)
            join_queue(pools, enrolment)
            for pool in pools:
                pool.hold_back()
            held.tell(enrolment, enrolment.wait_again(school=await held.school_of(enrolment), at=held.at))
    await held.session.flush()


async def _fill(held: _Held, offering: Offering) -> None:
    """Give the free seats of a locked offering to the first in line.

    After enrolment has closed nobody moves up: a free seat stays free until the school opens enrolment again.
    """
    pools = await held.pools_of(offering.id)
    while offering.gives_seats(held.at) and any(pool.free > 0 and pool.waiting > 0 for pool in pools):
        with held.session.no_autoflush:  # a free seat beside a queue is what the database refuses to hold
            line = await queries.first_in_line(held.session, pools)
            students = {one.student_id for one in line}
            hindered = await queries.hindrances(held.session, offering, students, on=china_date(held.at))
        for given in distribute(pools, line, hindered):
            school = await held.school_of(given.enrolment)
            if given.passed_for is not None:
                event: Event = given.enrolment.pass_over(given.passed_for, school=school, at=held.at)
            elif given.pool is not None and given.enrolment.accepts_promotion:
                event = given.enrolment.promote(given.pool, school=school, at=held.at)
            else:
                assert given.pool is not None
                until = offered_until(offering, held.at)
                event = given.enrolment.offer(given.pool, expires_at=until, school=school, at=held.at)
            held.tell(given.enrolment, event)
        await held.session.flush()
        await occupations.take(held.session, offering.id, [one.student_id for one in line if one.state in SEATED])
    for pool in pools:
        pool.hold_back()


async def _reread(session: AsyncSession, enrolment: Enrolment) -> Enrolment:
    """The enrolment as it is now, locked; the caller holds its offering."""
    return await session.get_one(Enrolment, enrolment.id, with_for_update=True, populate_existing=True)
