"""The closing table: the report's figures, what the scorecard says, and how many things stand behind each number."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from rich.box import SIMPLE
from rich.console import Console
from rich.table import Table

from deploy.demo.acts.programmes import REPORTS
from deploy.demo.acts.stage import Stage
from deploy.demo.player import Json
from deploy.demo.report import FIGURES, Equal, Figure, Size, as_percent

WIDTH = 118
AGAIN = 0.5
"""Seconds between two looks at the scorecard."""


@dataclass(frozen=True)
class Line:
    """A figure with the value of the scorecard and the number of things that it counts, or of approved reports.

    `numerator` and `denominator` are those of a share.
    """

    figure: Figure
    value: float | None
    behind: int
    size: Size
    numerator: int = 0
    denominator: int | None = None

    @property
    def holds(self) -> bool:
        """Whether the scorecard has the figure, and there is something behind it: for a plain count, as many things."""
        if not self.figure.holds(self.value, self.size) or self.behind == 0:
            return False
        return self.figure.reported or self.figure.is_share or self.figure.is_sum or self.behind == self.value

    @property
    def value_in_words(self) -> str:
        if self.value is None:
            return "unknown"
        if self.figure.is_share:
            return as_percent(self.value, self.figure.equal)
        return in_words(self.figure, self.value)

    @property
    def behind_in_words(self) -> str:
        if self.figure.is_share:
            return f"{self.numerator:,} of {self.denominator or 0:,}"
        kind = "approved report" if self.figure.reported else "locked run" if self.figure.is_sum else "receipts"
        return f"{self.behind:,} {kind}"

    @property
    def wanted_in_words(self) -> str:
        wanted = self.figure.wanted(self.size)
        if self.figure.is_share:
            return as_percent(wanted, self.figure.equal)
        return f"{'≥ ' if self.figure.equal is Equal.AT_LEAST else ''}{in_words(self.figure, wanted)}"


def in_words(figure: Figure, value: float) -> str:
    """Sums are fen in the scorecard, and yuan in the report."""
    return f"{value / 100:,.0f}" if figure.is_sum else f"{value:,}"


async def closing(stage: Stage) -> list[Line]:
    """Wait until every figure is on the scorecard, or patience ends; then count what is behind each."""
    loop = asyncio.get_running_loop()
    end = loop.time() + stage.size.patience
    while True:
        values = await _scorecard(stage)
        reached = sum(one.holds(values[one.code]["value"], stage.size) for one in FIGURES)
        stage.tell("figures on the scorecard", reached, len(FIGURES))
        if reached == len(FIGURES) or loop.time() > end:
            break
        await asyncio.sleep(AGAIN)
    lines = []
    for one in FIGURES:
        told = values[one.code]
        behind = await _behind(stage, one)
        lines.append(Line(one, told["value"], behind, stage.size, told["numerator"], told["denominator"]))
    return lines


async def _scorecard(stage: Stage) -> Mapping[str, Json]:
    found = await stage.bureau.get("metrics", "/v1/scorecard")
    return {one["code"]: one for one in found["values"]}


async def _behind(stage: Stage, one: Figure) -> int:
    if one.reported:
        return len(await stage.all("metrics", REPORTS, indicator=one.code, state="approved"))
    found = await stage.bureau.get("metrics", f"/v1/indicators/{one.code}/members", limit=1)
    return int(found["total"])


def show(lines: Sequence[Line], size: Size) -> int:
    """Print the table; the number of figures that differ."""
    console = Console(width=None if Console().is_terminal else WIDTH)
    table = Table(title=f"Datong 2021, synthetic, size {size.name}", title_justify="left", box=SIMPLE, padding=(0, 1))
    table.add_column("figure", no_wrap=True)
    for title in ("in the report", "this size", "scorecard", "behind it"):
        table.add_column(title, justify="right")
    table.add_column("")
    for line in lines:
        table.add_row(
            line.figure.title, line.figure.printed, line.wanted_in_words, line.value_in_words, line.behind_in_words,
            "equal" if line.holds else "DIFFERS",
        )  # fmt: skip
    console.print(table)
    different = sum(not line.holds for line in lines)
    console.print(f"{len(lines) - different} figures equal, {different} differ")
    return different
