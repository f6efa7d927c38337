"""One of many: a session-level advisory lock that saves work. Nothing here is needed for safety.

The lock and the work that relies on it share one connection: a lost lock loses the connection with it.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine


@asynccontextmanager
async def leadership(engine: AsyncEngine, task: str, *, ask_every: float = 0.5) -> AsyncIterator[AsyncConnection]:
    """Wait until this process leads `task`, then lend the connection that holds the lock."""
    async with engine.connect() as plain:
        connection = await plain.execution_options(isolation_level="AUTOCOMMIT")
        while not await connection.scalar(text("SELECT pg_try_advisory_lock(hashtext(:task))"), {"task": task}):
            await asyncio.sleep(ask_every)
        try:
            yield connection
        finally:
            # The lock ends with the server session; a connection given back to the pool would keep it.
            await connection.invalidate()


async def pause(stop: asyncio.Event, seconds: float) -> None:
    """Wait so long, or until the process is told to stop."""
    with suppress(TimeoutError):
        await asyncio.wait_for(stop.wait(), seconds)
