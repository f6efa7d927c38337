"""Loss credit: a child who got nothing that it listed comes earlier next term.

Only a child without any listed seat in all its markets gains. A credit for a missed first choice would be farmed by
listing an unwinnable one first.
"""

from collections.abc import Container, Iterable

from services.afterschool.placement.allocations.market import MOST_CREDIT, Market
from services.afterschool.placement.allocations.mechanism import Allocation
from services.afterschool.placement.allocations.sequence import Outcome


def credit_after(credit: int, *, placed: bool, oversubscribed: bool, declined: bool) -> int:
    """One more for a child without any seat; zero after a seat in an oversubscribed offering, or a declined offer."""
    if declined or oversubscribed:
        return 0
    return credit if placed else min(credit + 1, MOST_CREDIT)


def oversubscribed(market: Market, allocation: Allocation, left: Container[str] = ()) -> set[str]:
    """The offerings that refused a child."""
    refused: set[str] = set()
    for child in market.children:
        if child.id not in left:
            seat = allocation.seats.get(child.id)
            end = len(child.choices) if seat is None else child.choices.index(seat.offering)
            refused.update(child.choices[:end])
    return refused


def credits_after(outcomes: Iterable[Outcome], declined: Container[str] = ()) -> dict[str, int]:
    """The new credit of every child that listed something. `outcomes` are all markets of one term.

    `declined` are the children who turned down a seat that they were offered.
    """
    before: dict[str, int] = {}
    placed: set[str] = set()
    contested: set[str] = set()
    for market, _, left, allocation in outcomes:
        refusing = oversubscribed(market, allocation, left)
        for child in market.children:
            if child.choices and before.setdefault(child.id, child.credit) != child.credit:
                raise ValueError(f"{market.name}: child {child.id} has another credit in another market")
        placed.update(allocation.seats)
        contested.update(child for child, seat in allocation.seats.items() if seat.offering in refusing)
    return {
        child: credit_after(
            credit, placed=child in placed, oversubscribed=child in contested, declined=child in declined
        )
        for child, credit in before.items()
    }
