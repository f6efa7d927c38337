"""Swaps that two children would both prefer and that reserves prevent: they are not made, but counted and published.

Without reserves there is no such swap, because all offerings of a market order the children alike.
"""

from collections import Counter
from collections.abc import Iterator
from typing import NamedTuple

from services.afterschool.placement.allocations.market import Child, Market
from services.afterschool.placement.allocations.mechanism import Allocation


class WishedSwaps(NamedTuple):
    """`pairs` of children who would both prefer the other's seat, and the `children` who are in at least one pair."""

    pairs: int
    children: int


def wished_swaps(market: Market, allocation: Allocation) -> WishedSwaps:
    """Counted by offerings, not by trying pairs: time grows with the number of wishes."""
    wishes = Counter(wish for child in market.children for wish in _wishes(child, allocation))
    pairs = sum(count * wishes[there, here] for (here, there), count in wishes.items() if here < there)
    children = sum(
        any((there, here) in wishes for here, there in _wishes(child, allocation)) for child in market.children
    )
    return WishedSwaps(pairs, children)


def _wishes(child: Child, allocation: Allocation) -> Iterator[tuple[str, str]]:
    """(offering that the child has, offering that it would rather have)."""
    seat = allocation.seats.get(child.id)
    if seat is not None:
        for choice in child.choices[: child.choices.index(seat.offering)]:
            yield seat.offering, choice
