"""Take the numbers of the days that are over; in the worker, shortly after each midnight in China."""

import asyncio
from datetime import datetime

import structlog
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession, async_sessionmaker

from services.metrics.history import queries
from services.metrics.history.domain import ScorecardDay, due
from services.metrics.indicators import queries as indicators
from services.metrics.sources.queries import marks
from services.metrics.tree.domain import topics_of
from services.metrics.tree.indicators import INDICATORS
from shared.data.database import allowing
from shared.data.leadership import look_while_leading
from shared.domain.clock import utc_now
from shared.process.pace import Pace
from shared.process.settings import ServiceSettings

log = structlog.get_logger(__name__)

LOOK_EVERY = 20.0
"""Seconds between looks whether a day is over."""
ALLOWED = 120.0
"""Seconds that the one look at all cells may take."""
_COLUMNS = tuple(column.name for column in ScorecardDay.__table__.columns)
_ROWS = 500


async def take_days(session: AsyncSession, *, at: datetime) -> int:
    """Keep the numbers of all days that are over and were not taken; returns how many days.

    Days that were missed get the numbers of now, and are marked as late. A day that is there already stays as it is.
    """
    days = due(await queries.last_day(session), at)
    if not days:
        return 0
    counted = topics_of(INDICATORS.values())
    as_of = (await marks(session, now=at)).freshness(counted).as_of
    async with allowing(session, ALLOWED):
        found = await indicators.values_everywhere(session, list(INDICATORS.values()))
    for day in days:
        taken = [
            ScorecardDay.take(day, str(scope), values, INDICATORS, as_of=as_of, at=at)
            for scope, values in found.items()
        ]
        rows = [{name: getattr(one, name) for name in _COLUMNS} for one in taken]
        for start in range(0, len(rows), _ROWS):
            await session.execute(insert(ScorecardDay).values(rows[start : start + _ROWS]).on_conflict_do_nothing())
    log.info("days taken", days=len(days), last=str(days[-1]), scopes=len(found))
    return len(days)


class Historian:
    """Takes each day once, in one worker of all."""

    def __init__(
        self, settings: ServiceSettings, engine: AsyncEngine, sessions: async_sessionmaker[AsyncSession]
    ) -> None:
        self._engine, self._sessions = engine, sessions

    async def run(self, stop: asyncio.Event) -> None:
        await look_while_leading(self._engine, "history", self.look, stop, Pace(LOOK_EVERY))

    async def look(self) -> int:
        async with self._sessions.begin() as session:
            return await take_days(session, at=utc_now())
