"""Promises of the mechanism on many small markets: 300 by default, ALLOCATION_MARKETS=10000 is the full size."""

import os
import random
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from itertools import combinations, permutations

import pytest

from services.afterschool.placement.allocations.market import GENERAL, Market
from services.afterschool.placement.allocations.mechanism import Allocation, Seat, allocate
from services.afterschool.placement.allocations.swaps import wished_swaps
from tests.afterschool.allocations.markets import by_name, crowd, found, tiny

MARKETS = int(os.environ.get("ALLOCATION_MARKETS", "300"))
PARTS = 6

Rule = Callable[[Market, Sequence[bytes]], Allocation]


def markets(part: int, *, reserves: bool = True) -> Iterator[tuple[int, Market]]:
    """Different ones in every part; the number is the lottery's."""
    for number in range(part, MARKETS, PARTS):
        yield number, tiny(random.Random(number), reserves=reserves)


def lists_of(names: list[str]) -> list[tuple[str, ...]]:
    """Every order of every subset."""
    return [order for length in range(len(names) + 1) for order in permutations(names, length)]


def satisfaction(choices: tuple[str, ...], result: Allocation, name: str) -> int:
    """The smaller, the better by these choices; a seat that is not among them is worse than none."""
    seat = result.seats.get(name)
    if seat is None:
        return len(choices)
    return choices.index(seat.offering) if seat.offering in choices else len(choices) + 1


def gains(one: Market, numbers: list[bytes], rule: Rule) -> Iterator[bool]:
    """For every child and every list it could submit: whether that gains something for it."""
    honest = rule(one, numbers)
    lies = lists_of([offering.id for offering in one.offerings])
    for row, child in enumerate(one.children):
        truth = satisfaction(child.choices, honest, child.id)
        for lie in lies:
            children = (*one.children[:row], child._replace(choices=lie), *one.children[row + 1 :])
            yield satisfaction(child.choices, rule(replace(one, children=children), numbers), child.id) < truth


@pytest.mark.parametrize("part", range(PARTS))
def test_no_misreport_gains(part: int) -> None:
    tried = 0
    for number, one in markets(part):
        found_gains = list(gains(one, by_name(number, one.children), allocate))
        assert not any(found_gains), number
        tried += len(found_gains)
    assert tried > 50 * MARKETS // PARTS


def in_one_round_each(one: Market, numbers: Sequence[bytes]) -> Allocation:
    """The rule that we do not use: who ranks an offering first keeps it, whoever asks later."""
    seats: dict[str, Seat] = {}
    free = {offering.id: offering.capacity for offering in one.offerings}
    by_number = [child for _, child in sorted(zip(numbers, one.children, strict=True))]
    for turn in range(4):
        for child in by_number:
            for choice in child.choices[turn : turn + 1]:
                if child.id not in seats and free[choice]:
                    free[choice] -= 1
                    seats[child.id] = Seat(choice, GENERAL)
    return Allocation(seats, ())


def test_the_same_search_finds_gains_under_another_rule() -> None:
    one_gains = [any(gains(one, by_name(seed, one.children), in_one_round_each)) for seed, one in markets(0)]
    assert sum(one_gains) > len(one_gains) / 20


@pytest.mark.parametrize("part", range(PARTS))
def test_the_checker_finds_nothing(part: int) -> None:
    for number, one in markets(part):
        numbers = by_name(number, one.children)
        left = {child.id for child in one.children if random.Random(number).random() < 0.1}
        assert found(one, numbers, allocate(one, numbers, left), left) == [], number


def swaps(one: Market, result: Allocation) -> list[tuple[str, str]]:
    """Pairs of children who would both prefer the other's seat, by trying all."""
    return [
        (mine.id, other.id)
        for mine, other in combinations([child for child in one.children if child.id in result.seats], 2)
        if prefers(mine.choices, result.seats[other.id].offering, result.seats[mine.id].offering)
        and prefers(other.choices, result.seats[mine.id].offering, result.seats[other.id].offering)
    ]


def prefers(choices: tuple[str, ...], one: str, other: str) -> bool:
    return one in choices and choices.index(one) < choices.index(other)


def test_without_reserves_nobody_would_swap() -> None:
    for number, one in markets(0, reserves=False):
        assert swaps(one, allocate(one, by_name(number, one.children))) == [], number


def test_with_reserves_wished_swaps_are_counted() -> None:
    pairs = 0
    for seed in range(2000):
        one = tiny(random.Random(seed))
        result = allocate(one, by_name(seed, one.children))
        tried = swaps(one, result)
        assert wished_swaps(one, result) == (len(tried), len({name for pair in tried for name in pair})), seed
        pairs += len(tried)
    assert pairs > 0


def test_the_order_of_rows_does_not_matter() -> None:
    for number, one in markets(0):
        numbers = by_name(number, one.children)
        dice, rows, offerings = random.Random(number), list(zip(one.children, numbers, strict=True)), [*one.offerings]
        dice.shuffle(rows)
        dice.shuffle(offerings)
        shuffled = replace(one, offerings=tuple(offerings), children=tuple(child for child, _ in rows))
        assert allocate(shuffled, [drawn for _, drawn in rows]) == allocate(one, numbers), number


def test_a_crowd_is_served_by_the_rules() -> None:
    one = crowd(random.Random(7), 5000, 50, 40)
    numbers = by_name(7, one.children)
    result = allocate(one, numbers)
    assert found(one, numbers, result) == []
    assert len(result.seats) > 1900
    assert any(cut.pool != "general" and cut.full for cut in result.cutoffs)
