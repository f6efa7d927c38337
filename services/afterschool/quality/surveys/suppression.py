"""Which numbers of a survey's results are hidden, so that no small group of people can be read from them.

The published table has a row for each school, each district and the whole, and in each row, for each item, the number
of people who gave each choice, and the number who answered. Hidden are all numbers below `LEAST`, and as many others as
it takes: for each hidden number there are two tables that agree with everything published and differ in that number by
at least `LEAST`.

Why that is so. The numbers of one item form a circulation: people flow from the whole into its choices, down the rows
to the schools, and from each school's total back up. Every number is an arc and every sum a vertex, so the numbers that
a hidden arc may take are found by sending flow round it through hidden arcs only. A total that is hidden hides all
numbers of its row in every item. Then people of schools with hidden totals may change places as a whole, so that
what is possible in one item is possible in all items at once.
"""

from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from heapq import heappop, heappush
from typing import Final, NamedTuple

LEAST: Final = 5
"""The smallest number that is shown, and the smallest range in which a hidden one can lie."""

Counts = tuple[tuple[int, ...], ...]
"""By item and choice, how many people gave the choice."""


class Answers(NamedTuple):
    """The answers of one school: how many people answered, and what."""

    answered: int
    counts: Counts


@dataclass(frozen=True, slots=True)
class Shown:
    """A row as it is published; None is hidden."""

    answered: int | None
    counts: tuple[tuple[int | None, ...], ...]


def suppress(schools: Mapping[str, Answers], parents: Mapping[str, str], *, choices: Sequence[int]) -> dict[str, Shown]:
    """The published rows by name. `parents` leads from each row but the whole to the row above it.

    `choices` is the number of choices of each item. Everybody who answers answers every item once.
    """
    table = _Table(schools, parents, choices)
    table.protect()
    return table.shown()


class _Arc(NamedTuple):
    """A number of one item: row and choice, or a row's total, for which the choice is `TOTAL`."""

    row: int
    choice: int


TOTAL: Final = -1
_ENDLESS: Final = 10**9


class _Table:
    """All rows, and which of their numbers are hidden so far."""

    def __init__(self, schools: Mapping[str, Answers], parents: Mapping[str, str], choices: Sequence[int]) -> None:
        self.names = sorted({*schools, *parents, *parents.values()})
        place = {name: number for number, name in enumerate(self.names)}
        self.parent = [place[parents[name]] if name in parents else -1 for name in self.names]
        self.choices = choices
        self.children: list[list[int]] = [[] for _ in self.names]
        for row, above in enumerate(self.parent):
            if above >= 0:
                self.children[above].append(row)
        self.depth = [sum(1 for _ in self._above(row)) for row in range(len(self.names))]
        self.answered = [0] * len(self.names)
        self.values: list[list[list[int]]] = [[[0] * size for size in choices] for _ in self.names]
        for name, given in schools.items():
            for row in (place[name], *self._above(place[name])):
                self.answered[row] += given.answered
                for mine, theirs in zip(self.values[row], given.counts, strict=True):
                    for choice, count in enumerate(theirs):
                        mine[choice] += count
        self.hidden: list[set[_Arc]] = [set() for _ in choices]
        """By item; totals that are hidden stand in every item."""
        self.to_check: deque[tuple[int, _Arc]] = deque()
        self.networks = [_Network(self, item) for item in range(len(choices))]

    def _above(self, row: int) -> Iterator[int]:
        while (row := self.parent[row]) >= 0:
            yield row

    def value(self, item: int, arc: _Arc) -> int:
        return self.answered[arc.row] if arc.choice == TOTAL else self.values[arc.row][item][arc.choice]

    def hide(self, item: int, arc: _Arc) -> None:
        """Hide a number. With a total go all numbers of its row, in every item."""
        if arc in self.hidden[item]:
            return
        if arc.choice == TOTAL:
            for each in range(len(self.choices)):
                self.hidden[each].add(arc)
                for choice in range(self.choices[each]):
                    self.hide(each, _Arc(arc.row, choice))
        else:
            self.hidden[item].add(arc)
        self.to_check.append((item, arc))

    def protect(self) -> None:
        """Hide the small numbers, then what else it takes. A number that was safe stays safe: hiding only widens."""
        for row, answered in enumerate(self.answered):
            if answered < LEAST:
                self.hide(0, _Arc(row, TOTAL))
            for item, counts in enumerate(self.values[row]):
                for choice, count in enumerate(counts):
                    if count < LEAST:
                        self.hide(item, _Arc(row, choice))
        while self.to_check:
            item, arc = self.to_check.popleft()
            self.networks[item].secure(arc)

    def cost(self, item: int, arc: _Arc) -> int:
        """What is lost if this number is hidden as well: least a small number of a school, most one of the whole."""
        lost = 100 + min(self.value(item, arc), 900)
        if arc.choice == TOTAL:
            lost += 500 * sum(self.choices)
        return lost * 1000 ** (max(self.depth) - self.depth[arc.row])

    def shown(self) -> dict[str, Shown]:
        return {
            name: Shown(
                None if _Arc(row, TOTAL) in self.hidden[0] else self.answered[row],
                tuple(
                    tuple(
                        None if _Arc(row, choice) in self.hidden[item] else count for choice, count in enumerate(counts)
                    )
                    for item, counts in enumerate(self.values[row])
                ),
            )
            for row, name in enumerate(self.names)
        }


