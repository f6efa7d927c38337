"""What an attacker with every published number, a linear program and patience finds out about hidden numbers."""

import random
from collections.abc import Iterator, Mapping, Sequence
from itertools import product
from typing import NamedTuple

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import linprog

from services.afterschool.quality.surveys.suppression import LEAST, Answers, Shown, suppress

Place = tuple[str, int, int]
"""Row, item and choice; the total of a row is item -1."""


class Table(NamedTuple):
    schools: dict[str, Answers]
    parents: dict[str, str]
    choices: list[int]


def answers(*items: tuple[int, ...]) -> Answers:
    assert len({sum(item) for item in items}) == 1
    return Answers(sum(items[0]), tuple(items))


def in_one_district(*schools: Answers) -> Table:
    named = {f"s{number}": school for number, school in enumerate(schools)}
    return Table(named, dict.fromkeys(named, "all"), [len(item) for item in schools[0].counts])


class Attacker:
    """Knows the rows, who belongs to whom, that everybody answers every item once, and every number that is shown."""

    def __init__(self, table: Table, shown: Mapping[str, Shown]) -> None:
        self.table, self.shown = table, shown
        self.cells = {
            (school, item, choice): number
            for number, (school, (item, size)) in enumerate(product(table.schools, enumerate(table.choices)))
            for choice in range(size)
        }
        self.cells = {cell: number for number, cell in enumerate(self.cells)}
        self.rows_of = {name: self._schools_under(name) for name in shown}
        equations, numbers = [], []
        for school in table.schools:
            first = self.form((school, 0, -1))
            for item in range(1, len(table.choices)):
                equations.append(self.form((school, item, -1)) - first)
                numbers.append(0)
        for place, number in self.published():
            if number is not None:
                equations.append(self.form(place))
                numbers.append(number)
        self.equations = np.array(equations) if equations else None
        self.numbers = np.array(numbers) if equations else None

    def _schools_under(self, name: str) -> list[str]:
        def under(school: str | None) -> bool:
            return school is not None and (school == name or under(self.table.parents.get(school)))

        return [school for school in self.table.schools if under(school)]

    def form(self, place: Place) -> np.ndarray:
        """A number as a sum of cells; choice -1 is the total of a row by that item's answers."""
        row, item, choice = place
        coefficients = np.zeros(len(self.cells))
        for school in self.rows_of[row]:
            for one in range(self.table.choices[item]) if choice < 0 else (choice,):
                coefficients[self.cells[school, item, one]] = 1
        return coefficients

    def published(self) -> Iterator[tuple[Place, int | None]]:
        for name, row in self.shown.items():
            yield (name, 0, -1), row.answered
            for item, counts in enumerate(row.counts):
                for choice, count in enumerate(counts):
                    yield (name, item, choice), count

    def range_of(self, place: Place) -> float:
        bounds = [self._extreme(self.form(place), sign) for sign in (1, -1)]
        return float("inf") if None in bounds else -bounds[1] - bounds[0]  # type: ignore[operator]

    def _extreme(self, goal: np.ndarray, sign: int) -> float | None:
        """The smallest of sign × number, or None where there is no end."""
        found = linprog(sign * goal, A_eq=self.equations, b_eq=self.numbers, bounds=(0, None), method="highs")
        if found.status == 3:
            return None
        assert found.status == 0, found.message
        return float(found.fun)

    def hidden(self) -> list[Place]:
        return [place for place, number in self.published() if number is None]

    def narrowed(self, among: Sequence[Place] | None = None) -> list[tuple[Place, float]]:
        """Hidden numbers that the attacker confines to a range below `LEAST`."""
        hidden = self.hidden() if among is None else among
        return [(place, width) for place in hidden if (width := self.range_of(place)) < LEAST - 1e-6]


def published(table: Table) -> dict[str, Shown]:
    return suppress(table.schools, table.parents, choices=table.choices)


def check_safe(table: Table) -> dict[str, Shown]:
    shown = published(table)
    attacker = Attacker(table, shown)
    for place, number in attacker.published():
        assert number is None or number >= LEAST, place
    assert attacker.narrowed() == []
    return shown


def check_true(table: Table, shown: Mapping[str, Shown]) -> None:
    """What is shown is what was counted."""
    attacker = Attacker(table, shown)
    cells = np.array([table.schools[school].counts[item][choice] for school, item, choice in attacker.cells])
    for place, number in attacker.published():
        assert number is None or number == attacker.form(place) @ cells


def test_large_numbers_are_all_shown() -> None:
    table = in_one_district(answers((20, 9, 7), (18, 18)), answers((30, 8, 6), (22, 22)))
    shown = check_safe(table)
    assert shown["s0"] == Shown(36, ((20, 9, 7), (18, 18)))
    assert shown["all"] == Shown(80, ((50, 17, 13), (40, 40)))


def test_one_small_number_hides_as_many_as_it_takes() -> None:
    table = in_one_district(answers((40, 9, 2)), answers((30, 8, 6)), answers((25, 12, 11)))
    shown = check_safe(table)
    assert shown["s0"].counts[0][2] is None
    hidden = sum(count is None for row in shown.values() for counts in row.counts for count in counts)
    assert hidden == 4, "a rectangle, and no more"
    assert all(row.answered is not None for row in shown.values())


