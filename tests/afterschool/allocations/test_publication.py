"""The published file, and the script with which anybody checks it."""

import copy
import json
import random
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from deploy.verify.allocation import between, differences, main
from services.afterschool.placement.allocations.lottery import Draw, commitment
from services.afterschool.placement.allocations.market import Child, Market
from services.afterschool.placement.allocations.publication import published
from services.afterschool.placement.allocations.sequence import input_hashes, run
from tests.afterschool.allocations.markets import child, course, crowd, market, tiny

SCRIPT = Path(__file__).parents[3] / "deploy" / "verify" / "allocation.py"
SECRET = bytes(range(32))
MONDAY = market(
    [course("a", 1, hardship=1, siblings=1), course("b", 2), course("c", 1, siblings=1)],
    [
        *(Child(f"kim {n}", tuple("abc"), (), n % 2) for n in range(4)),
        *(child("lin", "ab", "siblings", "hardship"), child("max", "cab", "siblings"), child("noa", "ca", "hardship")),
    ],
)
BLOCK = market([course("x", 2)], [Child(f"kim {n}", ("x",), (), n % 2) for n in range(3)], slots=("mon", "wed"))


def files(*markets: Market) -> list[dict[str, Any]]:
    draw = Draw(SECRET, "03 11 17", input_hashes(markets))
    return [json.loads(published(one, draw)) for one in run(markets, draw)]


def file(name: str, document: Any, folder: Path) -> str:
    path = folder / name
    path.write_text(json.dumps(document), encoding="utf-8")
    return str(path)


def test_the_script_agrees() -> None:
    for document in files(BLOCK, MONDAY):
        assert list(differences(document)) == []
    for seed in range(100):
        for document in files(tiny(random.Random(seed))):
            assert list(differences(document)) == [], seed


def test_the_script_agrees_on_a_crowd() -> None:
    (document,) = files(crowd(random.Random(3), 3000, 30, 40))
    assert list(differences(document)) == []
    assert len(document["seats"]) > 1000


def first_seat(document: dict[str, dict[str, Any]]) -> str:
    return min(document["seats"])


CHANGES: dict[str, Callable[[Any], object]] = {
    "a seat is taken away": lambda one: one["seats"].pop(first_seat(one)),
    "a seat is given": lambda one: one["seats"].update(
        {row["id"]: {"offering": "b", "pool": "general"} for row in one["children"]}
    ),
    "a pool is renamed": lambda one: one["seats"][first_seat(one)].update(pool="siblings"),
    "a stranger has a seat": lambda one: one["seats"].update(zoe={"offering": "a", "pool": "general"}),
    "a cut-off is moved": lambda one: one["cutoffs"][0].update(last={"credit": 9, "number": "00"}),
    "a cut-off is missing": lambda one: one["cutoffs"].pop(),
    "a cut-off is there twice": lambda one: one["cutoffs"].append(one["cutoffs"][0]),
    "a cut-off is invented": lambda one: one["cutoffs"].append({**one["cutoffs"][0], "offering": "z"}),
    "seats are miscounted": lambda one: one["cutoffs"][0].update(seats=7),
    "swaps are miscounted": lambda one: one["wished_swaps"].update(pairs=99),
    "a wish is changed": lambda one: one["children"][0]["choices"].reverse(),
    "a group is added": lambda one: one["children"][0]["groups"].append("hardship"),
    "a credit is added": lambda one: one["children"][0].update(credit=9),
    "a child is missing": lambda one: one["children"].pop(),
    "a child is there twice": lambda one: one["children"].append(one["children"][0]),
    "a child lists too much": lambda one: one["children"][0].update(choices=["a", "b", "c", "a", "b", "c"]),
    "a pool is larger": lambda one: one["offerings"][0].update(pools=[["general", 9]]),
    "a pool has less than no seat": lambda one: one["offerings"][0].update(pools=[["hardship", -1], ["general", 9]]),
    "an offering is there twice": lambda one: one["offerings"].append(one["offerings"][0]),
    "the slot is another": lambda one: one["market"].update(slots=["tue"]),
    "the secret is another": lambda one: one.update(secret=SECRET[::-1].hex()),
    "secret and commitment are others": lambda one: one.update(
        secret=SECRET[::-1].hex(), commitment=commitment(SECRET[::-1])
    ),
    "the secret is short": lambda one: one.update(secret="00", commitment=commitment(b"\0")),
    "the public value is another": lambda one: one.update(public_value="03 11 18"),
    "another market was drawn with it": lambda one: one["inputs"].update(more="00"),
    "somebody left": lambda one: one["left"].update({first_seat(one): "school|2026-1|mon+wed"}),
    "there is more in it": lambda one: one.update(note="trust us"),
    "the format is another": lambda one: one.update(format="double-wings-allocation-2"),
}


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
def test_the_script_finds_every_change(change: Callable[[Any], object]) -> None:
    (document,) = files(MONDAY)
    changed = copy.deepcopy(document)
    change(changed)
    assert changed != document
    assert list(differences(changed))


