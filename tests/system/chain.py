"""`make chain`: one institution, one file, one visit, one number, on real input.

Starts a throw-away platform, plays a data set through the HTTP APIs, adds a live campaign over three grids, and prints
one table: every figure counted from the files by independent code, and by each service. Any difference exits 1.
"""

import asyncio
import shutil
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn, TimeElapsedColumn
from rich.table import Table

from deploy.demo import pingcheng
from deploy.demo.dataset import Dataset, UnknownData
from deploy.demo.licensing import REVOCATIONS, Licensing
from deploy.demo.player import Findings, Player, PlayFailed, player
from deploy.failures import StartFailed
from deploy.local.platform import BrokerKind, Platform
from deploy.local.ports import SERVICES, Ports
from shared.domain.clock import china_date, utc_now
from tests.system import expected
from tests.system.expected import Expected, Licences

CAMPAIGN_GRIDS = 3
SAMPLED_FILES = 50
PATIENCE = 120.0
"""Seconds a figure may take to travel from the journal to where it is read."""
ON = date(2026, 9, 1)


@dataclass
class Figure:
    """One line of the table; a service that does not know the figure is left out."""

    name: str
    files: int
    told: dict[str, int] = field(default_factory=dict)

    @property
    def differs(self) -> bool:
        return any(number != self.files for number in self.told.values())


