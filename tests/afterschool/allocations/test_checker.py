"""The checker sees every kind of fault. One that cannot fail would prove nothing."""

import random
from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass

import pytest

from services.afterschool.placement.allocations.checker import Fault, Kind, faults, term_faults
from services.afterschool.placement.allocations.lottery import Draw, Key, new_secret
from services.afterschool.placement.allocations.market import GENERAL, Market
from services.afterschool.placement.allocations.mechanism import Allocation, CutOff, Seat, allocate
from services.afterschool.placement.allocations.sequence import input_hashes, run
from tests.afterschool.allocations.markets import by_name, child, course, found, in_order, market, tiny

MONDAY = market(
    [course("a", 1, hardship=1), course("b"), course("d", 2)],
    [child("amy", "ab"), child("ben", "ab"), child("cai", "ab", "hardship"), child("dan", "ab"), child("eve", "db")],
)
"""amy and cai have a, ben has b, dan has nothing, eve has one of two seats in d."""


def honest(one: Market, seats: Iterable[tuple[str, Seat]]) -> list[CutOff]:
    """The cut-offs that these seats have, so that a fault in the seats does not show in the cut-offs."""
    numbers = dict(zip([row.id for row in one.children], in_order(len(one.children)), strict=True))
    credit = {row.id: row.credit for row in one.children}
    held: dict[Seat, list[str]] = {}
    for name, seat in seats:
        if name in numbers:
            held.setdefault(seat, []).append(name)
    cuts = []
    for offering in one.offerings:
        sizes = dict(offering.pools)
        sizes.setdefault(GENERAL, 0)
        used = sum(len(held.get(Seat(offering.id, pool), ())) for pool in sizes if pool != GENERAL)
        for pool, size in sizes.items():
            names = held.get(Seat(offering.id, pool), [])
            last = max(((-credit[name], numbers[name]) for name in names), default=None)
            seats_here = offering.capacity - used if pool == GENERAL else size
            cuts.append(CutOff(offering.id, pool, seats_here, len(names), last and Key(-last[0], last[1])))
    return cuts


@dataclass
class Plant:
    """The result of MONDAY, to be changed."""

    seats: list[tuple[str, Seat]]
    left: set[str]

    def give(self, name: str, offering: str, pool: str = GENERAL) -> None:
        self.take(name)
        self.seats.append((name, Seat(offering, pool)))

    def take(self, name: str) -> None:
        self.seats = [held for held in self.seats if held[0] != name]

    def faults(self) -> set[Fault]:
        numbers = in_order(len(MONDAY.children))
        return set(faults(MONDAY, numbers, self.seats, honest(MONDAY, self.seats), self.left))


@pytest.fixture
def plant() -> Plant:
    return Plant([*allocate(MONDAY, in_order(5)).seats.items()], set())


def test_the_true_result_has_none(plant: Plant) -> None:
    assert plant.faults() == set()
    assert dict(plant.seats) == {
        "amy": ("a", GENERAL),
        "ben": ("b", GENERAL),
        "cai": ("a", "hardship"),
        "eve": ("d", GENERAL),
    }


def test_a_child_with_two_seats(plant: Plant) -> None:
    plant.seats.append(("eve", Seat("d", GENERAL)))
    assert plant.faults() >= {Fault(Kind.TWICE, "d", GENERAL, "eve")}


@pytest.mark.parametrize(
    ("name", "offering", "pool"), [("zoe", "d", GENERAL), ("dan", "z", GENERAL), ("dan", "b", "boarders")]
)
def test_a_seat_of_which_the_market_knows_nothing(plant: Plant, name: str, offering: str, pool: str) -> None:
    plant.give(name, offering, pool)
    assert plant.faults() == {Fault(Kind.UNKNOWN, offering, pool, name)}


def test_a_seat_for_a_child_who_left(plant: Plant) -> None:
    plant.left = {"eve"}
    assert plant.faults() == {Fault(Kind.LEFT, "d", GENERAL, "eve")}


def test_a_seat_that_was_not_listed(plant: Plant) -> None:
    plant.give("dan", "d")
    assert plant.faults() >= {Fault(Kind.NOT_LISTED, "d", GENERAL, "dan")}


def test_a_reserved_seat_for_a_child_outside_the_group(plant: Plant) -> None:
    plant.take("cai")
    plant.give("ben", "a", "hardship")
    assert plant.faults() >= {Fault(Kind.WRONG_POOL, "a", "hardship", "ben")}


def test_a_reserve_that_was_not_filled_first(plant: Plant) -> None:
    plant.give("cai", "a")
    assert plant.faults() >= {Fault(Kind.WRONG_POOL, "a", "hardship", "")}


def test_a_reserve_that_was_not_filled_by_the_best() -> None:
    one = market([course("a", 1, hardship=1)], [child("amy", "a", "hardship"), child("ben", "a", "hardship")])
    seats = {"amy": Seat("a", GENERAL), "ben": Seat("a", "hardship")}
    assert found(one, in_order(2), Allocation(seats, tuple(honest(one, seats.items())))) == [
        Fault(Kind.WRONG_POOL, "a", "hardship", "")
    ]


