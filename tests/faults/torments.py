"""What is done to the platform besides killing its services: engines stopped, processes frozen, lines fallen silent."""

import asyncio
import os
import random
import signal
import time
from collections.abc import Awaitable, Callable, Iterable, Mapping
from contextlib import suppress
from pathlib import Path

import asyncpg

from deploy.local.platform import Platform
from deploy.local.ports import SERVICES
from tests.faults.fleet import Fleet

TAKE_OVER = 30.0
"""Seconds within which a stand-by does the work of a frozen leader."""

Torment = Callable[[Platform, Fleet, random.Random], Awaitable[None]]


class NobodyTookOver(Exception):
    """A frozen leader was not replaced in time."""


async def stop_postgres(platform: Platform, fleet: Fleet, dice: random.Random) -> None:
    await platform.stop_postgres("immediate")
    await asyncio.sleep(dice.uniform(0.2, 1.5))
    await platform.start_postgres()


async def kill_broker(platform: Platform, fleet: Fleet, dice: random.Random) -> None:
    await platform.kill_broker()
    await asyncio.sleep(dice.uniform(0.2, 1.5))
    await platform.start_broker()


async def freeze_postgres(platform: Platform, fleet: Fleet, dice: random.Random) -> None:
    """Every process of the server stands still for some seconds; its kernel goes on acknowledging."""
    folder = platform.folder / "postgres"
    postmaster = int((folder / "postmaster.pid").read_text().split()[0])
    server = [postmaster, *_children_of(postmaster)]
    _signal(server, signal.SIGSTOP)
    await asyncio.sleep(dice.uniform(3, 8))
    _signal([postmaster, *_children_of(postmaster)], signal.SIGCONT)


async def freeze_leaders(platform: Platform, fleet: Fleet, dice: random.Random) -> None:
    """The workers that lead stand still until their stand-bys have taken over; then they wake and go on as zombies."""
    frozen = [name for name in fleet.names if name.endswith(".worker")]
    began = time.monotonic()
    stood = {service: await _relayed(platform, service) for service in SERVICES}
    fleet.freeze(frozen)
    try:
        waiting = {"registry", "inspection", "afterschool"}
        while waiting:
            if time.monotonic() - began > TAKE_OVER:
                raise NobodyTookOver(", ".join(sorted(waiting)))
            await asyncio.sleep(0.5)
            waiting = {one for one in waiting if await _relayed(platform, one) <= stood[one]}
        fleet.take_overs.append(time.monotonic() - began)
    finally:
        fleet.thaw(frozen)


async def silence_lines(platform: Platform, fleet: Fleet, dice: random.Random) -> None:
    """Every line to PostgreSQL that is open now carries nothing more; new ones work."""
    fleet.silence()
    await asyncio.sleep(dice.uniform(3, 6))


async def _relayed(platform: Platform, service: str) -> int:
    """The highest number of a fact that the relay has taken from the journal."""
    connection = await asyncpg.connect(platform.database_url(service, driver=None))
    try:
        found = await connection.fetchval(
            "SELECT coalesce(max(id), 0) FROM journal WHERE NOT EXISTS "
            "(SELECT FROM outbox_pending WHERE journal_id <= journal.id)"
        )
        return int(found)
    finally:
        await connection.close()


def _children_of(parent: int) -> list[int]:
    found = []
    for status in Path("/proc").glob("[0-9]*/stat"):
        with suppress(OSError):
            fields = status.read_text().rpartition(")")[2].split()
            if int(fields[1]) == parent:
                found.append(int(status.parent.name))
    return found


def _signal(pids: Iterable[int], number: signal.Signals) -> None:
    for pid in pids:
        with suppress(ProcessLookupError):
            os.kill(pid, number)


TORMENTS: Mapping[str, Torment] = {
    "PostgreSQL stopped": stop_postgres,
    "PostgreSQL frozen": freeze_postgres,
    "broker killed": kill_broker,
    "leaders frozen": freeze_leaders,
    "lines silent": silence_lines,
}
