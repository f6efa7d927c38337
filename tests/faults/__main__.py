"""`make faults`: the whole chain under work while its parts are killed at random, and what was lost by it.

Each phase starts from an empty platform, and goes on until it has had the events and kills that were planned for it,
however slow the machine. One that does not get there in `PATIENCE` times its seconds has failed, whatever it lost.
"""

import asyncio
import random
import shutil
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import asyncpg
import httpx
import typer

from deploy.demo import pingcheng
from deploy.demo.player import Client
from deploy.local.commands import portal_command
from deploy.local.platform import BrokerKind, Platform
from deploy.local.ports import Ports
from deploy.local.supervisor import Command
from tests.faults.checker import Verdict, check
from tests.faults.fleet import Fleet
from tests.faults.load import Load
from tests.faults.torments import TAKE_OVER, TORMENTS, NobodyTookOver
from tests.shared.core.proxy import through_proxy

PATIENCE = 5
"""How many times as long as planned a slow machine may work and kill."""
SETTLE = 180.0
"""Seconds in which everything journalled must have had its effects, once the killing is over."""


@dataclass(frozen=True)
class Phase:
    """One way to kill, and the least that must happen for each minute planned for the result to count.

    `torment` is done besides, so many times for each minute, and at least once."""

    name: str
    kill_every: float
    torment: str = ""
    times: int = 0
    least_events: int = 5_000
    least_kills: int = 15

    def torments(self, seconds: float) -> int:
        return max(1, round(self.times * seconds / 60)) if self.torment else 0

    def events(self, seconds: float) -> int:
        return int(self.least_events * seconds / 60)

    def kills(self, seconds: float) -> int:
        return int(self.least_kills * seconds / 60)


PHASES = (
    Phase("SIGKILL of APIs, relays and consumers", 0.6, least_events=30_000, least_kills=80),
    Phase("the same, PostgreSQL stopped immediately", 1.5, "PostgreSQL stopped", 5, least_kills=25),
    Phase("the same, PostgreSQL frozen", 2.0, "PostgreSQL frozen", 3),
    Phase("the same, lines to PostgreSQL fallen silent", 2.0, "lines silent", 3),
    Phase("leaders frozen, and awake again as zombies", 5.0, "leaders frozen", 2, least_kills=4),
    # Nobody else is killed while the broker is down, which is half of the time.
    Phase("the same, the broker killed", 0.8, "broker killed", 5),
)
APACHE_ONLY = {"broker killed"}
"""The embedded broker forgets its log."""


def _portal_alone(platform: Platform) -> list[Command]:
    """The fleet runs the services; the platform keeps its engines and the issuer."""
    return [portal_command(platform)]


async def run_phase(phase: Phase, broker: BrokerKind, seconds: float, seed: int, *, plant: bool) -> bool:
    folder = Path(tempfile.mkdtemp(prefix="double-wings-faults-"))
    dice = random.Random(seed)
    passed = False
    print(f"{phase.name}: {seconds:.0f} s, {broker} broker, seed {seed}", flush=True)
    try:
        async with (
            Platform(folder, ports=Ports.free(), broker=broker, commands=_portal_alone, quiet=True) as platform,
            httpx.AsyncClient(timeout=30, trust_env=False) as http,
            through_proxy(platform.database_url("registry")) as (proxy, _),
        ):
            fleet = Fleet(
                platform,
                through=proxy if phase.torment == "lines silent" else None,
                standbys=phase.torment == "leaders frozen",
            )
            await fleet.start()
            try:
                passed = await _torment(phase, platform, fleet, http, dice, seconds, seed, plant=plant)
            finally:
                await fleet.stop()
    finally:
        if passed or plant:
            shutil.rmtree(folder, ignore_errors=True)
        else:
            print(f"  what its processes wrote is kept in {folder}", flush=True)
    return passed


