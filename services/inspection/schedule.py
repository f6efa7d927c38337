"""What inspection's worker does by the calendar: on its day, a scheduled set of grids comes into force."""

import asyncio

import structlog
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession, async_sessionmaker

from services.inspection.grids.usecases import activate_due
from shared.clock import utc_now
from shared.inbox import is_outage
from shared.leadership import leadership, pause
from shared.settings import ServiceSettings

log = structlog.get_logger(__name__)

LOOK_EVERY = 30.0
"""Seconds. Which set holds follows from the days alone; this only moves institutions and teams over soon after."""


class GridCalendar:
    """One worker of many looks whether a set's day has come."""

    def __init__(
        self, settings: ServiceSettings, engine: AsyncEngine, sessions: async_sessionmaker[AsyncSession]
    ) -> None:
        self._engine, self._sessions = engine, sessions

    async def run(self, stop: asyncio.Event) -> None:
        while not stop.is_set():
            try:
                async with leadership(self._engine, "grid-calendar"):
                    while not stop.is_set():
                        await self.look()
                        await pause(stop, LOOK_EVERY)
            except Exception as error:
                if is_outage(error):
                    log.warning("grid calendar interrupted", error=type(error).__name__)
                else:
                    log.exception("grid calendar failed")
                await pause(stop, 1.0)

    async def look(self) -> int:
        """Move over to every set whose day has come; how many there were."""
        async with self._sessions.begin() as session:
            return await activate_due(session, at=utc_now())
