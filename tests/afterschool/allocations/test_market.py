"""What a market is, and which input is refused."""

from collections.abc import Callable

import pytest

from services.afterschool.placement.allocations.market import GENERAL, MOST_CREDIT, Market, Offering
from tests.afterschool.allocations.markets import child, course, market

DRUMS = course("a", 2, hardship=1, siblings=1)


def test_a_market_is_named_after_its_school_its_term_and_its_slots_in_order() -> None:
    assert market([], [], slots=("wed", "mon")).name == "school|2026-1|mon+wed"
    assert market([], [], slots=("wed",)).places == [("school", "2026-1", "wed")]


@pytest.mark.parametrize(
    ("groups", "pool"),
    [
        ((), GENERAL),
        (("boarders",), GENERAL),
        (("siblings",), "siblings"),
        (("siblings", "hardship"), "hardship"),
        (("hardship", "siblings"), "hardship"),
    ],
)
def test_a_child_counts_in_the_first_of_its_groups_in_published_order(groups: tuple[str, ...], pool: str) -> None:
    assert DRUMS.pool_of(groups) == pool


def test_capacity_is_the_sum_of_the_pools() -> None:
    assert (DRUMS.capacity, DRUMS.reserves) == (4, [("hardship", 1), ("siblings", 1)])


@pytest.mark.parametrize(
    "build",
    [
        lambda: market([], [], slots=()),
        lambda: market([], [], slots=("mon", "mon")),
        lambda: market([], [], slots=("mon+tue",)),
        lambda: Market.of("a|b", "t", ("mon",), [], []),
        lambda: Market.of("", "t", ("mon",), [], []),
        lambda: Market.of("s", "t\n", ("mon",), [], []),
        lambda: market([DRUMS, DRUMS], []),
        lambda: market([course("a|b")], []),
        lambda: market([Offering("a", (("", 1),))], []),
        lambda: market([Offering("a", ((GENERAL, 1), (GENERAL, 1)))], []),
        lambda: market([course("a", -1)], []),
        lambda: market([DRUMS], [child("kim", "a"), child("kim", "a")]),
        lambda: market([DRUMS], [child("k|im", "a")]),
        lambda: market([course(name) for name in "abcdef"], [child("kim", "abcdef")]),
        lambda: market([DRUMS], [child("kim", "aa")]),
        lambda: market([DRUMS], [child("kim", "b")]),
        lambda: market([DRUMS], [child("kim", "a", GENERAL)]),
        lambda: market([DRUMS], [child("kim", "a", "hardship", "hardship")]),
        lambda: market([DRUMS], [child("kim", "a", credit=-1)]),
        lambda: market([DRUMS], [child("kim", "a", credit=MOST_CREDIT + 1)]),
    ],
)
def test_input_without_a_unique_result_is_refused(build: Callable[[], Market]) -> None:
    with pytest.raises(ValueError):
        build()


def test_five_choices_are_as_many_as_may_be_ranked() -> None:
    assert market([course(name) for name in "abcdef"], [child("kim", "abcde")]).children[0].choices == tuple("abcde")