def test_more_children_than_seats(plant: Plant) -> None:
    plant.give("dan", "b")
    assert plant.faults() == {Fault(Kind.TOO_MANY, "b", "", "")}


def test_more_children_than_reserved_seats() -> None:
    one = market([course("a", 1, hardship=1)], [child("amy", "a", "hardship"), child("ben", "a", "hardship")])
    seats = {"amy": Seat("a", "hardship"), "ben": Seat("a", "hardship")}
    assert found(one, in_order(2), Allocation(seats, tuple(honest(one, seats.items())))) == [
        Fault(Kind.TOO_MANY, "a", "hardship", "")
    ]


def test_a_listed_seat_that_stays_free(plant: Plant) -> None:
    plant.take("eve")
    assert plant.faults() == {Fault(Kind.FREE_SEAT, "d", "", "eve")}


def test_a_seat_held_by_a_worse_key(plant: Plant) -> None:
    plant.take("ben")
    plant.give("dan", "b")
    assert plant.faults() == {Fault(Kind.PASSED_OVER, "b", GENERAL, "ben")}


def test_a_reserved_seat_given_on_while_its_group_wants_it(plant: Plant) -> None:
    plant.give("ben", "a")
    plant.give("cai", "b")
    assert plant.faults() == {Fault(Kind.PASSED_OVER, "a", "hardship", "cai")}


def test_a_reserved_seat_held_by_the_worse_of_the_group() -> None:
    one = market([course("a", 0, hardship=1)], [child("amy", "a", "hardship"), child("ben", "a", "hardship")])
    seats = {"ben": Seat("a", "hardship")}
    assert found(one, in_order(2), Allocation(seats, tuple(honest(one, seats.items())))) == [
        Fault(Kind.PASSED_OVER, "a", "hardship", "amy")
    ]


@pytest.mark.parametrize(
    ("change", "where"),
    [
        (lambda cuts: [cuts[0]._replace(last=Key(0, b"z")), *cuts[1:]], ("a", "hardship")),
        (lambda cuts: [cuts[0]._replace(last=None), *cuts[1:]], ("a", "hardship")),
        (lambda cuts: [cuts[0], cuts[1]._replace(seats=2), *cuts[2:]], ("a", GENERAL)),
        (lambda cuts: [*cuts[:3], cuts[3]._replace(admitted=2)], ("d", GENERAL)),
        (lambda cuts: cuts[:3], ("d", GENERAL)),
        (lambda cuts: [*cuts, CutOff("d", "siblings", 0, 0, None)], ("d", "siblings")),
        (lambda cuts: [*cuts, cuts[0]], ("", "")),
    ],
)
def test_a_cut_off_that_is_not_true(
    plant: Plant, change: Callable[[Collection[CutOff]], Collection[CutOff]], where: tuple[str, str]
) -> None:
    cuts = change(honest(MONDAY, plant.seats))
    assert [*faults(MONDAY, in_order(5), plant.seats, cuts)] == [Fault(Kind.CUT_OFF, *where, "")]


def test_a_child_who_takes_part_in_spite_of_a_block_or_left_without_one() -> None:
    block = market([course("x", 2)], [child("amy", "x"), child("ben", "x")], slots=("mon", "tue"))
    monday = market([course("a", 2)], [child("amy", "a"), child("cai", "a")])
    outcomes = list(run([block, monday], Draw(new_secret(), "x", input_hashes([block, monday]))))
    assert list(term_faults(outcomes)) == []
    of_block, of_monday = outcomes
    here = of_monday._replace(left={}, allocation=allocate(monday, of_monday.numbers))
    gone = of_monday._replace(
        left={"amy": "", "cai": ""}, allocation=allocate(monday, of_monday.numbers, {"amy", "cai"})
    )
    assert list(term_faults([of_block, here])) == [(monday.name, Fault(Kind.LEFT, "", "", "amy"))]
    assert list(term_faults([of_block, gone])) == [(monday.name, Fault(Kind.LEFT, "", "", "cai"))]
    assert [kind for _, (kind, *_) in term_faults([here._replace(left={"amy": ""})])] == [Kind.LEFT, Kind.LEFT]


def test_a_change_of_any_single_seat_is_seen_though_the_cut_offs_fit_it() -> None:
    changed = 0
    for seed in range(200):
        one = tiny(random.Random(seed))
        numbers = in_order(len(one.children))
        result = allocate(one, numbers)
        for row in one.children:
            ways: list[Seat | None] = [
                Seat(offering.id, pool) for offering in one.offerings for pool, _ in offering.pools
            ]
            for way in (*ways, None):
                seats = {**result.seats, row.id: way}
                if way != result.seats.get(row.id):
                    given = {name: seat for name, seat in seats.items() if seat is not None}
                    false = Allocation(given, tuple(honest(one, given.items())))
                    assert found(one, numbers, false), (seed, row.id, way)
                    changed += 1
    assert changed > 2000


def test_numbers_of_another_lottery_are_seen() -> None:
    seen = 0
    for seed in range(100):
        one = tiny(random.Random(seed))
        result = allocate(one, by_name(seed, one.children))
        seen += bool(found(one, by_name(seed + 1, one.children), result))
    assert seen > 50
