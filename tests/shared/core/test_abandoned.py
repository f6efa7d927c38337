"""A client that falls silent between two messages of a statement loses its transaction; nobody else does."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any

import asyncpg
import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from shared.data.abandoned import end_abandoned, watch_abandoned
from shared.data.database import connection_options
from tests.shared.core.conftest import ExampleSettings

HELD = "SELECT pg_advisory_xact_lock(7)"


@asynccontextmanager
async def connected(settings: ExampleSettings, name: str) -> AsyncIterator[Any]:
    url = settings.database_url.replace("postgresql+asyncpg", "postgresql", 1)
    connection: Any = await asyncpg.connect(url, **connection_options(settings, name))
    try:
        yield connection
    finally:
        connection.terminate()


async def stand_between_two_messages(connection: Any) -> None:
    """The driver asks for the statement to be prepared, and never executes it."""
    await connection.execute("BEGIN")
    await connection.execute(HELD)
    await connection.prepare("SELECT 1")


async def test_its_locks_are_free_again(settings: ExampleSettings, engine: AsyncEngine) -> None:
    async with connected(settings, "example-reads") as silent, connected(settings, "example") as waiting:
        await stand_between_two_messages(silent)
        with pytest.raises(asyncpg.LockNotAvailableError):
            await waiting.execute(f"SET lock_timeout = 100; {HELD}")
        assert await end_abandoned(engine, "example", after=60) == 0
        assert await end_abandoned(engine, "example", after=0) == 1
        await waiting.execute(f"SET lock_timeout = 5000; {HELD}")
        with pytest.raises((asyncpg.PostgresError, asyncpg.InterfaceError, asyncpg.InternalClientError)):
            await silent.execute("COMMIT")


async def test_who_works_or_has_limits_of_its_own_is_left_alone(settings: ExampleSettings, engine: AsyncEngine) -> None:
    more = asyncio.Event()

    async def rows() -> AsyncIterator[bytes]:
        yield b"1\n"
        await more.wait()

    async with AsyncExitStack() as stack:
        idle, runs, copies, foreign = [
            await stack.enter_async_context(connected(settings, name))
            for name in ("example", "example", "example", "psql")
        ]
        await idle.execute(f"BEGIN; {HELD}")
        running = asyncio.create_task(runs.execute("SELECT pg_sleep(1)"))
        await copies.execute("CREATE TEMPORARY TABLE copied (number integer)")
        copying = asyncio.create_task(copies.copy_to_table("copied", source=rows()))
        await foreign.execute("BEGIN")
        await foreign.prepare("SELECT 1")
        await asyncio.sleep(0.3)
        assert await end_abandoned(engine, "example", after=0) == 0
        more.set()
        ended: list[object] = list(await asyncio.gather(running, copying))
        assert ended == ["SELECT 1", "COPY 1"]
        await idle.execute("COMMIT")
        assert await foreign.fetchval("SELECT 1") == 1


async def test_every_worker_looks(
    settings: ExampleSettings, engine: AsyncEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("shared.data.abandoned.AFTER", 1.0)
    monkeypatch.setattr("shared.data.abandoned.LOOK_EVERY", 0.2)
    stop = asyncio.Event()
    watching = asyncio.create_task(watch_abandoned(engine, "example", stop))
    async with connected(settings, "example") as silent, engine.connect() as other:
        await stand_between_two_messages(silent)
        async with asyncio.timeout(20):
            await other.execute(text("SET lock_timeout = 15000"))
            await other.execute(text(HELD))
    stop.set()
    await watching
