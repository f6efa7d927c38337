"""The worker's part: once a day, offerings freeze whose provider lost its standing with no event, by a date alone."""

import asyncio
from datetime import date

from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession, async_sessionmaker

from services.afterschool.stories.suspensions import usecases
from shared.data.leadership import look_while_leading
from shared.domain.clock import china_date, utc_now
from shared.process.context import acting_as
from shared.process.pace import Pace
from shared.process.settings import ServiceSettings

LOOK, LOOK_IDLE = 5.0, 30.0
"""Seconds between looks at the date."""


class Warden:
    """One worker of many looks at the providers, on every day of China's calendar and after every start."""

    def __init__(self, _: ServiceSettings, engine: AsyncEngine, sessions: async_sessionmaker[AsyncSession]) -> None:
        self._engine, self._sessions = engine, sessions
        self._done: date | None = None

    async def run(self, stop: asyncio.Event) -> None:
        await look_while_leading(self._engine, "standings", self.look, stop, Pace(LOOK, LOOK_IDLE))

    async def look(self) -> int:
        """Freeze what the day ended, provider by provider; returns how many offerings. Each day is done once."""
        at = utc_now()
        today = china_date(at)
        if self._done == today:
            return 0
        frozen = 0
        async with self._sessions() as session:
            engaged = await usecases.providers_engaged(session, on=today)
        for institution_id in engaged:
            with acting_as("system:standings"):
                async with self._sessions.begin() as session:
                    frozen += await usecases.freeze_offerings_of(session, [institution_id], at=at)
        self._done = today
        return frozen
