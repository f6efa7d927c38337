"""The worker's part: runs that were asked for are computed, one after the other."""

import asyncio

from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession, async_sessionmaker

from services.afterschool.finance.subsidies import computing, queries
from shared.data.leadership import look_while_leading
from shared.domain.clock import utc_now
from shared.process.context import acting_as
from shared.process.pace import Pace
from shared.process.settings import ServiceSettings

LOOK, LOOK_IDLE = 0.5, 3.0
"""Seconds between looks for a run to compute: while there is one, and at most."""


class Accountant:
    """One worker of many computes."""

    def __init__(self, _: ServiceSettings, engine: AsyncEngine, sessions: async_sessionmaker[AsyncSession]) -> None:
        self._engine, self._sessions = engine, sessions

    async def run(self, stop: asyncio.Event) -> None:
        await look_while_leading(self._engine, "subsidies", self.look, stop, Pace(LOOK, LOOK_IDLE))

    async def look(self) -> bool:
        """Compute the oldest run that waits; returns whether there was one."""
        async with self._sessions() as session:
            waiting = await queries.next_to_compute(session)
        if waiting is None:
            return False
        with acting_as("system:subsidies"):
            await computing.compute(self._sessions, waiting, at=utc_now())
        return True
