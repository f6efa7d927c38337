"""The worker's part: sessions are planned again after their calendar, their offerings or a make-up day changed."""

import asyncio

from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession, async_sessionmaker

from services.afterschool.delivery.sessions import usecases
from shared.data.leadership import look_while_leading
from shared.domain.clock import utc_now
from shared.process.context import acting_as
from shared.process.pace import Pace
from shared.process.settings import ServiceSettings

LOOK, LOOK_IDLE = 0.2, 3.0
"""Seconds between looks for what is due: while there is something, and at most."""


class Planner:
    """One worker of many plans, one school and term in a transaction."""

    def __init__(self, _: ServiceSettings, engine: AsyncEngine, sessions: async_sessionmaker[AsyncSession]) -> None:
        self._engine, self._sessions = engine, sessions

    async def run(self, stop: asyncio.Event) -> None:
        await look_while_leading(self._engine, "sessions", self.look, stop, Pace(LOOK, LOOK_IDLE))

    async def look(self) -> bool:
        """Plan what waits longest; returns whether there was anything."""
        with acting_as("system:sessions"):
            async with self._sessions.begin() as session:
                return await usecases.plan_due(session, at=utc_now())