async def _torment(
    phase: Phase,
    platform: Platform,
    fleet: Fleet,
    http: httpx.AsyncClient,
    dice: random.Random,
    seconds: float,
    seed: int,
    *,
    plant: bool,
) -> bool:
    def person(role: str) -> Client:
        return Client(platform, platform.token(role, subject=f"{role}-1"), http, patience=120.0)

    bureau = person("bureau")
    await bureau.post("inspection", "/v1/grids/import", pingcheng.cells(), params={"source": "faults"})
    load = Load(bureau, person("guardian"), seed=seed)
    work = asyncio.create_task(load.run())
    events, least, planned = phase.events(seconds), phase.kills(seconds), phase.torments(seconds)
    done = 0
    began = time.monotonic()
    following = began + seconds / (planned + 1)

    def tormented_enough() -> bool:
        lasted = time.monotonic() - began
        reached = load.acknowledged.events >= events and fleet.kills.total() >= least and done >= planned
        return work.done() or lasted >= seconds * (1 if reached else PATIENCE)

    try:
        while not tormented_enough():
            # Beyond the time planned, half as often each time: a slow machine would do nothing but begin again.
            late = int((time.monotonic() - began) // seconds)
            await asyncio.sleep(phase.kill_every * 2**late * dice.uniform(0.5, 1.5))
            await fleet.kill(dice.choice(fleet.names))
            if done < planned and time.monotonic() >= following:
                await TORMENTS[phase.torment](platform, fleet, dice)
                done += 1
                following += seconds / (planned + 1)
    except NobodyTookOver as error:
        print(f"  nobody took over within {TAKE_OVER:.0f} s: {error}", flush=True)
        return False
    lasted = time.monotonic() - began
    load.stop()
    await work
    await fleet.ready()
    if plant:
        await _plant_a_loss(platform)
    verdict = await _settled(platform, load, patience=10.0 if plant else SETTLE)
    kills = fleet.kills.total()
    besides = f", {phase.torment} {done} times" if planned else ""
    slowest = f", taken over within {max(fleet.take_overs):.0f} s" if fleet.take_overs else ""
    print(f"  {lasted:.0f} s, kills {kills}{besides}{slowest}, {verdict.line()}", flush=True)
    enough = verdict.events >= events and kills >= least and done >= planned
    if not enough:
        print(f"  short: at least {events:,} events, {least} kills and {planned} torments were planned", flush=True)
    return enough and verdict.clean


async def _plant_a_loss(platform: Platform) -> None:
    """Take one effect away, as a bug would: whoever checks must see it."""
    connection = await asyncpg.connect(platform.database_url("metrics", driver=None))
    await connection.execute("DELETE FROM receipt WHERE id = (SELECT min(id) FROM receipt)")
    await connection.close()


async def _settled(platform: Platform, load: Load, *, patience: float) -> Verdict:
    """The verdict as soon as it is clean, or when patience ends."""
    end = time.monotonic() + patience
    while True:
        verdict = await check(platform, load.acknowledged)
        if verdict.clean or time.monotonic() > end:
            return verdict
        await asyncio.sleep(2.0)


def main(
    broker: Annotated[str, typer.Option(help="embedded or apache")] = "embedded",
    seconds: Annotated[float, typer.Option(help="How long each phase kills, at least.")] = 60.0,
    seed: Annotated[int, typer.Option(help="0 draws one.")] = 0,
    only: Annotated[str, typer.Option(help="Phases whose name holds this.")] = "",
    plant_loss: Annotated[bool, typer.Option(help="Take one effect away, which must turn the result red.")] = False,
) -> None:
    """Run every phase; exit 1 where one lost something or had too little to lose."""
    seed = seed or random.randrange(1, 2**31)
    kind: BrokerKind = "apache" if broker == "apache" else "embedded"
    wanted = [one for one in PHASES if only in one.name and (kind == "apache" or one.torment not in APACHE_ONLY)]
    results = [asyncio.run(run_phase(phase, kind, seconds, seed, plant=plant_loss)) for phase in wanted]
    print(f"{sum(results)} of {len(results)} phases lost nothing")
    raise typer.Exit(0 if all(results) else 1)


if __name__ == "__main__":
    typer.run(main)