class Bars:
    """A progress bar per step; silent where nobody looks."""

    def __init__(self, console: Console) -> None:
        self.progress = Progress(
            TextColumn("{task.description:<28}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn(),
            console=console, disable=not console.is_terminal,
        )  # fmt: skip
        self._tasks: dict[str, TaskID] = {}

    def __call__(self, what: str, done: int, total: int) -> None:
        if what not in self._tasks:
            self._tasks[what] = self.progress.add_task(what, total=total)
        self.progress.update(self._tasks[what], completed=done, total=total)


async def play(platform: Platform, dataset: Dataset, wanted: Expected, bars: Bars) -> list[Figure]:
    """Everything from the first polygon to the last figure."""
    async with player(platform, bars) as one:
        grids = await one.import_grids(dataset)
        assert grids["accepted"] == grids["total"], grids["rejected"]
        codes = [grid["code"] for grid in (await one.bureau.get("inspection", "/v1/grids"))["items"]]
        teams = await one.form_teams(codes)
        await one.import_file("registry", "institutions", dataset)
        await one.wait_for("placed in the grid", lambda: known_targets(one), wanted.institutions, seconds=PATIENCE)
        await one.import_file("inspection", "visits", dataset)
        await disturb(platform, bars)
        await one.import_file("inspection", "violations", dataset)
        walked = middle_grids(wanted)
        found = await one.play_campaign(teams, walked, on=ON)
        await settle(one, wanted, found)
        lines = await figures(one, wanted, found, walked)
        return lines + (await licensing_figures(one, wanted.licences, bars) if wanted.licences is not None else [])


def middle_grids(wanted: Expected) -> list[str]:
    """The grids of middle size: enough targets for a campaign, not so many that it is all one sees."""
    ranked = [code for code, _ in wanted.by_grid.most_common()]
    begin = max(0, (len(ranked) - CAMPAIGN_GRIDS) // 2)
    return ranked[begin : begin + CAMPAIGN_GRIDS]


async def disturb(platform: Platform, bars: Bars) -> None:
    """Kill the broker in mid-chain and start it again: the table must not show it."""
    bars("broker killed with -9", 0, 1)
    await platform.kill_broker()
    await asyncio.sleep(1.0)
    await platform.start_broker()
    bars("broker killed with -9", 1, 1)


async def known_targets(one: Player) -> int:
    spots = await one.bureau.get("inspection", "/v1/blind-spots")
    return int(spots["placed"] + spots["unplaced"])


async def settle(one: Player, wanted: Expected, found: Findings) -> None:
    """Wait until the last events have been counted and filed, or patience ends: the table tells which."""

    async def counted() -> int:
        values = await scorecard(one)
        return values["inspection.visits"] + values["violations.total"] + values["violations.closed"]

    visits = wanted.visits + found.visits
    violations = wanted.severities.total() + sum(found.violations.values())
    await one.wait_for("events counted", counted, visits + violations + found.closed, seconds=PATIENCE)


async def scorecard(one: Player, scope: str = "city") -> Mapping[str, int]:
    card = await one.bureau.get("metrics", "/v1/scorecard", scope=scope)
    return {value["code"]: value["numerator"] for value in card["values"]}


async def figures(one: Player, wanted: Expected, found: Findings, campaign_grids: Sequence[str]) -> list[Figure]:
    """The table's lines, each asked of every service that knows it."""
    numbers = await scorecard(one)
    spots = await one.bureau.get("inspection", "/v1/blind-spots")
    ledger = {item["external_ref"]: item["id"] async for item in one.bureau.pages("registry", "/v1/institutions")}
    lines = [
        Figure(
            "institutions",
            wanted.institutions,
            {
                "registry": len(ledger),
                "inspection": spots["placed"] + spots["unplaced"],
                "metrics": numbers["institutions.total"],
            },
        ),
        Figure(
            "unplaced",
            wanted.unplaced,
            {"inspection": spots["unplaced"], "metrics": numbers["institutions.unplaced"]},
        ),
    ]
    series = await one.bureau.get("metrics", "/v1/indicators/institutions.total/values", by="grid")
    per_grid = Counter({point["key"]: point["numerator"] for point in series["values"]})
    for code in sorted(wanted.by_grid | Counter(spots["by_grid"])):
        told = {"inspection": spots["by_grid"].get(code, 0), "metrics": per_grid[code]}
        lines.append(Figure(f"institutions in {code}", wanted.by_grid[code], told))
    lines += await visit_figures(one, wanted, found, numbers)
    lines += await campaign_figures(one, wanted, found, campaign_grids)
    lines.append(await file_figure(one, wanted, ledger))
    return lines


async def licensing_figures(one: Player, wanted: Licences, bars: Bars) -> list[Figure]:
    """A stop order and revocations, played when everything else was counted: who knows what of them."""
    section = Licensing(one, pingcheng.DISTRICT, (), bars)
    stop = await section.stop_for_vacation(on=china_date(utc_now()))
    ledger = {item["id"]: item["external_ref"] async for item in one.bureau.pages("registry", "/v1/institutions")}
    revoked = {ledger[institution] for institution in await section.revoke(REVOCATIONS)}
    numbers = await licences_counted(one, len(wanted.subject), len(revoked))
    order = (await one.bureau.get("registry", f"/v1/stop-orders/{stop.order_id}"))["counts"]
    visits = [item async for item in one.bureau.pages("inspection", "/v1/visits", state="done")]
    notices = [item async for item in one.bureau.pages("registry", "/v1/notices")]
    permits = Counter([item["status"] async for item in one.bureau.pages("registry", "/v1/permits")])
    providers = [item async for item in one.bureau.pages("afterschool", "/v1/providers")]
    held = Counter(permit["status"] for provider in providers for permit in provider["permits"])
    engaged = sum(provider["may_be_engaged"] for provider in providers)
    in_force, ordered = wanted.in_force - revoked, len(wanted.subject)
    return [
        Figure(
            "permits",
            wanted.permits,
            {"registry": permits.total(), "metrics": numbers["permits.total"], "afterschool": held.total()},
        ),
        *(
            Figure(f"permits {what}", number, {"registry": permits[status], "afterschool": held[status]})
            for what, status, number in (
                ("in force", "in_force", len(in_force)),
                ("past their date", "expired", len(wanted.lapsed)),
            )
        ),
        Figure(
            "permits revoked",
            REVOCATIONS,
            {
                "registry": permits["revoked"],
                "metrics": numbers["permits.revoked"],
                "afterschool": held["revoked"],
            },
        ),
        Figure("notices of it", REVOCATIONS, {"registry": len(notices), "metrics": numbers["notices.violators"]}),
        Figure("engageable by schools", len(in_force - wanted.subject), {"afterschool": engaged}),
        Figure(
            "ordered to stop",
            ordered,
            {"registry": order["recipients"], "metrics": numbers["stop_orders.recipients"]},
        ),
        Figure(
            "acknowledged",
            ordered,
            {"registry": order["acknowledged"], "metrics": numbers["stop_orders.acknowledged"]},
        ),
        Figure(
            "verified stopped",
            ordered,
            {
                "registry": order["stopped"],
                "inspection": sum(item["reference_id"] == stop.order_id for item in visits),
                "metrics": numbers["stop_orders.stopped"],
            },
        ),
    ]


async def licences_counted(one: Player, ordered: int, revoked: int) -> Mapping[str, int]:
    """The scorecard once the last of it has arrived, in metrics and at the schools; or when patience ends."""
    numbers: Mapping[str, int] = {}

    async def counted() -> int:
        nonlocal numbers
        numbers = await scorecard(one)
        codes = ("stop_orders.acknowledged", "stop_orders.stopped", "permits.revoked", "notices.violators")
        return sum(numbers[code] for code in codes)

    async def heard() -> int:
        providers = [item async for item in one.bureau.pages("afterschool", "/v1/providers", standing="lapsed")]
        return sum(permit["status"] == "revoked" for provider in providers for permit in provider["permits"])

    await one.wait_for("licensing counted", counted, 2 * (ordered + revoked), seconds=PATIENCE)
    await one.wait_for("schools know", heard, revoked, seconds=PATIENCE)
    return numbers


async def visit_figures(one: Player, wanted: Expected, found: Findings, numbers: Mapping[str, int]) -> list[Figure]:
    visits = [item["state"] async for item in one.bureau.pages("inspection", "/v1/visits")]
    violations = [(item["severity"], item["state"]) async for item in one.bureau.pages("inspection", "/v1/violations")]
    done = sum(state in ("done", "reviewed") for state in visits)
    severities = Counter(severity for severity, _ in violations)
    closed = sum(state == "closed" for _, state in violations)
    every = wanted.severities.total() + sum(found.violations.values())
    return [
        Figure("visits", wanted.visits + found.visits, {"inspection": done, "metrics": numbers["inspection.visits"]}),
        Figure("violations", every, {"inspection": len(violations), "metrics": numbers["violations.total"]}),
        *(
            Figure(
                f"violations, {severity}",
                wanted.severities[severity] + found.violations[severity],
                {"inspection": severities[severity], "metrics": numbers[f"violations.{severity}"]},
            )
            for severity in ("low", "moderate", "high")
        ),
        Figure("violations closed", found.closed, {"inspection": closed, "metrics": numbers["violations.closed"]}),
        Figure(
            "violations open",
            every - found.closed,
            {"inspection": len(violations) - closed, "metrics": numbers["violations.open"]},
        ),
    ]


async def campaign_figures(
    one: Player, wanted: Expected, found: Findings, campaign_grids: Sequence[str]
) -> list[Figure]:
    listed = await one.bureau.get("inspection", f"/v1/campaigns/{found.campaign_id}/coverage")
    counted = await one.bureau.get("metrics", "/v1/coverage", campaign=found.campaign_id)
    lines = []
    targets = sum(wanted.by_grid[code] for code in campaign_grids)
    for name in ("targets", "closed"):
        told = {"inspection": listed[name], "metrics": counted[name]}
        lines.append(Figure(f"campaign {name}", targets, told))
    by_grid = {line["grid"]: line["closed"] for line in counted["grids"]}
    for code in campaign_grids:
        told = {"metrics": by_grid.get(code, 0)}
        lines.append(Figure(f"campaign covered in {code}", wanted.by_grid[code], told))
    return lines


async def file_figure(one: Player, wanted: Expected, ledger: Mapping[str, str]) -> Figure:
    """Visits and violations in the files of the institutions that have most of them."""
    sample = [ref for ref, _ in wanted.filed.most_common(SAMPLED_FILES)]

    async def filed() -> int:
        entries = 0
        for ref in sample:
            file = await one.bureau.get("registry", f"/v1/institutions/{ledger[ref]}/file")
            entries += sum(
                entry["type"] in ("inspection.visit.recorded.v1", "inspection.violation.reported.v1")
                and entry["facts"].get("external_ref") is not None
                for entry in file["entries"]
            )
        return entries

    total = sum(wanted.filed[ref] for ref in sample)
    reached = await one.wait_for("files of institutions", filed, total, seconds=30)
    return Figure(f"facts in {len(sample)} files", total, {"registry": reached})


def table(lines: Sequence[Figure], title: str) -> Table:
    shown = Table(title=title, title_justify="left")
    shown.add_column("figure")
    for name in ("files", *SERVICES):
        shown.add_column(name, justify="right")
    shown.add_column("")
    for line in lines:
        told = [f"{line.told[name]:,}" if name in line.told else "–" for name in SERVICES]
        verdict = "[red]differs[/red]" if line.differs else "equal"
        shown.add_row(line.name, f"{line.files:,}", *told, verdict)
    return shown


async def run(data: Path | None, broker: BrokerKind, console: Console) -> int:
    folder = Path(tempfile.mkdtemp(prefix="double-wings-chain-"))
    try:
        if data is None:
            data = folder / "pingcheng"
            pingcheng.write(data, on=china_date(utc_now()))
        dataset = Dataset.of(data)
        console.print(f"{dataset.title}; broker: {broker}")
        wanted = await asyncio.to_thread(expected.count, dataset, china_date(utc_now()))
        began = time.monotonic()
        async with Platform(folder, ports=Ports.free(), broker=broker, quiet=True) as platform:
            console.print(f"platform ready after {time.monotonic() - began:.1f} s")
            played = time.monotonic()
            bars = Bars(console)
            with bars.progress:
                lines = await play(platform, dataset, wanted, bars)
            seconds = time.monotonic() - played
        console.print(table(lines, f"{dataset.title} ({broker} broker)"))
        console.print(f"played in {seconds:.1f} s, the broker killed with -9 once on the way")
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    return verdict(lines, console)


def verdict(lines: Sequence[Figure], console: Console) -> int:
    """The closing line, and the exit code that goes with it."""
    differing = sum(line.differs for line in lines)
    if differing:
        console.print(f"{differing} figures differ")
        return 1
    console.print(f"{len(lines)} figures equal")
    return 0


def main(
    data: Annotated[Path | None, typer.Option(help="A folder of data; without it, a synthetic Pingcheng.")] = None,
    broker: Annotated[str, typer.Option(help="embedded or apache")] = "embedded",
) -> None:
    """Play a data set through the whole platform and compare every figure."""
    console = Console(width=None if sys.stdout.isatty() else 120, highlight=False)
    try:
        code = asyncio.run(run(data, "apache" if broker == "apache" else "embedded", console))
    except (UnknownData, StartFailed, PlayFailed) as error:
        console.print(str(error), soft_wrap=True)
        code = 1
    raise typer.Exit(code)


if __name__ == "__main__":
    typer.run(main)
