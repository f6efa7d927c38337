"""A service's API of its own, on a database of its own that was filled for one question."""

import asyncio
import os
import sys
from asyncio.subprocess import Process
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from itertools import count

import asyncpg

from deploy.local.migrations import migrate
from deploy.local.platform import Platform
from deploy.local.postgres import create_database
from deploy.local.processes import accepts_connections, free_port, kill, spawn

_numbers = count()


@dataclass
class Served:
    """Where it answers, and the database behind it."""

    port: int
    database: str
    process: Process
    _command: Sequence[str]
    _environment: Mapping[str, str]

    async def restart(self) -> None:
        """Kill the process in mid-request, and start another one in its place."""
        await kill(self.process)
        self.process = await _started(self._command, self._environment, self.port)


@asynccontextmanager
async def serving(
    platform: Platform,
    service: str,
    fill: Sequence[tuple[str, Sequence[object]]],
    environment: Mapping[str, str] | None = None,
) -> AsyncIterator[Served]:
    """Migrate, run the statements with their values, start one worker of the API."""
    name = f"{service}_bench_{next(_numbers)}"
    await create_database(platform.database_url("postgres", driver=None), name)
    await migrate(service, platform.database_url(name))
    database = platform.database_url(name, driver=None)
    connection = await asyncpg.connect(database)
    try:
        await connection.execute("SET synchronous_commit = off")
        for statement, values in fill:
            await connection.execute(statement, *values)
        await connection.execute("VACUUM ANALYZE")
    finally:
        await connection.close()
    port = free_port()
    told = {**platform.service_environment(service), "DATABASE_URL": platform.database_url(name), **(environment or {})}
    command = [
        *[sys.executable, "-m", "uvicorn", "--factory", f"services.{service}.app:create_app", "--port", str(port)],
        *["--no-access-log", "--log-level", "warning", "--loop", "uvloop", "--http", "httptools"],
    ]
    given = {**os.environ, **told}
    served = Served(port, database, await _started(command, given, port), command, given)
    try:
        yield served
    finally:
        await kill(served.process)


async def _started(command: Sequence[str], environment: Mapping[str, str], port: int) -> Process:
    """The process, once it accepts connections."""
    process = await spawn(command, env=environment, output=asyncio.subprocess.DEVNULL)
    try:
        async with asyncio.timeout(30):
            while not await accepts_connections(port):
                await asyncio.sleep(0.1)
    except BaseException:
        await kill(process)
        raise
    return process
