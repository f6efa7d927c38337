"""One leads; a frozen one is replaced, a failed one goes on, and all of them hear stop at once."""

import asyncio
import os
import signal
import sys
import time
from pathlib import Path

import pytest
from sqlalchemy import func, select, text
from sqlalchemy.ext.asyncio import AsyncEngine

from shared.data import leadership
from shared.data.leadership import lease, run_as_leader

ROOT = Path(__file__).parents[3]


class Leader:
    """One that would lead, in this process."""

    def __init__(self, engine: AsyncEngine, *, fails: int = 0) -> None:
        self.stop = asyncio.Event()
        self.led: asyncio.Queue[str] = asyncio.Queue()
        self.working = False
        self._fails = fails
        self.running = asyncio.create_task(
            run_as_leader(engine, "example", self._work, self.stop, standing_by=lambda: self.led.put_nowait("waits"))
        )

    async def _work(self) -> None:
        self.led.put_nowait("leads")
        if self._fails:
            self._fails -= 1
            raise ValueError("work fails")
        self.working = True
        try:
            await self.stop.wait()
        finally:
            self.working = False

    async def says(self, word: str, within: float = 5.0) -> None:
        async with asyncio.timeout(within):
            while await self.led.get() != word:
                pass

    async def ends(self) -> float:
        begin = time.monotonic()
        self.stop.set()
        await self.running
        return time.monotonic() - begin


async def test_one_leads_and_the_next_follows_at_once(engine: AsyncEngine) -> None:
    first = Leader(engine)
    await first.says("leads")
    second = Leader(engine)
    await second.says("waits")
    assert await first.ends() < 1
    await second.says("leads", within=3)
    assert await second.ends() < 1


async def test_who_waits_to_lead_hears_stop_at_once(engine: AsyncEngine) -> None:
    first, second = Leader(engine), Leader(engine)
    await first.says("leads")
    await second.says("waits")
    assert await second.ends() < 0.5
    await first.ends()


async def test_work_that_fails_is_done_again(engine: AsyncEngine) -> None:
    leader = Leader(engine, fails=2)
    for _ in range(3):
        await leader.says("leads")
    await leader.ends()


async def test_leases_take_no_place_in_the_pool(engine: AsyncEngine) -> None:
    leaders = [Leader(engine) for _ in range(20)]
    await leaders[0].says("leads")
    assert engine.pool.checkedout() == 0  # type: ignore[attr-defined]  # the pool of this engine counts
    async with engine.connect() as connection:
        backends = await connection.scalar(
            text("SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND application_name = :us"),
            {"us": "example"},
        )
    assert backends <= 3, "one connection carries all leases of a process"
    for leader in leaders:
        await leader.ends()
    async with engine.connect() as connection:
        assert await connection.scalar(select(func.count()).select_from(lease)) == 0


async def test_a_leader_whose_lease_another_took_stops_its_work(
    engine: AsyncEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(leadership, "RENEW_EVERY", 0.1)
    leader = Leader(engine)
    await leader.says("leads")
    await asyncio.sleep(0.3)
    assert leader.working, "a lease that is renewed stays"
    async with engine.begin() as connection:
        await connection.execute(text("UPDATE lease SET holder = gen_random_uuid()"))
    await leader.says("waits")
    assert not leader.working
    await leader.ends()


@pytest.mark.slow
async def test_a_frozen_leader_is_replaced_within_thirty_seconds(engine: AsyncEngine, url: str) -> None:
    frozen = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "tests.shared.core.leader", url), cwd=ROOT, stdout=asyncio.subprocess.PIPE
    )
    assert frozen.stdout is not None
    try:
        assert await asyncio.wait_for(frozen.stdout.readline(), 30) == b"leads\n"
        successor = Leader(engine)
        await successor.says("waits")
        os.kill(frozen.pid, signal.SIGSTOP)
        await successor.says("leads", within=30)
        os.kill(frozen.pid, signal.SIGCONT)
        await asyncio.sleep(2 * leadership.RENEW_EVERY)
        assert successor.working, "who wakes up finds that another leads"
        await successor.ends()
    finally:
        frozen.kill()
        await frozen.wait()