def test_the_script_says_which_child_has_what_it_should_not_have(tmp_path: Path) -> None:
    (document,) = files(MONDAY)
    name = first_seat(document)
    seat = document["seats"].pop(name)
    ran = subprocess.run(
        [sys.executable, str(SCRIPT), file("monday.json", document, tmp_path)],
        cwd=tmp_path, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert ran.returncode == 1
    assert f"child {name}: published no seat, by the rule {seat['offering']} ({seat['pool']})" in ran.stdout


def test_the_script_needs_nothing_but_python_and_the_file(tmp_path: Path) -> None:
    block, monday = (file(f"{n}.json", one, tmp_path) for n, one in enumerate(files(BLOCK, MONDAY)))
    command = [sys.executable, "-I", "-S", str(SCRIPT)]
    both = subprocess.run([*command, block, monday], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert (both.returncode, both.stdout, both.stderr) == (0, "the allocation follows its rules\n", "")
    none = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert (none.returncode, "python allocation.py FILE" in none.stderr) == (2, True)


def test_without_the_file_of_a_block_the_script_says_what_it_did_not_check(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    _, monday = files(BLOCK, MONDAY)
    assert monday["left"]
    assert main([file("monday.json", monday, tmp_path)]) == 0
    assert "not checked" in capsys.readouterr().out


def test_many_differences_are_counted(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (document,) = files(crowd(random.Random(3), 100, 5, 10))
    gone = len(document["seats"])
    document["seats"] = {}
    assert main([file("monday.json", document, tmp_path)]) == 1
    assert f"... and {gone - 20} more like these" in capsys.readouterr().out


@pytest.mark.parametrize("content", ["", "[]", "{}", '{"seats": {}, "seats": {}}', "\x00", '{"format": 1}'])
def test_what_is_no_allocation_is_refused(content: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "file.json"
    path.write_text(content, encoding="utf-8")
    assert main([str(path)]) == 1
    assert "cannot be read as an allocation" in capsys.readouterr().out
    assert main([str(tmp_path / "none.json")]) == 1


def said(block: Any, monday: Any) -> list[str]:
    return list(between({"school|2026-1|mon+wed": block, "school|2026-1|mon": monday}))


def test_between_files_children_in_a_block_are_those_who_left() -> None:
    block, monday = files(BLOCK, MONDAY)
    assert said(block, monday) == []
    there = min(monday["left"])
    stays = copy.deepcopy(monday)
    del stays["left"][there]
    assert said(block, stays) == [
        f"child {there}: has a seat in school|2026-1|mon+wed and takes part in school|2026-1|mon"
    ]
    gone = copy.deepcopy(monday)
    gone["left"]["noa"] = "school|2026-1|mon+wed"
    assert said(block, gone) == ["child noa: left school|2026-1|mon without a seat in school|2026-1|mon+wed"]
    back = copy.deepcopy(block)
    back["left"]["kim 0"] = "school|2026-1|mon"
    assert said(back, monday) == [
        "children left school|2026-1|mon+wed for school|2026-1|mon, which does not come before it"
    ]
    other = {**block, "public_value": "another"}
    assert said(other, monday) == ["the files are not of one draw"]


def test_the_bytes_do_not_depend_on_the_order_of_rows() -> None:
    draw = Draw(SECRET, "x", input_hashes([MONDAY]))
    turned = market(MONDAY.offerings[::-1], MONDAY.children[::-1])
    assert [published(one, draw) for one in run([turned], draw)] == [
        published(one, draw) for one in run([MONDAY], draw)
    ]
