"""When two entries are probably one institution. No I/O."""

import csv
import re
from collections import defaultdict
from itertools import combinations
from pathlib import Path
from uuid import UUID

import pytest

from services.registry.overview.quality.domain import (
    LARGEST_BLOCK,
    Dismissal,
    Doubt,
    Entry,
    distinctive,
    likeness,
    similar_pairs,
)
from tests.registry.conftest import AT

REAL_LEDGER = Path(__file__).parents[3] / "shared/data/sf/sf_businesses.csv"


def entry(number: int, name: str, address: str = "迎宾街18号", district: str = "140213") -> Entry:
    return Entry(UUID(int=number), name, address, district, None)


@pytest.mark.parametrize(
    ("one", "other", "alike"),
    [
        ("晨光教育培训学校", "晨光教育培训中心", True),
        ("大同市晨光教育咨询有限公司", "晨光教育", True),
        ("晨光教育（平城区）", "晨光教育", True),
        ("ＡＢＣ Music School", "abc music school", True),
        ("星辰大海美术工作室", "星辰大海美术工作坊", True),
        ("晨光教育", "晨曦教育", False),
        ("新东方", "新西方", False),
        ("第一小学", "第二小学", False),
    ],
)
def test_names_as_people_write_them(one: str, other: str, alike: bool) -> None:
    assert (likeness(entry(1, one), entry(2, other)) is not None) is alike


@pytest.mark.parametrize(
    ("address", "alike"),
    [("迎宾街18号", True), ("大同市平城区迎宾街 18 号", True), ("迎宾街18号一层", True), ("御河西路200号", False)],
)
def test_one_name_at_two_addresses_is_two_institutions(address: str, alike: bool) -> None:
    assert (likeness(entry(1, "晨光教育"), entry(2, "晨光教育", address)) is not None) is alike


def test_what_is_left_of_a_name() -> None:
    assert distinctive("大同市晨光教育咨询有限公司") == "晨光"
    assert distinctive("培训学校") == "培训学校", "a name of nothing but common words stays whole"
    assert distinctive(" Ａ-b ") == "ab"


def test_pairs_are_found_once_and_in_one_district_only() -> None:
    entries = [
        entry(2, "晨光教育"),
        entry(1, "晨光教育培训学校"),
        entry(3, "晨光教育", district="140214"),
        entry(4, "琴岛音乐"),
    ]
    ((one, other, scores),) = similar_pairs(entries)
    assert (one.id, other.id) == (UUID(int=1), UUID(int=2))
    assert scores == {"name": 100, "address": 100}


def test_a_common_piece_is_no_reason_to_compare_everybody() -> None:
    """All of these share 晨光, which therefore says nothing; two that share a rarer piece are still found."""
    crowd = [entry(number, f"晨光{chr(0x4E00 + number)}{chr(0x5E00 + number)}") for number in range(LARGEST_BLOCK + 5)]
    twins = [entry(900, "晨光琴岛之声"), entry(901, "晨光琴岛之声")]
    assert [(one.id, other.id) for one, other, _ in similar_pairs([*crowd, *twins])] == [(UUID(int=900), UUID(int=901))]


def test_equal_entries_are_found_however_common_their_name_is() -> None:
    """A chain: every branch has the same name, and two entries are one branch."""
    branches = [
        entry(number, "晨光", "".join(chr(base + number) for base in (0x5E00, 0x6E00, 0x7E00)) + "大街一号")
        for number in range(LARGEST_BLOCK * 2)
    ]
    again = entry(900, "晨光", branches[7].address)
    similar = entry(901, "晨光 ", f"{branches[9].address}一层")
    found = {(one.id.int, other.id.int) for one, other, _ in similar_pairs([*branches, again, similar])}
    assert found == {(7, 900), (9, 901)}


@pytest.mark.data
@pytest.mark.slow
def test_every_pair_of_equal_entries_of_a_real_ledger_is_found() -> None:
    if not REAL_LEDGER.is_file():
        pytest.skip("the public data sets are not beside the project")
    with REAL_LEDGER.open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file))
    entries: list[Entry] = []
    alike: dict[tuple[str, ...], list[UUID]] = defaultdict(list)
    for number, row in enumerate(rows):
        one = Entry(UUID(int=number), row["business_name"], row["business_address"], "140213", None)
        entries.append(one)
        letters = [re.sub(r"[^0-9a-z]", "", words.lower()) for words in (one.name, one.address)]
        alike[tuple(letters)].append(one.id)
    equal = {pair for ids in alike.values() for pair in combinations(ids, 2)}
    assert len(equal) > 30
    assert equal - {(one.id, other.id) for one, other, _ in similar_pairs(entries)} == set()


def test_a_crowd_of_equal_entries_is_shown_beside_its_first() -> None:
    crowd = [entry(number, "晨光") for number in range(LARGEST_BLOCK * 5)]
    assert len(list(similar_pairs(crowd))) == len(crowd) - 1


def test_a_pair_is_dismissed_whichever_is_named_first() -> None:
    one, other = UUID(int=1), UUID(int=2)
    for pair in ((one, other), (other, one)):
        dismissal, told = Dismissal.dismiss(Doubt.SIMILAR_ENTRIES, *pair, reason="两家", by="b", at=AT)
        assert (dismissal.institution_id, dismissal.other_id) == (one, other) == (told.institution_id, told.other_id)
