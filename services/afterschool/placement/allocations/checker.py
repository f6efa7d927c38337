"""Checks every promise about a result, with no code of the mechanism. The time grows with the number of wishes."""

from collections.abc import Collection, Container, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import NamedTuple

from services.afterschool.placement.allocations.market import GENERAL, Child, Market
from services.afterschool.placement.allocations.mechanism import CutOff, Seat
from services.afterschool.placement.allocations.sequence import Outcome

Rank = tuple[int, bytes]
"""The smaller, the better."""


class Kind(StrEnum):
    """The kinds of faults."""

    TWICE = "twice"
    """The child has two seats in one market."""
    UNKNOWN = "unknown"
    """The offering, the pool or the child of a seat is not in this market."""
    LEFT = "left"
    """A child with a seat in a block takes part here, or a child without one is left out."""
    NOT_LISTED = "not_listed"
    """The child did not list the offering."""
    WRONG_POOL = "wrong_pool"
    """The child does not count in the pool of its seat, or a reserve was not filled first with its best."""
    TOO_MANY = "too_many"
    """More children than seats."""
    FREE_SEAT = "free_seat"
    """The child wants this offering more, and a seat of it is free."""
    PASSED_OVER = "passed_over"
    """The child wants this offering more, and a worse key holds a seat of it."""
    CUT_OFF = "cut_off"
    """A published cut-off is not the last admitted key, or its seats are miscounted."""


class Fault(NamedTuple):
    """One broken promise, and where. Fields that do not apply are empty."""

    kind: Kind
    offering: str
    pool: str
    child: str


@dataclass(slots=True)
class _Pool:
    size: int
    admitted: int = 0
    worst: Rank | None = None
    best_outside: Rank | None = None
    """The best child of this group that holds a seat of the general pool instead."""


@dataclass(slots=True)
class _Offering:
    size: int
    pools: dict[str, _Pool] = field(default_factory=dict)
    admitted: int = 0


def faults(
    market: Market,
    numbers: Sequence[bytes],
    seats: Iterable[tuple[str, Seat]],
    cutoffs: Collection[CutOff],
    left: Container[str] = (),
) -> Iterator[Fault]:
    """All faults of one market. `seats` are (child, seat), as they were stored."""
    offerings: dict[str, _Offering] = {}
    for offering in market.offerings:
        pools = {group: _Pool(size) for group, size in offering.pools}
        offerings[offering.id] = _Offering(sum(pool.size for pool in pools.values()), pools)
        pools.setdefault(GENERAL, _Pool(0))
    seat_of: dict[str, Seat] = {}
    for name, seat in seats:
        if name in seat_of:
            yield Fault(Kind.TWICE, *seat, name)
        seat_of.setdefault(name, seat)
    strangers = seat_of.keys() - {child.id for child in market.children}
    for name in sorted(strangers):
        yield Fault(Kind.UNKNOWN, *seat_of[name], name)
    ranked = [(child, (-child.credit, number)) for child, number in zip(market.children, numbers, strict=True)]
    for child, rank in ranked:
        if child.id in seat_of:
            yield from _seated(child, rank, seat_of[child.id], offerings, left)
    yield from _counted(offerings)
    yield from _cut_offs(offerings, cutoffs)
    for child, rank in ranked:
        if child.id not in left:
            yield from _refused(child, rank, seat_of.get(child.id), offerings)


def term_faults(outcomes: Iterable[Outcome]) -> Iterator[tuple[str, Fault]]:
    """All faults of the markets of a draw, in the order of `run`, each with the name of its market."""
    placed: dict[tuple[str, str, str], set[str]] = {}
    for market, numbers, left, allocation in outcomes:
        for fault in faults(market, numbers, allocation.seats.items(), allocation.cutoffs, left):
            yield market.name, fault
        busy = {child.id for child in market.children if any(child.id in placed.get(at, ()) for at in market.places)}
        for name in sorted(busy ^ left.keys()):
            yield market.name, Fault(Kind.LEFT, "", "", name)
        for at in market.places:
            placed.setdefault(at, set()).update(allocation.seats)


def _group(child: Child, offering: _Offering) -> str:
    return next((group for group in offering.pools if group in child.groups), GENERAL) if child.groups else GENERAL


def _seated(
    child: Child, rank: Rank, where: Seat, offerings: Mapping[str, _Offering], left: Container[str]
) -> Iterator[Fault]:
    """Faults of one seat by itself; counts it."""
    offering = offerings.get(where.offering)
    if offering is None or where.pool not in offering.pools:
        yield Fault(Kind.UNKNOWN, *where, child.id)
        return
    if child.id in left:
        yield Fault(Kind.LEFT, *where, child.id)
    if where.offering not in child.choices:
        yield Fault(Kind.NOT_LISTED, *where, child.id)
    group = _group(child, offering)
    if where.pool not in (group, GENERAL):
        yield Fault(Kind.WRONG_POOL, *where, child.id)
    pool = offering.pools[where.pool]
    offering.admitted += 1
    pool.admitted += 1
    if pool.worst is None or rank > pool.worst:
        pool.worst = rank
    if where.pool != group:
        own = offering.pools[group]
        if own.best_outside is None or rank < own.best_outside:
            own.best_outside = rank


def _counted(offerings: Mapping[str, _Offering]) -> Iterator[Fault]:
    """Pools and offerings with too many children, and reserves that were not filled first or not by the best."""
    for name, offering in offerings.items():
        if offering.admitted > offering.size:
            yield Fault(Kind.TOO_MANY, name, "", "")
        for group, pool in offering.pools.items():
            if group == GENERAL:
                continue
            if pool.admitted > pool.size:
                yield Fault(Kind.TOO_MANY, name, group, "")
            if pool.best_outside is not None and (
                pool.admitted < pool.size or (pool.worst is not None and pool.best_outside < pool.worst)
            ):
                yield Fault(Kind.WRONG_POOL, name, group, "")


def _cut_offs(offerings: Mapping[str, _Offering], cutoffs: Collection[CutOff]) -> Iterator[Fault]:
    published = {(cut.offering, cut.pool): cut for cut in cutoffs}
    if len(published) < len(cutoffs):
        yield Fault(Kind.CUT_OFF, "", "", "")
    for name, offering in offerings.items():
        used = sum(pool.admitted for group, pool in offering.pools.items() if group != GENERAL)
        for group, pool in offering.pools.items():
            cut = published.pop((name, group), None)
            last = None if pool.worst is None else (-pool.worst[0], pool.worst[1])
            seats = offering.size - used if group == GENERAL else pool.size
            if cut is None or cut[2:] != (seats, pool.admitted, last):
                yield Fault(Kind.CUT_OFF, name, group, "")
    for extra in published:
        yield Fault(Kind.CUT_OFF, *extra, "")


def _refused(child: Child, rank: Rank, where: Seat | None, offerings: Mapping[str, _Offering]) -> Iterator[Fault]:
    """Offerings that the child prefers to its seat and should have got."""
    for choice in child.choices:
        if where is not None and choice == where.offering:
            return
        offering = offerings[choice]
        if offering.admitted < offering.size:
            yield Fault(Kind.FREE_SEAT, choice, "", child.id)
            continue
        group = _group(child, offering)
        pool, general = offering.pools[group], offering.pools[GENERAL]
        if (group != GENERAL and pool.admitted < pool.size) or any(
            worst is not None and rank < worst for worst in (pool.worst, general.worst)
        ):
            yield Fault(Kind.PASSED_OVER, choice, group, child.id)
