"""`make faults`: the whole chain under work while its parts are killed at random, and what was lost by it.

Each phase starts from an empty platform. A phase with fewer events or kills than planned has failed, whatever it lost.
"""

import asyncio
import random
import shutil
import tempfile
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

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

SETTLE = 180.0
"""Seconds in which everything journalled must have had its effects, once the killing is over."""


@dataclass(frozen=True)
class Phase:
    """What is killed for how long, and what must have happened for the result to count."""

    name: str
    seconds: float
    kill_every: float
    engine_stops: int = 0
    engine: str = ""
    least_events: int = 30_000
    least_kills: int = 80


def phases(broker: BrokerKind, seconds: float) -> list[Phase]:
    planned = [
        Phase("SIGKILL of APIs, relays and consumers", seconds, 0.6),
        Phase(
            "the same, PostgreSQL stopped immediately", seconds, 1.5, 5, "postgres", least_events=5_000, least_kills=25
        ),
    ]
    if broker == "apache":
        planned.append(
            # Nobody else is killed while the broker is down, which is half of the time.
            Phase("the same, the broker killed", seconds, 0.8, 5, "broker", least_events=5_000, least_kills=15)
        )
    return planned


def _portal_alone(platform: Platform) -> list[Command]:
    """The fleet runs the services; the platform keeps its engines and the issuer."""
    return [portal_command(platform)]


async def run_phase(phase: Phase, broker: BrokerKind, seed: int) -> bool:
    folder = Path(tempfile.mkdtemp(prefix="double-wings-faults-"))
    dice = random.Random(seed)
    print(f"{phase.name}: {phase.seconds:.0f} s, {broker} broker, seed {seed}", flush=True)
    try:
        async with (
            Platform(folder, ports=Ports.free(), broker=broker, commands=_portal_alone, quiet=True) as platform,
            httpx.AsyncClient(timeout=30, trust_env=False) as http,
        ):
            fleet = Fleet(platform)
            await fleet.start()
            try:
                return await _torment(phase, platform, fleet, http, dice, seed)
            finally:
                await fleet.stop()
    finally:
        shutil.rmtree(folder, ignore_errors=True)


async def _torment(
    phase: Phase, platform: Platform, fleet: Fleet, http: httpx.AsyncClient, dice: random.Random, seed: int
) -> bool:
    def person(role: str) -> Client:
        return Client(platform, platform.token(role, subject=f"{role}-1"), http, patience=120.0)

    bureau = person("bureau")
    await bureau.post("inspection", "/v1/grids/import", pingcheng.cells(), params={"source": "faults"})
    load = Load(bureau, person("guardian"), seed=seed)
    work = asyncio.create_task(load.run(seconds=phase.seconds))
    stops = 0
    end = time.monotonic() + phase.seconds
    next_stop = time.monotonic() + phase.seconds / (phase.engine_stops + 1) if phase.engine_stops else end
    while time.monotonic() < end:
        await asyncio.sleep(phase.kill_every * dice.uniform(0.5, 1.5))
        await fleet.kill(dice.choice(fleet.names))
        if stops < phase.engine_stops and time.monotonic() >= next_stop:
            await ENGINES[phase.engine](platform, dice)
            stops += 1
            next_stop += phase.seconds / (phase.engine_stops + 1)
    await work
    await fleet.ready()
    verdict = await _settled(platform, load)
    kills = fleet.kills.total()
    engines = f", {phase.engine} stopped {stops} times" if phase.engine_stops else ""
    print(f"  kills {kills}{engines}, {verdict.line()}", flush=True)
    enough = verdict.events >= phase.least_events and kills >= phase.least_kills and stops == phase.engine_stops
    if not enough:
        print(f"  short: at least {phase.least_events:,} events and {phase.least_kills} kills were planned", flush=True)
    return enough and verdict.clean


async def _settled(platform: Platform, load: Load) -> Verdict:
    """The verdict as soon as it is clean, or when patience ends."""
    end = time.monotonic() + SETTLE
    while True:
        verdict = await check(platform, load.acknowledged)
        if verdict.clean or time.monotonic() > end:
            return verdict
        await asyncio.sleep(2.0)


async def _stop_postgres(platform: Platform, dice: random.Random) -> None:
    await platform.stop_postgres("immediate")
    await asyncio.sleep(dice.uniform(0.2, 1.5))
    await platform.start_postgres()


async def _kill_broker(platform: Platform, dice: random.Random) -> None:
    await platform.kill_broker()
    await asyncio.sleep(dice.uniform(0.2, 1.5))
    await platform.start_broker()


ENGINES: dict[str, Callable[[Platform, random.Random], Awaitable[None]]] = {
    "postgres": _stop_postgres,
    "broker": _kill_broker,
}


def main(
    broker: Annotated[str, typer.Option(help="embedded or apache")] = "embedded",
    seconds: Annotated[float, typer.Option(help="How long each phase kills.")] = 60.0,
    seed: Annotated[int, typer.Option(help="0 draws one.")] = 0,
) -> None:
    """Run every phase; exit 1 where one lost something or had too little to lose."""
    seed = seed or random.randrange(1, 2**31)
    kind: BrokerKind = "apache" if broker == "apache" else "embedded"
    results = [asyncio.run(run_phase(phase, kind, seed)) for phase in phases(kind, seconds)]
    print(f"{sum(results)} of {len(results)} phases lost nothing")
    raise typer.Exit(0 if all(results) else 1)


if __name__ == "__main__":
    typer.run(main)
