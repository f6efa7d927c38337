"""The order of markets: blocks first, nobody in two places at once, and any number of processes."""

import random
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context

import pytest

from services.afterschool.placement.allocations.checker import term_faults
from services.afterschool.placement.allocations.lottery import Draw
from services.afterschool.placement.allocations.market import GENERAL, Market
from services.afterschool.placement.allocations.mechanism import Allocation
from services.afterschool.placement.allocations.sequence import apart, input_hashes, run
from tests.afterschool.allocations.markets import child, course, crowd, market

SECRET = bytes(32)


def results(markets: list[Market]) -> dict[str, Allocation]:
    return {one.market.name: one.allocation for one in run(markets, Draw(SECRET, "x", input_hashes(markets)))}


def test_a_child_placed_in_a_block_leaves_the_markets_of_its_slots() -> None:
    block = market([course("x")], [child("kim", "x")], slots=("mon", "wed"))
    slots = [market([course("a")], [child("kim", "a")], slots=(slot,)) for slot in ("mon", "tue", "wed")]
    found = list(run([*slots, block], Draw(SECRET, "x", input_hashes([*slots, block]))))
    assert [one.market.slots for one in found] == [("mon", "wed"), ("mon",), ("tue",), ("wed",)]
    assert [one.allocation.seats for one in found] == [{"kim": ("x", GENERAL)}, {}, {"kim": ("a", GENERAL)}, {}]
    assert [one.left for one in found] == [{}, {"kim": block.name}, {}, {"kim": block.name}]


def test_a_child_without_a_seat_in_the_block_takes_part_in_its_slots() -> None:
    block = market([course("x", 0)], [child("kim", "x")], slots=("mon", "wed"))
    monday = market([course("a")], [child("kim", "a")])
    assert results([monday, block])[monday.name].seats == {"kim": ("a", GENERAL)}


def test_blocks_that_share_a_slot_do_not_place_a_child_twice() -> None:
    blocks = [market([course("x")], [child("kim", "x")], slots=slots) for slots in (("mon", "tue"), ("tue", "wed"))]
    assert [bool(one.seats) for one in results(blocks).values()] == [True, False]


def test_another_term_or_school_is_another_place() -> None:
    markets = [
        Market.of(*of, ("mon",), [course("a")], [child("kim", "a")]) for of in (("s", "1"), ("s", "2"), ("t", "1"))
    ]
    assert all(one.seats for one in results(markets).values())


def test_two_markets_of_the_same_slots_are_refused() -> None:
    with pytest.raises(ValueError):
        input_hashes([market([], []), market([course("a")], [])])


def city() -> list[Market]:
    dice = random.Random(11)
    slots: list[tuple[str, ...]] = [("mon",), ("tue",), ("wed",), ("mon", "wed"), ("tue", "wed")]
    markets = [crowd(dice, 150, 6, 20, slot) for slot in slots for _ in range(4)]
    return [
        Market.of(f"school {place % 4}", "2026-1", one.slots, one.offerings, one.children)
        for place, one in enumerate(markets)
    ]


def results_of(part: tuple[list[Market], Draw]) -> dict[str, Allocation]:
    return {one.market.name: one.allocation for one in run(*part)}


def test_the_number_of_processes_and_the_order_of_markets_do_not_matter() -> None:
    markets = city()
    draw = Draw(SECRET, "x", input_hashes(markets))
    alone = results_of((markets, draw))
    parts = apart(reversed(markets))
    assert len(parts) == 4
    with ProcessPoolExecutor(2, mp_context=get_context("spawn")) as processes:
        together: dict[str, Allocation] = {}
        for part in processes.map(results_of, [(part, draw) for part in parts]):
            together |= part
    assert together == alone
    assert len(alone) == 20


def test_nobody_is_in_two_places_at_once() -> None:
    markets = city()
    outcomes = list(run(markets, Draw(SECRET, "x", input_hashes(markets))))
    assert list(term_faults(outcomes)) == []
    hours = [(place, name) for one in outcomes for name in one.allocation.seats for place in one.market.places]
    assert len(hours) == len(set(hours)) > 500
    assert any(one.left for one in outcomes)
