"""What inspection's worker does by the calendar: on its day, a scheduled set of grids comes into force."""

import asyncio

from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession, async_sessionmaker

from services.inspection.stories.territory.usecases import activate_due
from shared.data.leadership import pause, run_as_leader
from shared.domain.clock import utc_now
from shared.process.settings import ServiceSettings

LOOK_EVERY = 30.0
"""Seconds. Which set holds follows from the days alone; this only moves institutions and teams over soon after."""


class GridCalendar:
    """One worker of many looks whether a set's day has come."""

    def __init__(
        self, settings: ServiceSettings, engine: AsyncEngine, sessions: async_sessionmaker[AsyncSession]
    ) -> None:
        self._engine, self._sessions = engine, sessions

    async def run(self, stop: asyncio.Event) -> None:
        await run_as_leader(self._engine, "grid-calendar", lambda: self._look_again(stop), stop)

    async def _look_again(self, stop: asyncio.Event) -> None:
        while not stop.is_set():
            await self.look()
            await pause(stop, LOOK_EVERY)

    async def look(self) -> int:
        async with self._sessions.begin() as session:
            return await activate_due(session, at=utc_now())