def test_a_small_school_hides_its_total_and_that_of_another_one() -> None:
    table = in_one_district(answers((2, 1), (1, 2)), answers((20, 9), (10, 19)), answers((60, 50), (55, 55)))
    shown = check_safe(table)
    assert shown["s0"] == Shown(None, ((None, None), (None, None)))
    assert shown["s1"].answered is None
    assert shown["all"].answered == 142


def test_a_school_with_nobody_looks_like_a_small_one() -> None:
    small, none = answers((2, 1)), answers((0, 0))
    shown = [check_safe(in_one_district(first, answers((20, 9)), answers((60, 50)))) for first in (small, none)]
    assert shown[0]["s0"] == shown[1]["s0"]


def test_of_four_people_in_all_nothing_is_shown() -> None:
    shown = check_safe(in_one_district(answers((2, 1)), answers((1, 0))))
    assert {row.answered for row in shown.values()} == {None}
    assert {count for row in shown.values() for counts in row.counts for count in counts} == {None}


def test_one_school_alone() -> None:
    shown = check_safe(Table({"all": answers((40, 7, 0))}, {}, [3]))
    assert (shown["all"].answered, shown["all"].counts) == (47, ((40, None, None),))
    everybody_agrees = check_safe(Table({"all": answers((40, 0))}, {}, [2]))
    assert everybody_agrees["all"].counts == ((None, None),)


def test_a_district_with_one_school_gives_it_not_away() -> None:
    schools = {
        "a": answers((3, 0)), "b": answers((30, 20)), "c": answers((33, 25)), "d": answers((19, 11)),
    }  # fmt: skip
    parents = {"a": "east", "b": "west", "c": "west", "d": "north", "east": "all", "west": "all", "north": "all"}
    table = Table(schools, parents, [2])
    shown = check_safe(table)
    assert shown["east"].answered is None
    assert shown["all"].answered == 141


@st.composite
def tables(draw: st.DrawFn) -> Table:
    choices = draw(st.lists(st.integers(2, 4), min_size=1, max_size=3))
    districts = draw(st.integers(1, 3))
    schools: dict[str, Answers] = {}
    parents = {f"d{one}": "all" for one in range(districts)}
    size = st.one_of(st.integers(0, 6), st.integers(0, 40))
    for number in range(draw(st.integers(districts, 6))):
        answered = draw(size)
        name = f"s{number}"
        parents[name] = f"d{number % districts}"
        schools[name] = Answers(answered, tuple(draw(_split(answered, parts)) for parts in choices))
    return Table(schools, parents, choices)


@st.composite
def _split(draw: st.DrawFn, total: int, parts: int) -> tuple[int, ...]:
    """So many people over so many choices; often most agree."""
    cuts = sorted(draw(st.lists(st.integers(0, total) | st.just(total), min_size=parts - 1, max_size=parts - 1)))
    return tuple(after - before for before, after in zip([0, *cuts], [*cuts, total], strict=True))


@pytest.mark.timeout(600)
@settings(max_examples=120, deadline=None, print_blob=True)
@given(tables())
@pytest.mark.slow
def test_no_hidden_number_can_be_narrowed(table: Table) -> None:
    check_true(table, check_safe(table))


@pytest.mark.timeout(600)
def test_a_citys_satisfaction_gives_nobody_away() -> None:
    """Five choices of which the last two are rare, schools of all sizes: as surveys really are."""
    dice = random.Random(20261127)
    schools, parents = {}, {f"d{number}": "all" for number in range(4)}
    for number in range(40):
        answered = dice.choice((0, 3, 9, 30, 80, 300, 600))
        counts = []
        for _ in range(3):
            given = dice.choices(range(5), (70, 26, 3, 0.7, 0.3), k=answered)
            counts.append(tuple(given.count(choice) for choice in range(5)))
        schools[f"s{number}"], parents[f"s{number}"] = Answers(answered, tuple(counts)), f"d{number % 4}"
    table = Table(schools, parents, [5, 5, 5])
    shown = published(table)
    check_true(table, shown)
    attacker = Attacker(table, shown)
    assert attacker.narrowed(dice.sample(attacker.hidden(), 60)) == []
    favourable = [shown[name].counts[0][0] for name, school in schools.items() if school.answered >= 300]
    assert sum(count is not None for count in favourable) > len(favourable) / 2, "what matters is mostly shown"


def test_the_attacker_finds_what_a_careless_table_gives_away() -> None:
    """Hiding the small numbers alone protects nothing: the totals give them back."""
    table = in_one_district(answers((40, 9, 2)), answers((30, 8, 6)))
    careless = {
        name: Shown(
            row.answered, tuple(tuple(None if n is None or n < LEAST else n for n in one) for one in row.counts)
        )
        for name, row in {
            "all": Shown(95, ((70, 17, 8),)),
            "s0": Shown(51, ((40, 9, 2),)),
            "s1": Shown(44, ((30, 8, 6),)),
        }.items()
    }
    assert Attacker(table, careless).narrowed() == [(("s0", 0, 2), 0.0)]


def test_the_attacker_joins_the_items() -> None:
    """A total that one item gives away is known in every item."""
    table = in_one_district(answers((2, 1), (2, 1)), answers((20, 9), (10, 19)))
    careless = {
        "all": Shown(32, ((22, 10), (12, 20))),
        "s0": Shown(None, ((None, None), (None, None))),
        "s1": Shown(None, ((20, 9), (None, None))),
    }
    found = dict(Attacker(table, careless).narrowed())
    assert found["s0", 0, -1] == 0
    assert found["s0", 1, 0] == 3
