"""The rules by which the free seats of an offering are given."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from services.afterschool.placement.enrolments.domain import Enrolment, PassedFor, State
from services.afterschool.programme.offerings.domain import Offering, SeatPool
from services.afterschool.roster.students.domain import Group
from shared.domain.refusals import Conflict


class ReserveNotReleased(Conflict):
    """The offering has no reserved seats that can be released."""

    code = "no-reserve"
    zh = "该课程没有可释放的预留名额。"


class NotOneChild(Conflict):
    """Both enrolments must be of one child."""

    code = "not-one-child"
    zh = "两个选课记录须属于同一学生。"


@dataclass(frozen=True, slots=True)
class Given:
    """A child gets a seat of a pool, or is passed over (`pool` is None) for a reason."""

    enrolment: Enrolment
    pool: Group | None
    passed_for: PassedFor | None = None


def distribute(
    pools: Sequence[SeatPool], queue: Sequence[Enrolment], hindrances: Mapping[UUID, PassedFor]
) -> list[Given]:
    """Give the free seats to the first children in line who can take them.

    `queue` is in order of tickets; `hindrances` says by student who cannot take a seat now. Reserved seats come first,
    and only children who count in their group get them. Changes the counters of the pools, and nothing else.
    """
    given: list[Given] = []
    waiting = [one for one in queue if one.state == State.WAITING]
    taken: set[UUID] = set()
    by_group = {pool.group: pool for pool in pools}
    for pool in sorted(pools, key=lambda one: one.group == Group.GENERAL):
        for one in waiting:
            if pool.free <= 0:
                break
            if one.id in taken or pool.group not in (Group.GENERAL, one.reserve):
                continue
            taken.add(one.id)
            hindrance = hindrances.get(one.student_id)
            _leave_queue(by_group, one)
            if hindrance is not None:
                given.append(Given(one, None, hindrance))
                continue
            if one.accepts_promotion:
                pool.enrolled += 1
            else:
                pool.offered += 1
            given.append(Given(one, Group(pool.group)))
    for pool in pools:
        pool.hold_back()
    return given


def join_queue(pools: Sequence[SeatPool], enrolment: Enrolment) -> None:
    """Count a child as waiting, in its own group and among all."""
    for pool in pools:
        if pool.group in (Group.GENERAL, enrolment.reserve):
            pool.waiting += 1


def leave_queue(pools: Sequence[SeatPool], enrolment: Enrolment) -> None:
    """No longer count a child as waiting."""
    _leave_queue({pool.group: pool for pool in pools}, enrolment)


def give_up_seat(pools: Sequence[SeatPool], enrolment: Enrolment) -> None:
    """Free the seat that a child has or is offered."""
    pool = next(pool for pool in pools if pool.group == enrolment.pool)
    if enrolment.state == State.ENROLLED:
        pool.enrolled -= 1
    else:
        pool.offered -= 1


def release(pools: Sequence[SeatPool], group: Group) -> int:
    """Move the free seats of a reserve to everybody's pool; returns how many. The capacity stays as it is."""
    reserve = next((pool for pool in pools if pool.group == group and group is not Group.GENERAL), None)
    if reserve is None:
        raise ReserveNotReleased
    general = next(pool for pool in pools if pool.group == Group.GENERAL)
    moved = reserve.free
    reserve.size -= moved
    general.size += moved
    reserve.release_at = None
    for pool in (reserve, general):
        pool.hold_back()
    return moved


def offered_until(offering: Offering, at: datetime) -> datetime:
    """When an offer made now expires: never after enrolment closes."""
    return min(at + timedelta(hours=offering.offer_hours), offering.closes_at)


def _leave_queue(by_group: Mapping[str, SeatPool], enrolment: Enrolment) -> None:
    for group in {Group.GENERAL.value, enrolment.reserve}:
        if group in by_group:
            by_group[group].waiting -= 1
