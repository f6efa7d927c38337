"""Who gets which seat, one rule at a time. No I/O."""

import pytest

from services.afterschool.placement.allocations.lottery import Key
from services.afterschool.placement.allocations.market import GENERAL, Offering
from services.afterschool.placement.allocations.mechanism import CutOff, allocate
from tests.afterschool.allocations.markets import by_hand, child, course, in_order, market


def test_the_better_number_gets_the_seat_and_the_other_its_next_choice() -> None:
    result = by_hand([course("a"), course("b")], child("kim", "ab"), child("lin", "ab"), child("max", "ab"))
    assert result == {"kim": "a general", "lin": "b general"}


def test_credit_is_before_the_number() -> None:
    assert by_hand([course("a")], child("kim", "a"), child("lin", "a", credit=1)) == {"lin": "a general"}


def test_asking_late_for_a_lower_choice_pushes_a_worse_key_out() -> None:
    """lin has b until kim, refused at a by a higher credit, asks for it."""
    result = by_hand(
        [course("a"), course("b"), course("c")], child("kim", "ab"), child("lin", "bc"), child("max", "a", credit=1)
    )
    assert result == {"max": "a general", "kim": "b general", "lin": "c general"}


def test_a_reserve_is_filled_first_and_by_its_best() -> None:
    """The better child of the group has the reserved seat, so that the seat for everybody stays for everybody."""
    offerings = [course("a", 1, hardship=1)]
    result = by_hand(offerings, child("kim", "a", "hardship"), child("lin", "a"), child("max", "a", "hardship"))
    assert result == {"kim": "a hardship", "lin": "a general"}


def test_a_child_of_a_group_also_competes_for_the_seats_of_everybody() -> None:
    offerings = [course("a", 1, hardship=1)]
    result = by_hand(offerings, child("kim", "a", "hardship"), child("lin", "a", "hardship"), child("max", "a"))
    assert result == {"kim": "a hardship", "lin": "a general"}


def test_a_reserve_goes_before_credit() -> None:
    result = by_hand([course("a", 0, hardship=1)], child("kim", "a", credit=9), child("lin", "a", "hardship"))
    assert result == {"lin": "a hardship"}


def test_reserved_seats_that_stay_free_go_to_everybody() -> None:
    result = by_hand([course("a", 0, hardship=2)], child("kim", "a"), child("lin", "a"), child("max", "a"))
    assert result == {"kim": "a general", "lin": "a general"}


def test_a_seat_given_on_returns_to_the_group_that_asks_late() -> None:
    """kim and lin have the unused reserve of b until max, refused at a, asks for it."""
    result = by_hand(
        [course("a"), course("b", 1, hardship=1)],
        *(child("kim", "b"), child("lin", "b"), child("max", "ab", "hardship"), child("noa", "a", credit=1)),
    )
    assert result == {"kim": "b general", "max": "b hardship", "noa": "a general"}


def test_a_child_in_two_guaranteed_pools_is_counted_in_one() -> None:
    """projektzapisy PR 725: hardship and sibling count once, and the second reserve is left to another child."""
    offerings = [course("a", 0, hardship=1, siblings=1)]
    both = child("kim", "a", "siblings", "hardship")
    assert by_hand(offerings, both, child("lin", "a"), child("max", "a", "siblings")) == {
        "kim": "a hardship",
        "max": "a siblings",
    }


def test_a_child_refused_in_its_first_group_does_not_count_in_its_second() -> None:
    offerings = [course("a", 0, hardship=1, siblings=1)]
    result = by_hand(
        offerings,
        child("kim", "a", "hardship"),
        child("lin", "a", "hardship", "siblings"),
        child("max", "a", "siblings"),
    )
    assert result == {"kim": "a hardship", "max": "a siblings"}


def test_a_group_without_a_pool_here_counts_for_nothing_here() -> None:
    offerings = [course("a", 1, hardship=1)]
    assert by_hand(offerings, child("kim", "a", "siblings"), child("lin", "a"), child("max", "a", "siblings")) == {
        "kim": "a general",
        "lin": "a general",
    }


def test_a_first_choice_with_a_free_seat_is_never_refused() -> None:
    """ESP-Website #13: the lottery left seats open."""
    children = [child(f"c{n}", "ab"[n % 2] + "cd") for n in range(8)]
    result = by_hand([course("a", 4), course("b", 3), course("c", 1), course("d", 1)], *children)
    assert [result[f"c{n}"] for n in (0, 2, 4, 6)] == ["a general"] * 4
    assert sorted(result[f"c{n}"] for n in (1, 3, 5, 7)) == ["b general"] * 3 + ["c general"]


@pytest.mark.parametrize("seats", [0, 1])
def test_an_offering_without_seats_refuses_everybody(seats: int) -> None:
    result = by_hand([course("a", 0, hardship=0), course("b", seats)], child("kim", "ab", "hardship"))
    assert result == ({"kim": "b general"} if seats else {})


def test_without_wishes_there_is_no_seat() -> None:
    assert by_hand([course("a")], child("kim", "")) == {}
    assert by_hand([]) == {}


def test_who_left_for_a_block_takes_no_seat() -> None:
    one = market([course("a")], [child("kim", "a"), child("lin", "a")])
    assert allocate(one, in_order(2), {"kim"}).seats == {"lin": ("a", GENERAL)}


def test_the_general_pool_may_stand_anywhere_or_be_left_out() -> None:
    first = Offering("a", ((GENERAL, 1), ("hardship", 1)))
    without = Offering("a", (("hardship", 1),))
    kim, lin = child("kim", "a"), child("lin", "a", "hardship")
    assert by_hand([first], kim, lin) == {"kim": "a general", "lin": "a hardship"}
    assert by_hand([without], kim) == {"kim": "a general"}
    assert by_hand([without], kim, lin) == {"lin": "a hardship"}


def test_cut_offs_name_the_last_admitted_key_of_every_pool() -> None:
    one = market(
        [course("a", 1, hardship=2, siblings=1), course("b", 2)],
        [child("kim", "a", credit=3), child("lin", "a", "siblings"), child("max", "a", "hardship"), child("noa", "a")],
    )
    numbers = in_order(4)
    assert allocate(one, numbers).cutoffs == (
        CutOff("a", "hardship", 2, 1, Key(0, numbers[2])),
        CutOff("a", "siblings", 1, 1, Key(0, numbers[1])),
        CutOff("a", GENERAL, 2, 2, Key(0, numbers[3])),
        CutOff("b", GENERAL, 2, 0, None),
    )
    assert [cut.full for cut in allocate(one, numbers).cutoffs] == [False, True, True, False]


def test_every_child_needs_one_number() -> None:
    with pytest.raises(ValueError):
        allocate(market([course("a")], [child("kim", "a")]), in_order(2))
