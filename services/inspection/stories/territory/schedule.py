"""What inspection's worker does by the calendar: on its day, a scheduled set of grids comes into force."""

import asyncio

from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession, async_sessionmaker

from services.inspection.stories.territory.usecases import activate_due
from shared.data.leadership import look_while_leading
from shared.domain.clock import utc_now
from shared.process.pace import Pace
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
        await look_while_leading(self._engine, "grid-calendar", self.look, stop, Pace(LOOK_EVERY))

    async def look(self) -> int:
        async with self._sessions.begin() as session:
            return await activate_due(session, at=utc_now())
