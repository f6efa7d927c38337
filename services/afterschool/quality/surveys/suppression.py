"""Which numbers of a survey's results are hidden, so that no small group of people can be read from them.

The published table has a row for each school, each district and the whole, and in each row, for each item, the number
of people who gave each choice, and the number who answered. Hidden are all numbers below `LEAST`, and as many others as
it takes: for each hidden number there are two tables that agree with everything published and differ in that number by
at least `LEAST`.

Why that is so. The numbers of one item form a circulation: people flow from the whole into its choices, down the rows
to the schools, and from each school's total back up. Every number is an arc and every sum a vertex, so the values that
a hidden number may have are found by sending flow round its arc through hidden arcs only. A total that is hidden hides
all numbers of its row in every item. Then people of schools with hidden totals may change places with all their
answers, so that what is possible in one item is possible in all items at once.
"""

from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from heapq import heappop, heappush
from typing import Final, NamedTuple

LEAST: Final = 5
"""The smallest number that is shown, and the smallest range in which a hidden one can lie."""


class Answers(NamedTuple):
    """The answers of one school: how many people answered, and by item and choice how many gave the choice."""

    answered: int
    counts: tuple[tuple[int, ...], ...]


@dataclass(frozen=True, slots=True)
class Shown:
    """A row as it is published; None is hidden."""

    answered: int | None
    counts: tuple[tuple[int | None, ...], ...]


def suppress(schools: Mapping[str, Answers], parents: Mapping[str, str], *, choices: Sequence[int]) -> dict[str, Shown]:
    """The published rows by name. `parents` leads from each row but the whole to the row above it.

    `choices` is the number of choices of each item. Everybody who answers answers every item once.
    """
    rows = _Rows(schools, parents)
    networks = [_Network(rows, item, size) for item, size in enumerate(choices)]
    totals: deque[int] = deque()
    for row, answered in enumerate(rows.answered):
        if answered < LEAST:
            totals.append(row)
    for network in networks:
        network.hide_small()
    while totals or any(network.to_check for network in networks):
        while totals:
            row = totals.popleft()
            for network in networks:
                network.hide_row(row)
        for network in networks:
            # What is safe stays safe: hiding more only widens ranges.
            totals.extend(network.secure_next())
    return {
        name: Shown(
            None if networks[0].hides_total(row) else rows.answered[row],
            tuple(network.shown(row) for network in networks),
        )
        for row, name in enumerate(rows.names)
    }


class _Rows:
    """The rows of the table: who is above whom, and the sums."""

    def __init__(self, schools: Mapping[str, Answers], parents: Mapping[str, str]) -> None:
        self.names = sorted({*schools, *parents, *parents.values()})
        place = {name: number for number, name in enumerate(self.names)}
        self.parent = [place[parents[name]] if name in parents else -1 for name in self.names]
        self.is_school = [True] * len(self.names)
        for above in self.parent:
            if above >= 0:
                self.is_school[above] = False
        depth = [sum(1 for _ in self._above(row)) for row in range(len(self.names))]
        self.height = [max(depth) - one for one in depth]
        self.answered = [0] * len(self.names)
        self.counts: list[list[list[int]]] = [[] for _ in self.names]
        for name, given in schools.items():
            for row in (place[name], *self._above(place[name])):
                self.answered[row] += given.answered
                if not self.counts[row]:
                    self.counts[row] = [[0] * len(item) for item in given.counts]
                for mine, theirs in zip(self.counts[row], given.counts, strict=True):
                    for choice, count in enumerate(theirs):
                        mine[choice] += count

    def _above(self, row: int) -> Iterator[int]:
        while (row := self.parent[row]) >= 0:
            yield row


class _Step(NamedTuple):
    """A way over an arc: with its direction the number grows, against it the number shrinks."""

    arc: int
    grows: bool
    to: int


