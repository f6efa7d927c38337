"""What a family reads about its choices, and what a lost lottery is worth next term."""

import random
from collections.abc import Mapping

import pytest

from services.afterschool.placement.allocations.credits import credit_after, credits_after, oversubscribed
from services.afterschool.placement.allocations.explanation import Explanation, Reason, explain
from services.afterschool.placement.allocations.lottery import Draw, Key, new_secret
from services.afterschool.placement.allocations.market import GENERAL, MOST_CREDIT, Market
from services.afterschool.placement.allocations.mechanism import allocate
from services.afterschool.placement.allocations.sequence import Outcome, input_hashes, run
from services.afterschool.placement.allocations.swaps import wished_swaps
from tests.afterschool.allocations.markets import by_name, child, course, in_order, market, tiny

MONDAY = market(
    [course("a", 1, hardship=1), course("b"), course("d", 2)],
    [
        *(child("amy", "ab"), child("ben", "abd"), child("cai", "ab", "hardship")),
        *(child("dan", "ab", "hardship"), child("eve", "d")),
    ],
)
NUMBERS = in_order(5)


def told(row: int, one: Market = MONDAY, *, left: bool = False) -> list[Explanation]:
    result = allocate(one, NUMBERS[: len(one.children)])
    asking = one.children[row]
    offerings = {offering.id: offering for offering in one.offerings}
    cutoffs = {cut[:2]: cut for cut in result.cutoffs}
    return list(explain(asking, NUMBERS[row], result.seats.get(asking.id), offerings, cutoffs, left=left))


def test_a_refusal_shows_the_own_key_and_the_last_admitted_one() -> None:
    last = Key(0, NUMBERS[0])
    assert told(1) == [
        Explanation(1, "a", GENERAL, Key(0, NUMBERS[1]), last, last, Reason.REFUSED),
        Explanation(2, "b", GENERAL, Key(0, NUMBERS[1]), Key(0, NUMBERS[1]), Key(0, NUMBERS[1]), Reason.ADMITTED),
        Explanation(3, "d", GENERAL, Key(0, NUMBERS[1]), Key(0, NUMBERS[4]), Key(0, NUMBERS[4]), Reason.PLACED_HIGHER),
    ]


def test_a_child_of_a_group_sees_both_pools_in_which_it_competed() -> None:
    refused = told(3)[0]
    assert (refused.pool, refused.reason) == ("hardship", Reason.REFUSED)
    assert (refused.last, refused.last_general) == (Key(0, NUMBERS[2]), Key(0, NUMBERS[0]))


def test_a_child_with_a_seat_in_a_block_is_told_so() -> None:
    assert {one.reason for one in told(1, left=True)} == {Reason.LEFT}


def test_the_reason_follows_from_the_keys_alone() -> None:
    """A refused child is worse than the last admitted key of every pool in which it competes, and these are full."""
    refusals = 0
    for seed in range(300):
        one = tiny(random.Random(seed))
        numbers = by_name(seed, one.children)
        result = allocate(one, numbers)
        offerings = {offering.id: offering for offering in one.offerings}
        cutoffs = {cut[:2]: cut for cut in result.cutoffs}
        for asking, number in zip(one.children, numbers, strict=True):
            for choice in explain(asking, number, result.seats.get(asking.id), offerings, cutoffs):
                pools = [(choice.offering, pool) for pool in {choice.pool, GENERAL}]
                worse = all(
                    cutoffs[pool].full and (last is None or choice.key.rank > last.rank)
                    for pool in pools
                    for last in [cutoffs[pool].last]
                )
                if choice.reason is not Reason.PLACED_HIGHER:
                    assert worse == (choice.reason is Reason.REFUSED), (seed, choice)
                    refusals += worse
    assert refusals > 100


def test_a_swap_that_a_reserve_prevents_is_counted() -> None:
    """ben pushes amy from a, amy pushes cai from b, cai pushes ben from a; after the swap ben would be passed over."""
    one = market(
        [course("a", 0, hardship=1), course("b")],
        [child("amy", "ab"), child("cai", "ba", "hardship"), child("ben", "a", "hardship")],
    )
    result = allocate(one, in_order(3))
    assert result.seats == {"amy": ("b", GENERAL), "cai": ("a", "hardship")}
    assert wished_swaps(one, result) == (1, 2)


@pytest.mark.parametrize(
    ("placed", "refusing", "declined", "after"),
    [
        (False, False, False, 3),
        (True, False, False, 2),
        (True, True, False, 0),
        (True, False, True, 0),
        (True, True, True, 0),
    ],
)
def test_what_becomes_of_a_credit(placed: bool, refusing: bool, declined: bool, after: int) -> None:
    assert credit_after(2, placed=placed, oversubscribed=refusing, declined=declined) == after


def test_a_credit_ends_where_a_key_can_hold_no_more() -> None:
    assert credit_after(MOST_CREDIT, placed=False, oversubscribed=False, declined=False) == MOST_CREDIT


def test_an_offering_is_oversubscribed_if_it_refused_somebody() -> None:
    assert oversubscribed(MONDAY, allocate(MONDAY, NUMBERS)) == {"a", "b"}
    assert oversubscribed(MONDAY, allocate(MONDAY, NUMBERS, {"dan"}), {"dan"}) == {"a"}


def outcomes(*markets: Market) -> list[Outcome]:
    return list(run(markets, Draw(new_secret(), "x", input_hashes(markets))))


def after(found: list[Outcome], *declined: str) -> Mapping[str, int]:
    return credits_after(found, set(declined))


def test_a_credit_is_for_a_child_without_any_seat_in_all_its_markets() -> None:
    monday = market([course("a")], [child("kim", "a", credit=1), child("lin", "a"), child("max", "")])
    tuesday = market([course("b", 9)], [child("lin", "b"), child("max", "")], slots=("tue",))
    assert after(outcomes(monday, tuesday)) == {"kim": 0, "lin": 0}
    assert after(outcomes(monday)) == {"kim": 0, "lin": 1}


def test_a_seat_that_nobody_else_was_refused_keeps_the_credit() -> None:
    quiet = market([course("a", 2)], [child("kim", "a", credit=2), child("lin", "a")])
    assert after(outcomes(quiet)) == {"kim": 2, "lin": 0}


def test_a_declined_offer_ends_the_credit() -> None:
    quiet = market([course("a", 2)], [child("kim", "a", credit=2), child("lin", "a")])
    assert after(outcomes(quiet), "kim") == {"kim": 0, "lin": 0}
    crowded = market([course("a", 0)], [child("kim", "a", credit=2)])
    assert after(outcomes(crowded), "kim") == {"kim": 0}


def test_a_child_who_left_for_a_block_was_not_refused_and_is_placed() -> None:
    block = market([course("x", 2)], [child("kim", "x", credit=1)], slots=("mon", "tue"))
    monday = market([course("a", 1)], [child("kim", "a", credit=1), child("lin", "a", credit=5)])
    assert after(outcomes(block, monday)) == {"kim": 1, "lin": 5}


def test_a_child_has_one_credit_in_all_markets() -> None:
    monday = market([course("a")], [child("kim", "a", credit=1)])
    tuesday = market([course("a")], [child("kim", "a", credit=2)], slots=("tue",))
    with pytest.raises(ValueError):
        after(outcomes(monday, tuesday))
