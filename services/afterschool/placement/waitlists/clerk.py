"""The worker's part: offers end when they expire, and reserves are released when their time has come."""

import asyncio
from collections.abc import Awaitable, Callable
from functools import partial

from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession, async_sessionmaker

from services.afterschool.placement.waitlists import queries, usecases
from shared.data.leadership import look_while_leading
from shared.domain.clock import utc_now
from shared.process.context import acting_as
from shared.process.pace import Pace
from shared.process.settings import ServiceSettings

AT_ONCE = 50
LOOK, LOOK_IDLE = 0.2, 2.0
"""Seconds between looks for what is due: while there is something, and at most."""


class Clerk:
    """One worker of many ends what has expired."""

    def __init__(self, _: ServiceSettings, engine: AsyncEngine, sessions: async_sessionmaker[AsyncSession]) -> None:
        self._engine, self._sessions = engine, sessions

    async def run(self, stop: asyncio.Event) -> None:
        await look_while_leading(self._engine, "waitlists", self.look, stop, Pace(LOOK, LOOK_IDLE))

    async def look(self) -> bool:
        """End expired offers and release reserves that are due; returns whether there was anything."""
        at = utc_now()
        async with self._sessions() as session:
            expired = await queries.expired_offers(session, at, limit=AT_ONCE)
            reserves = await queries.reserves_due(session, at, limit=AT_ONCE)
        for enrolment_id, _ in expired:
            await self._in_transaction(partial(usecases.expire_offer, enrolment_id=enrolment_id, at=utc_now()))
        for offering_id, group in reserves:
            await self._in_transaction(
                partial(usecases.release_reserve, offering_id=offering_id, group=group, at=utc_now(), only_due=True)
            )
        return bool(expired or reserves)

    async def _in_transaction(self, act: Callable[[AsyncSession], Awaitable[object]]) -> None:
        with acting_as("system:waitlists"):
            async with self._sessions.begin() as session:
                await act(session)
