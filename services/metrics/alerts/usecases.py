"""Hold the numbers against their thresholds; in one worker of all, whenever the numbers moved."""

import asyncio
from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession, async_sessionmaker

from services.metrics.alerts import queries
from services.metrics.alerts.domain import THRESHOLDS, Alert, beyond
from services.metrics.indicators import queries as indicators
from services.metrics.tree.indicators import INDICATORS
from shared.data.database import allowing
from shared.data.leadership import look_while_leading
from shared.domain.clock import utc_now
from shared.facts import journal
from shared.process.pace import Pace
from shared.process.settings import ServiceSettings

LOOK_EVERY = 15.0
ALLOWED = 60.0
"""Seconds that the one look at all cells may take."""


async def watch_thresholds(session: AsyncSession, *, at: datetime) -> int:
    """Raise an alert for each number beyond its threshold, and clear those that are within again; returns how many
    changed."""
    wanted = [INDICATORS[code] for code in sorted({one.indicator for one in THRESHOLDS.values()})]
    standing = {(alert.threshold, alert.scope): alert for alert in await queries.open_alerts(session)}
    async with allowing(session, ALLOWED):
        found = beyond(await indicators.values_everywhere(session, wanted), THRESHOLDS.values())
    gone = [alert for key, alert in standing.items() if key not in found]
    for alert in gone:
        await journal.record(session, alert.clear(at=at), subject=alert)
    new = [
        Alert.found(*one, at=at) for key, one in sorted(found.items(), key=lambda one: one[0]) if key not in standing
    ]
    for alert, raised in new:
        session.add(alert)
        await journal.record(session, raised, subject=alert)
    return len(gone) + len(new)


class Lookout:
    """Watches the thresholds."""

    def __init__(
        self, settings: ServiceSettings, engine: AsyncEngine, sessions: async_sessionmaker[AsyncSession]
    ) -> None:
        self._engine, self._sessions = engine, sessions
        self._seen: datetime | None = None

    async def run(self, stop: asyncio.Event) -> None:
        await look_while_leading(self._engine, "alerts", self.look, stop, Pace(LOOK_EVERY))

    async def look(self) -> int:
        async with self._sessions.begin() as session:
            moved_at = await indicators.moved_at(session)
            if moved_at is None or moved_at == self._seen:
                return 0
            changed = await watch_thresholds(session, at=utc_now())
        self._seen = moved_at
        return changed