_Vertex = tuple[int, int]
"""A row and a choice, or a row and its total; a school has one vertex only, and the source one outside all rows."""
_SOURCE: Final = (-1, 0)


class _Step(NamedTuple):
    """A way over an arc: with its direction the number grows, against it the number shrinks."""

    arc: _Arc
    grows: bool
    to: _Vertex


class _Network:
    """The circulation of one item."""

    def __init__(self, table: _Table, item: int) -> None:
        self._table, self._item = table, item
        self._steps: dict[_Vertex, list[_Step]] = {}
        for row in range(len(table.names)):
            for choice in (*range(table.choices[item]), TOTAL):
                arc = _Arc(row, choice)
                tail, head = self._ends(arc)
                self._steps.setdefault(tail, []).append(_Step(arc, True, head))
                self._steps.setdefault(head, []).append(_Step(arc, False, tail))

    def _ends(self, arc: _Arc) -> tuple[_Vertex, _Vertex]:
        """A choice flows down from the row above, a total flows up to it."""
        above, own = self._vertex(self._table.parent[arc.row], arc.choice), self._vertex(arc.row, arc.choice)
        return (own, above) if arc.choice == TOTAL else (above, own)

    def _vertex(self, row: int, choice: int) -> _Vertex:
        if row < 0:
            return _SOURCE
        return (row, choice) if self._table.children[row] else (row, 0)

    def secure(self, arc: _Arc) -> None:
        """Hide more numbers until this hidden one may lie anywhere in a range of `LEAST`."""
        down = self._room(arc, grows=False, want=min(LEAST, self._table.value(self._item, arc)))
        up = self._room(arc, grows=True, want=LEAST - down)
        if up + down >= LEAST:
            return
        ways = [self._cheapest(arc, grows=True, want=LEAST - down)]
        if self._table.value(self._item, arc) >= LEAST - up:
            ways.append(self._cheapest(arc, grows=False, want=LEAST - up))
        _, more = min(way for way in ways if way is not None)
        for other in more:
            self._table.hide(self._item, other)

    def _room(self, arc: _Arc, *, grows: bool, want: int) -> int:
        """By how much the number can grow or shrink while everything published stays, up to `want`."""
        tail, head = self._ends(arc)
        begin, end = (head, tail) if grows else (tail, head)
        moved: dict[_Arc, int] = {}
        room = 0
        while room < want:
            path = self._path(arc, begin, end, moved)
            if path is None:
                break
            much = min(want - room, *(self._capacity(step, moved) for step in path))
            for step in path:
                moved[step.arc] = moved.get(step.arc, 0) + (much if step.grows else -much)
            room += much
        return room

    def _capacity(self, step: _Step, moved: Mapping[_Arc, int]) -> int:
        return _ENDLESS if step.grows else self._table.value(self._item, step.arc) + moved.get(step.arc, 0)

    def _path(self, arc: _Arc, begin: _Vertex, end: _Vertex, moved: Mapping[_Arc, int]) -> list[_Step] | None:
        """The shortest way through hidden numbers, without the one in question."""
        hidden = self._table.hidden[self._item]
        came: dict[_Vertex, tuple[_Vertex, _Step]] = {}
        seen, queue = {begin}, deque([begin])
        while queue:
            here = queue.popleft()
            for step in self._steps[here]:
                if (
                    step.to in seen
                    or step.arc == arc
                    or step.arc not in hidden
                    or not (step.grows or self._capacity(step, moved))
                ):
                    continue
                seen.add(step.to)
                came[step.to] = here, step
                if step.to == end:
                    return _way(came, end)
                queue.append(step.to)
        return None

    def _cheapest(self, arc: _Arc, *, grows: bool, want: int) -> tuple[int, list[_Arc]] | None:
        """The published numbers to hide so that this one can grow or shrink by `want`, and what they cost.

        One way at least exists for growth: through growing numbers up to the whole and back, where nothing is too
        small.
        """
        tail, head = self._ends(arc)
        begin, end = (head, tail) if grows else (tail, head)
        hidden, table, item = self._table.hidden[self._item], self._table, self._item
        came: dict[_Vertex, tuple[_Vertex, _Step]] = {}
        done: set[_Vertex] = set()
        queue: list[tuple[int, int, _Vertex]] = [(0, 0, begin)]
        best = {begin: (0, 0)}
        while queue:
            cost, steps, here = heappop(queue)
            if here == end:
                return cost, [step.arc for step in _way(came, end) if step.arc not in hidden]
            if here in done:
                continue
            done.add(here)
            for step in self._steps[here]:
                if step.arc == arc or not (step.grows or table.value(item, step.arc) >= want):
                    continue
                price = cost + (0 if step.arc in hidden else table.cost(item, step.arc)), steps + 1
                if step.to not in best or price < best[step.to]:
                    best[step.to] = price
                    came[step.to] = here, step
                    heappush(queue, (*price, step.to))
        return None


def _way(came: Mapping[_Vertex, tuple[_Vertex, _Step]], end: _Vertex) -> list[_Step]:
    steps = []
    while end in came:
        end, step = came[end]
        steps.append(step)
    return steps[::-1]
