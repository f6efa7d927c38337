"""Markets to try the rules on: by hand, at random, and what the tests do with them in between."""

import hashlib
import random
from collections.abc import Collection, Iterable, Sequence

from services.afterschool.placement.allocations.checker import Fault, faults
from services.afterschool.placement.allocations.market import GENERAL, Child, Market, Offering
from services.afterschool.placement.allocations.mechanism import Allocation, allocate

GROUPS = ("hardship", "siblings")


def course(name: str, seats: int = 1, **reserves: int) -> Offering:
    """An offering with reserves, in this order, and then seats for everybody."""
    return Offering(name, (*reserves.items(), (GENERAL, seats)))


def child(name: str, choices: str, *groups: str, credit: int = 0) -> Child:
    """Offerings have names of one letter: "abc" ranks a, b, c."""
    return Child(name, tuple(choices), groups, credit)


def market(offerings: Iterable[Offering], children: Iterable[Child], slots: Iterable[str] = ("mon",)) -> Market:
    return Market.of("school", "2026-1", slots, offerings, children)


def in_order(count: int) -> list[bytes]:
    """Lottery numbers that favour the first row."""
    return [place.to_bytes(32, "big") for place in range(count)]


def by_name(seed: int, children: Iterable[Child]) -> list[bytes]:
    """Lottery numbers that stay with a child, whatever its row and its wishes."""
    return [hashlib.sha256(f"{seed}|{one.id}".encode()).digest() for one in children]


def by_hand(offerings: Iterable[Offering], *children: Child) -> dict[str, str]:
    """child -> "offering pool", where the lottery favours who stands first."""
    allocation = allocate(market(offerings, children), in_order(len(children)))
    return {name: " ".join(seat) for name, seat in allocation.seats.items()}


def found(of: Market, numbers: Sequence[bytes], result: Allocation, left: Collection[str] = ()) -> list[Fault]:
    return list(faults(of, numbers, result.seats.items(), result.cutoffs, left))


def tiny(dice: random.Random, *, reserves: bool = True) -> Market:
    """Two to four offerings with few seats, and more children than seats as a rule."""
    offerings = []
    for name in "abcd"[: dice.randint(2, 4)]:
        pools = [(group, dice.randint(0, 2)) for group in dice.sample(GROUPS, dice.randint(0, 2)) if reserves]
        pools.insert(dice.randint(0, len(pools)), (GENERAL, dice.randint(0 if pools else 1, 2)))
        offerings.append(Offering(name, tuple(pools)))
    names = [offering.id for offering in offerings]
    children = [
        Child(
            f"child {number}",
            tuple(dice.sample(names, dice.randint(1, len(names)))),
            tuple(dice.sample(GROUPS, dice.choice((0, 0, 1, 1, 2)))),
            dice.choice((0, 0, 0, 1, 2)),
        )
        for number in range(dice.randint(2, 7))
    ]
    return market(offerings, children)


def crowd(dice: random.Random, children: int, offerings: int, seats: int, slots: Iterable[str] = ("mon",)) -> Market:
    """A large market: favourites that many want, a tenth of the children in a group, some credit."""
    courses = [
        Offering(
            f"offering {n}", (("hardship", seats // 10), ("siblings", seats // 20), (GENERAL, seats - seats // 10))
        )
        for n in range(offerings)
    ]
    names = [one.id for one in courses]
    weights = [1 / (n + 20) for n in range(offerings)]
    rows = []
    for number, wanted in enumerate(zip(*[iter(dice.choices(names, weights, k=children * 7))] * 7, strict=True)):
        groups = tuple(group for group in GROUPS if dice.random() < 0.08)
        rows.append(Child(f"child {number}", tuple(dict.fromkeys(wanted))[:5], groups, dice.choice((0, 0, 0, 0, 1))))
    return market(courses, rows, slots)
