"""Child-proposing deferred acceptance with soft reserves: who has which seat.

Each child asks for its choices in order. An offering holds the best who asked so far: the best of each group on the
seats reserved for it, then the best of all others on every other seat. A child who is pushed out asks for its next
choice. The result does not depend on who asks first. No child gains by ranking untruthfully, no listed seat stays free,
and nobody with a better key is passed over.

Inside, a child is its place in the order of the keys: 0 is the best.
"""

from collections.abc import Container, Iterator, Sequence
from dataclasses import dataclass
from heapq import heappop, heappush, heappushpop
from typing import NamedTuple

from services.afterschool.placement.allocations.lottery import Key
from services.afterschool.placement.allocations.market import GENERAL, Market, Offering


class Seat(NamedTuple):
    """A seat of an offering, from the pool that gave it."""

    offering: str
    pool: str


class CutOff(NamedTuple):
    """The last admitted key of one pool; None if nobody was admitted from it.

    `seats` of the general pool are all that the reserves did not use. If `admitted` is less than `seats`, every child
    who counts here and asked was admitted.
    """

    offering: str
    pool: str
    seats: int
    admitted: int
    last: Key | None

    @property
    def full(self) -> bool:
        return self.admitted == self.seats


@dataclass(frozen=True, slots=True)
class Allocation:
    """The result of one market: the seat of each child that has one, and the cut-offs of every pool."""

    seats: dict[str, Seat]
    cutoffs: tuple[CutOff, ...]


def allocate(market: Market, numbers: Sequence[bytes], left: Container[str] = ()) -> Allocation:
    """The allocation by these lottery numbers, one for each child, without the children who `left` for a block."""
    rows = [
        (Key(child.credit, number), child)
        for child, number in zip(market.children, numbers, strict=True)
        if child.id not in left
    ]
    rows.sort(key=lambda row: (row[0].rank, row[1].id))
    held = {offering.id: _Held(offering) for offering in market.offerings}
    asked = [0] * len(rows)
    for newcomer in range(len(rows)):
        child: int | None = newcomer
        while child is not None:
            wishes, turn = rows[child][1], asked[child]
            if turn == len(wishes.choices):
                break
            asked[child] = turn + 1
            child = held[wishes.choices[turn]].ask(child, wishes.groups)
    seats: dict[str, Seat] = {}
    cutoffs: list[CutOff] = []
    for offering in sorted(held):
        for seat, size, holders in held[offering].pools():
            seats.update((rows[-one][1].id, seat) for one in holders)
            last = rows[-min(holders)][0] if holders else None
            cutoffs.append(CutOff(*seat, seats=size, admitted=len(holders), last=last))
    return Allocation(seats, tuple(cutoffs))


class _Held:
    """The children that one offering holds for now. Heaps of negative places: the root is the worst."""

    __slots__ = ("free", "general", "offering", "reserves")

    def __init__(self, offering: Offering) -> None:
        self.offering = offering
        self.free = offering.capacity
        self.general: list[int] = []
        self.reserves: dict[str, tuple[int, list[int]]] = {group: (size, []) for group, size in offering.reserves}

    def ask(self, child: int, groups: Sequence[str]) -> int | None:
        """Hold this child; returns the child who is pushed out for it, perhaps itself."""
        moved = -child
        pool = self.offering.pool_of(groups) if groups and self.reserves else GENERAL
        if pool == GENERAL:
            heappush(self.general, moved)
        else:
            size, holders = self.reserves[pool]
            if len(holders) < size:
                heappush(holders, moved)
            else:
                heappush(self.general, heappushpop(holders, moved))
        if self.free:
            self.free -= 1
            return None
        # Not empty: the reserves hold at most the capacity, and one child more than that is held.
        return -heappop(self.general)

    def pools(self) -> Iterator[tuple[Seat, int, list[int]]]:
        """Each pool with its seats and its holders. The general pool has all seats that the reserves did not use."""
        used = 0
        for group, (size, holders) in self.reserves.items():
            used += len(holders)
            yield Seat(self.offering.id, group), size, holders
        yield Seat(self.offering.id, GENERAL), self.offering.capacity - used, self.general
