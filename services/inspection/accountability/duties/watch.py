"""The job that looks for what is late: a loop of the worker, one of many at a time."""

import asyncio
from typing import cast

from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession, async_sessionmaker

from services.inspection.accountability.duties.usecases import escalate_overdue
from services.inspection.settings import Settings
from shared.data.leadership import look_while_leading
from shared.domain.clock import utc_now
from shared.process.context import acting_as
from shared.process.pace import Pace
from shared.process.settings import ServiceSettings


class Watch:
    """Escalates overdue work by itself."""

    def __init__(
        self, settings: ServiceSettings, engine: AsyncEngine, sessions: async_sessionmaker[AsyncSession]
    ) -> None:
        self._engine, self._sessions = engine, sessions
        self._every = cast("Settings", settings).escalate_every

    async def run(self, stop: asyncio.Event) -> None:
        await look_while_leading(self._engine, "escalations", self.look, stop, Pace(self._every))

    async def look(self) -> int:
        with acting_as("worker:escalations"):
            async with self._sessions.begin() as session:
                return await escalate_overdue(session, at=utc_now())
