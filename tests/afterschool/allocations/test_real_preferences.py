"""Rankings of real students (AGH Kraków, 2003 and 2004) and a simulated week of a primary school go through."""

import csv
from collections import Counter
from pathlib import Path

import pytest

from services.afterschool.placement.allocations.checker import term_faults
from services.afterschool.placement.allocations.credits import credits_after
from services.afterschool.placement.allocations.lottery import Draw
from services.afterschool.placement.allocations.market import CHOICES, GENERAL, Child, Market, Offering
from services.afterschool.placement.allocations.publication import publication
from services.afterschool.placement.allocations.sequence import Outcome, input_hashes, run
from services.afterschool.placement.allocations.swaps import wished_swaps

DATA = Path(__file__).parents[4] / "shared/data/afterschool"

pytestmark = [
    pytest.mark.data,
    pytest.mark.skipif(not DATA.exists(), reason="the data sets are not beside the project"),
]


def outcomes(markets: list[Market]) -> list[Outcome]:
    return list(run(markets, Draw(bytes(32), "2026-03-01", input_hashes(markets))))


def rankings(path: Path) -> list[tuple[str, ...]]:
    """One ranking for each voter, its first five."""
    voters = []
    for line in path.read_text(encoding="utf-8").splitlines():
        if line and not line.startswith("#"):
            count, order = line.split(":")
            voters += [tuple(part.strip() for part in order.split(","))[:CHOICES]] * int(count)
    return voters


@pytest.mark.parametrize(("number", "voters", "courses"), [(1, 146, 9), (2, 153, 7)])
def test_rankings_of_courses(number: int, voters: int, courses: int) -> None:
    ranked = rankings(DATA / f"agh/00009-{number:08}.soc")
    assert len(ranked) == voters
    names = sorted({name for order in ranked for name in order})
    assert len(names) <= courses
    offerings = [Offering(name, (("siblings", 2), (GENERAL, 12))) for name in names]
    children = [
        Child(f"voter {place}", order, ("siblings",) if place % 10 == 0 else ()) for place, order in enumerate(ranked)
    ]
    (outcome,) = outcomes([Market.of("AGH", "2003", ("mon",), offerings, children)])
    assert list(term_faults([outcome])) == []
    seats = outcome.allocation.seats
    assert Counter(seat.offering for seat in seats.values()).total() == len(seats) > voters / 2
    assert all(cut.admitted <= cut.seats for cut in outcome.allocation.cutoffs)
    after = credits_after([outcome])
    assert Counter(after.values()) == {0: len(seats), 1: voters - len(seats)}


def test_rankings_without_reserves_leave_no_wish_to_swap() -> None:
    ranked = rankings(DATA / "agh/00009-00000001.soc")
    offerings = [Offering(str(name), ((GENERAL, 12),)) for name in range(1, 10)]
    children = [Child(f"voter {place}", order) for place, order in enumerate(ranked)]
    (outcome,) = outcomes([Market.of("AGH", "2003", ("mon",), offerings, children)])
    assert wished_swaps(outcome.market, outcome.allocation) == (0, 0)


def choice_week() -> tuple[list[Market], Counter[str]]:
    """A market for each half day, of the wishes that a child may have; and what became of every wish."""
    with (DATA / "choice_week/activities.csv").open(encoding="utf-8") as rows:
        activities = {row["activity_id"]: row for row in csv.DictReader(rows)}
    with (DATA / "choice_week/students.csv").open(encoding="utf-8") as rows:
        students = list(csv.DictReader(rows))
    wishes: Counter[str] = Counter()
    markets = []
    for day in ("monday", "tuesday", "wednesday", "thursday", "friday"):
        for half in ("am", "pm"):
            session = f"{day.capitalize()} {half.upper()}"
            held = {key: one for key, one in activities.items() if session in one["available_sessions"].split(",")}
            children = []
            for student in students:
                choices: list[str] = []
                for place in range(1, 5):
                    wanted = student[f"choice{place}_{day}_{half}"]
                    if wanted in choices:
                        wishes["twice"] += 1
                    elif wanted not in held:
                        wishes["not held then"] += 1
                    elif not int(held[wanted]["min_grade"]) <= int(student["grade"]) <= int(held[wanted]["max_grade"]):
                        wishes["another grade"] += 1
                    else:
                        choices.append(wanted)
                        wishes["taken"] += 1
                if choices:
                    children.append(Child(student["student_id"], tuple(choices)))
            offerings = [Offering(key, ((GENERAL, int(one["max_capacity"])),)) for key, one in held.items()]
            markets.append(Market.of("choice week", "2026-1", (f"{day}-{half}",), offerings, children))
    assert sum(wishes.values()) == len(students) * 4 * 10
    return markets, wishes


def test_a_week_of_a_school() -> None:
    markets, wishes = choice_week()
    assert len(markets) == 10
    assert wishes["taken"] > 300
    found = outcomes(markets)
    assert list(term_faults(found)) == []
    assert sum(len(one.allocation.seats) for one in found) > 200
    draw = Draw(bytes(32), "2026-03-01", input_hashes(markets))
    assert {publication(one, draw)["wished_swaps"]["pairs"] for one in found} == {0}