class _Network:
    """The circulation of one item. An arc is a number: `width * row + choice`, and the row's total behind its choices.

    A row has a vertex for each of its arcs, a school one for all of them; vertex 0 lies outside all rows.
    """

    def __init__(self, rows: _Rows, item: int, choices: int) -> None:
        self._choices, self._width = choices, choices + 1
        self._rows = rows
        self.value: list[int] = []
        self.tail: list[int] = []
        self.head: list[int] = []
        self._steps: list[list[_Step]] = [[] for _ in range(1 + self._width * len(rows.names))]
        for row, answered in enumerate(rows.answered):
            self.value += [*rows.counts[row][item], answered]
            for choice in range(self._width):
                above, own = self._vertex(rows.parent[row], choice), self._vertex(row, choice)
                # A choice flows down from the row above, the total flows up to it.
                tail, head = (own, above) if choice == choices else (above, own)
                arc = len(self.tail)
                self.tail.append(tail)
                self.head.append(head)
                self._steps[tail].append(_Step(arc, True, head))
                self._steps[head].append(_Step(arc, False, tail))
        self._hidden = bytearray(len(self.value))
        self._safe = bytearray(len(self.value))
        self._cost = [self._cost_of(arc) for arc in range(len(self.value))]
        self.to_check: deque[int] = deque()

    def _vertex(self, row: int, choice: int) -> int:
        if row < 0:
            return 0
        return 1 + self._width * row + (0 if self._rows.is_school[row] else choice)

    def _cost_of(self, arc: int) -> int:
        """What is lost if this number is hidden too: least a small number of a school, most a total of the whole."""
        row, choice = divmod(arc, self._width)
        lost = 100 + min(self.value[arc], 900) + (10_000 if choice == self._choices else 0)
        return int(lost * 1000 ** self._rows.height[row])

    def hides_total(self, row: int) -> bool:
        return bool(self._hidden[self._width * row + self._choices])

    def shown(self, row: int) -> tuple[int | None, ...]:
        arcs = range(self._width * row, self._width * row + self._choices)
        return tuple(None if self._hidden[arc] else self.value[arc] for arc in arcs)

    def hide_small(self) -> None:
        for arc, value in enumerate(self.value):
            if value < LEAST and arc % self._width != self._choices:
                self._hide(arc)

    def hide_row(self, row: int) -> None:
        """Hide a row's total, and with it all numbers of the row."""
        for arc in range(self._width * row, self._width * (row + 1)):
            self._hide(arc)

    def _hide(self, arc: int) -> None:
        if not self._hidden[arc]:
            self._hidden[arc] = True
            self.to_check.append(arc)

    def secure_next(self) -> list[int]:
        """Make the next hidden number safe; returns the rows whose totals must be hidden for that."""
        if not self.to_check:
            return []
        arc = self.to_check.popleft()
        if self._safe[arc]:
            return []
        down = self._room(arc, grows=False, want=min(LEAST, self.value[arc]))
        up = self._room(arc, grows=True, want=LEAST - down)
        if up + down >= LEAST:
            return []
        ways = [self._cheapest(arc, grows=True, want=LEAST - down)]
        if self.value[arc] >= LEAST - up:
            ways.append(self._cheapest(arc, grows=False, want=LEAST - up))
        _, path = min(way for way in ways if way is not None)
        more = [step.arc for step in path if not self._hidden[step.arc]]
        for other in more:
            if other % self._width != self._choices:
                self._hide(other)
        return [other // self._width for other in more if other % self._width == self._choices]

    def _room(self, arc: int, *, grows: bool, want: int) -> int:
        """By how much the number can grow or shrink, up to `want`, while everything published stays."""
        moved: dict[int, int] = {}
        room = 0
        while room < want:
            path = self._path(arc, moved, grows=grows)
            if path is None:
                break
            if not moved:
                self._note_safe(arc, path, grows=grows)
            much = want - room
            for step in path:
                if not step.grows:
                    much = min(much, self.value[step.arc] + moved.get(step.arc, 0))
            for step in path:
                moved[step.arc] = moved.get(step.arc, 0) + (much if step.grows else -much)
            room += much
        return room

    def _note_safe(self, arc: int, path: list[_Step], *, grows: bool) -> None:
        """All numbers on a way round can move together: if far enough, none of them needs a way of its own."""
        shrinking = [self.value[step.arc] for step in path if not step.grows]
        growing = [self.value[step.arc] for step in path if step.grows]
        (growing if grows else shrinking).append(self.value[arc])
        if not shrinking or not growing or min(shrinking) + min(growing) >= LEAST:
            for step in path:
                self._safe[step.arc] = True
            self._safe[arc] = True

    def _path(self, arc: int, moved: Mapping[int, int], *, grows: bool) -> list[_Step] | None:
        """The shortest way from one end of the arc to the other through hidden numbers, without the arc itself."""
        begin, end = (self.head[arc], self.tail[arc]) if grows else (self.tail[arc], self.head[arc])
        hidden, value, steps = self._hidden, self.value, self._steps
        came: dict[int, _Step | None] = {begin: None}
        queue = deque([begin])
        while queue:
            for step in steps[queue.popleft()]:
                other, up, to = step
                if to in came or not hidden[other] or other == arc:
                    continue
                if not up and value[other] + moved.get(other, 0) == 0:
                    continue
                came[to] = step
                if to == end:
                    return self._way(came, end)
                queue.append(to)
        return None

    def _cheapest(self, arc: int, *, grows: bool, want: int) -> tuple[int, list[_Step]] | None:
        """The way by which the number can grow or shrink by `want` for the least loss of published numbers.

        For growth there always is one: up to the whole and back through growing numbers, where none is too small.
        """
        begin, end = (self.head[arc], self.tail[arc]) if grows else (self.tail[arc], self.head[arc])
        came: dict[int, _Step | None] = {begin: None}
        best = {begin: (0, 0)}
        queue = [(0, 0, begin)]
        while queue:
            cost, length, here = heappop(queue)
            if here == end:
                return cost, self._way(came, end)
            if (cost, length) > best[here]:
                continue
            for step in self._steps[here]:
                if step.arc == arc or not (step.grows or self.value[step.arc] >= want):
                    continue
                price = cost + (0 if self._hidden[step.arc] else self._cost[step.arc]), length + 1
                if step.to not in best or price < best[step.to]:
                    best[step.to] = price
                    came[step.to] = step
                    heappush(queue, (*price, step.to))
        return None

    def _way(self, came: Mapping[int, _Step | None], end: int) -> list[_Step]:
        steps = []
        while (step := came[end]) is not None:
            steps.append(step)
            end = self.tail[step.arc] if step.grows else self.head[step.arc]
        return steps[::-1]
