"""The worker's part: allocations whose public value was entered are drawn, one after the other."""

import asyncio

import structlog
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession, async_sessionmaker

from services.afterschool.placement.allocations import drawing, queries
from services.afterschool.placement.allocations.drawing import WrongResult
from services.afterschool.sealing import Sealer
from services.afterschool.settings import Settings
from shared.data.leadership import look_while_leading
from shared.domain.clock import utc_now
from shared.process.context import acting_as
from shared.process.pace import Pace
from shared.process.settings import ServiceSettings

log = structlog.get_logger(__name__)

LOOK, LOOK_IDLE = 0.5, 3.0
"""Seconds between looks for an allocation to draw: while there is one, and at most."""


class Drawer:
    """One worker of many draws."""

    def __init__(
        self, settings: ServiceSettings, engine: AsyncEngine, sessions: async_sessionmaker[AsyncSession]
    ) -> None:
        assert isinstance(settings, Settings)
        self._sealer = Sealer.of(settings)
        self._engine, self._sessions = engine, sessions

    async def run(self, stop: asyncio.Event) -> None:
        await look_while_leading(self._engine, "allocations", self.look, stop, Pace(LOOK, LOOK_IDLE))

    async def look(self) -> bool:
        """Draw the oldest allocation that waits; returns whether there was one. A wrong result is kept from everybody
        and stays to be drawn again."""
        async with self._sessions() as session:
            waiting = await queries.next_to_draw(session)
        if waiting is None:
            return False
        try:
            with acting_as("system:allocations"):
                await drawing.draw_lots(self._sessions, waiting, sealer=self._sealer, at=utc_now())
        except WrongResult:
            log.exception("allocation refused by its checker", allocation=str(waiting))
            return False
        return True
