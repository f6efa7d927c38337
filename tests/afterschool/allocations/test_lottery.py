"""The seed: unknown before the wishes are closed, the same for everybody afterwards."""

import hashlib
import hmac
import json
import random

import pytest

from services.afterschool.placement.allocations.lottery import (
    SECRET_BYTES,
    Draw,
    Key,
    commitment,
    input_hash,
    new_secret,
    numbers,
)
from services.afterschool.placement.allocations.market import MOST_CREDIT, Child, Offering
from services.afterschool.placement.allocations.sequence import input_hashes
from tests.afterschool.allocations.markets import child, course, crowd, market, tiny

SECRET = bytes(range(SECRET_BYTES))
MONDAY = market([course("a"), course("b", hardship=1)], [child("kim", "ab"), child("lin", "ba", "hardship", credit=2)])


def test_the_seed_is_the_hash_of_secret_public_value_and_frozen_input() -> None:
    frozen = {
        "market": {"school": "school", "term": "2026-1", "slots": ["mon"]},
        "offerings": [
            {"id": "a", "pools": [["general", 1]]},
            {"id": "b", "pools": [["hardship", 1], ["general", 1]]},
        ],
        "children": [
            {"id": "kim", "choices": ["a", "b"], "groups": [], "credit": 0},
            {"id": "lin", "choices": ["b", "a"], "groups": ["hardship"], "credit": 2},
        ],
    }
    written = json.dumps(frozen, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()
    inputs = '{"school|2026-1|mon":"' + hashlib.sha256(written).hexdigest() + '"}'
    draw = Draw(SECRET, "03 11 17", input_hashes([MONDAY]))
    assert draw.seed == hashlib.sha256(SECRET + b"03 11 17" + hashlib.sha256(inputs.encode()).digest()).digest()
    assert draw.commitment == commitment(SECRET) == hashlib.sha256(SECRET).hexdigest()
    by_hand = [hmac.new(draw.seed, f"school|2026-1|mon|{name}".encode(), "sha256").digest() for name in ("kim", "lin")]
    assert numbers(draw.seed, MONDAY) == by_hand


def test_everything_that_decides_changes_the_seed() -> None:
    changed = [
        market(MONDAY.offerings, MONDAY.children, slots=("tue",)),
        market([course("a", 2), MONDAY.offerings[1]], MONDAY.children),
        market([MONDAY.offerings[0], Offering("b", (("general", 1), ("hardship", 1)))], MONDAY.children),
        market(MONDAY.offerings, [MONDAY.children[0]]),
        market(MONDAY.offerings, [child("kim", "ba"), MONDAY.children[1]]),
        market(MONDAY.offerings, [child("kim", "ab", "hardship"), MONDAY.children[1]]),
        market(MONDAY.offerings, [child("kim", "ab", credit=1), MONDAY.children[1]]),
    ]
    seeds = [
        *(Draw(SECRET, "x", input_hashes([one])).seed for one in (MONDAY, *changed)),
        Draw(SECRET, "y", input_hashes([MONDAY])).seed,
        Draw(SECRET[::-1], "x", input_hashes([MONDAY])).seed,
        Draw(SECRET, "x", input_hashes([MONDAY, changed[0]])).seed,
    ]
    assert len(set(seeds)) == len(seeds)


def test_the_order_of_rows_and_of_groups_does_not_change_the_hash() -> None:
    dice = random.Random(1)
    for _ in range(50):
        one = tiny(dice)
        offerings, children = list(one.offerings), [row._replace(groups=row.groups[::-1]) for row in one.children]
        dice.shuffle(offerings)
        dice.shuffle(children)
        assert input_hash(market(offerings, children)) == input_hash(one)


def test_every_market_draws_anew() -> None:
    seed = Draw(SECRET, "x", input_hashes([MONDAY])).seed
    other = market(MONDAY.offerings, MONDAY.children, slots=("tue",))
    assert not set(numbers(seed, MONDAY)) & set(numbers(seed, other))


def test_a_number_is_the_childs_whatever_it_wishes_and_whoever_else_takes_part() -> None:
    seed = bytes(32)
    alone = market(MONDAY.offerings, [Child("kim", ("b",))])
    assert numbers(seed, alone) == numbers(seed, MONDAY)[:1]


def test_every_child_is_first_as_often_as_the_others() -> None:
    ten = market([], [child(f"c{n}", "") for n in range(10)])
    first = [0] * 10
    for turn in range(5000):
        drawn = numbers(turn.to_bytes(32, "big"), ten)
        first[drawn.index(min(drawn))] += 1
    assert sum((count - 500) ** 2 / 500 for count in first) < 27.9  # chi-square, 9 degrees of freedom, at 0.999


def test_more_credit_is_before_a_smaller_number() -> None:
    keys = [Key(0, b"b"), Key(0, b"a"), Key(1, b"z"), Key(MOST_CREDIT, b"z"), Key(300, b"z")]
    in_order = sorted(keys, key=lambda key: key.rank)
    assert [(key.credit, key.number) for key in in_order] == [
        (MOST_CREDIT, b"z"),
        (300, b"z"),
        (1, b"z"),
        (0, b"a"),
        (0, b"b"),
    ]


def test_a_secret_is_new_each_time_and_is_not_printed() -> None:
    secret = new_secret()
    assert (len(secret), secret != new_secret()) == (SECRET_BYTES, True)
    assert repr(secret)[2:-1] not in repr(Draw(secret, "x", {"a": "b"}))


@pytest.mark.parametrize("given", [(b"short", "x", {"a": "b"}), (SECRET, "", {"a": "b"}), (SECRET, "x", {})])
def test_a_draw_without_its_parts_is_refused(given: tuple[bytes, str, dict[str, str]]) -> None:
    with pytest.raises(ValueError):
        Draw(*given)


def test_a_crowd_has_as_many_numbers_as_children() -> None:
    assert len(set(numbers(bytes(32), crowd(random.Random(2), 2000, 20, 40)))) == 2000
