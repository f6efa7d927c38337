"""A line that falls silent under load costs seconds: every call has an end, and broken connections leave the pools."""

import asyncio
import time
from collections import Counter

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from shared.data.database import allowing, open_engine, open_sessions
from shared.data.outages import Fault, database_fault
from shared.http.reads import ReadPool
from tests.shared.core.conftest import ExampleSettings
from tests.shared.core.proxy import SilentProxy, through_proxy

BREAKS = 50


async def work(engine: AsyncEngine, reads: ReadPool, outcomes: Counter[str], stop: asyncio.Event) -> None:
    """A request after the other: one through the ORM's session, one past it."""
    sessions = open_sessions(engine)
    while not stop.is_set():
        try:
            async with sessions.begin() as session:
                await session.execute(text("SELECT pg_sleep(0.005)"))
            await reads.json("SELECT to_json(1)::text")
            outcomes["served"] += 1
        except Exception as error:
            outcomes["refused" if database_fault(error) is Fault.AWAY else repr(error)] += 1
            await asyncio.sleep(0.05)


@pytest.mark.slow
async def test_fifty_silent_breaks_under_load_are_over_within_thirty_seconds(settings: ExampleSettings) -> None:
    async with through_proxy(settings.database_url) as (proxy, url):
        ours = settings.model_copy(update={"database_url": url, "pool_size": BREAKS // 2})
        engine, reads = open_engine(ours), ReadPool(ours)
        outcomes: Counter[str] = Counter()
        stop = asyncio.Event()
        workers = [asyncio.create_task(work(engine, reads, outcomes, stop)) for _ in range(BREAKS + 10)]
        await served(outcomes, 1000, within=30)
        assert proxy.silence() >= BREAKS
        outcomes.clear()
        begin = time.monotonic()
        await served(outcomes, 200, within=30)
        assert time.monotonic() - begin < 30
        stop.set()
        await asyncio.gather(*workers)
        assert outcomes.keys() <= {"served", "refused"}
        # All slots of both pools serve again, and not only those that were lucky.
        await asyncio.wait_for(all_slots(engine, reads, ours.pool_size), 10)
        await reads.close()
        await engine.dispose()


async def served(outcomes: Counter[str], wanted: int, *, within: float) -> None:
    async with asyncio.timeout(within):
        while outcomes["served"] < wanted:
            await asyncio.sleep(0.05)


async def all_slots(engine: AsyncEngine, reads: ReadPool, size: int) -> None:
    async def slow() -> None:
        async with engine.connect() as connection:
            await connection.execute(text("SELECT pg_sleep(0.3)"))

    await asyncio.gather(*(slow() for _ in range(size)))
    await asyncio.gather(*(reads.rows("SELECT pg_sleep(0.3)") for _ in range(size)))


async def test_a_statement_allowed_to_take_long_is_not_taken_for_a_silent_line(settings: ExampleSettings) -> None:
    engine = open_engine(settings.model_copy(update={"statement_timeout": 0.1}))
    async with open_sessions(engine).begin() as session:
        async with allowing(session, 10):
            await session.execute(text("SELECT pg_sleep(3.5)"))
        assert await session.scalar(text("SELECT 1")) == 1
    await engine.dispose()


async def test_a_silent_line_ends_a_commit(settings: ExampleSettings) -> None:
    async with through_proxy(settings.database_url) as (proxy, url):
        engine = open_engine(settings.model_copy(update={"database_url": url, "statement_timeout": 0.5}))
        session = open_sessions(engine)()
        await session.execute(text("SELECT 1"))
        assert isinstance(proxy, SilentProxy)
        proxy.silence()
        begin = time.monotonic()
        with pytest.raises(Exception) as raised:
            await session.commit()
        assert database_fault(raised.value) is Fault.AWAY
        await session.close()
        assert time.monotonic() - begin < 12
        await engine.dispose()
