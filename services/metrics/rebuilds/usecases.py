"""Request a rebuild; and, in the worker, carry it out.

The shadow is an ordinary consumer of its own name that starts at the beginning of the log, so it stands on the same
inbox as the live one. When both stand at the same offsets, the two generations must be equal cell by cell.
"""

import asyncio
from collections.abc import Sequence
from contextlib import suppress
from datetime import datetime
from typing import Any
from uuid import UUID

import structlog
from sqlalchemy import delete, text, update
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession, async_sessionmaker

from services.metrics.projections.domain import Cell, Generation, Member, Receipt
from services.metrics.rebuilds import queries
from services.metrics.rebuilds.domain import Rebuild, RebuildRunning
from services.metrics.subscriptions import INBOX, SHADOW
from shared.clock import utc_now
from shared.consumer import Consumer
from shared.inbox import applied, consumer_offset, is_outage, parked
from shared.leadership import leadership
from shared.settings import ServiceSettings

log = structlog.get_logger(__name__)

POLL = 0.5
LONGEST = 3600.0
"""Seconds a rebuild may take before it is given up."""


async def request_rebuild(session: AsyncSession, *, swap: bool, by: str, at: datetime) -> Rebuild:
    """Queue a rebuild; one at a time."""
    await session.execute(text("SELECT live FROM generation FOR UPDATE"))
    if await queries.open_rebuild(session) is not None:
        raise RebuildRunning
    rebuild = Rebuild.request(swap=swap, by=by, at=at)
    session.add(rebuild)
    return rebuild


class Rebuilder:
    """Carries out queued rebuilds, one at a time across all workers."""

    def __init__(
        self, settings: ServiceSettings, engine: AsyncEngine, sessions: async_sessionmaker[AsyncSession]
    ) -> None:
        self._settings, self._engine, self._sessions = settings, engine, sessions

    async def run(self, stop: asyncio.Event) -> None:
        while not stop.is_set():
            try:
                async with leadership(self._engine, "rebuild"):
                    while not stop.is_set():
                        await self.run_next(stop)
                        await asyncio.sleep(POLL)
            except Exception as error:
                if not is_outage(error):
                    log.exception("rebuild failed")
                await asyncio.sleep(POLL)

    async def run_next(self, stop: asyncio.Event) -> bool:
        """Carry out the open rebuild, if there is one. One cut off by a crash begins again from an empty shadow."""
        async with self._sessions.begin() as session:
            rebuild = await queries.open_rebuild(session)
            if rebuild is None:
                return False
            rebuild.begin()
            rebuild_id = rebuild.id
            await clear_shadow(session)
        done = asyncio.Event()
        consumer = Consumer(self._settings, self._engine, self._sessions, SHADOW)
        running = asyncio.create_task(consumer.run(done))
        try:
            async with asyncio.timeout(LONGEST):
                while not stop.is_set() and not await self._conclude(rebuild_id):
                    await asyncio.sleep(POLL)
        except TimeoutError:
            async with self._sessions.begin() as session:
                (await queries.rebuild(session, rebuild_id)).fail("timeout", at=utc_now())
        finally:
            done.set()
            with suppress(Exception):
                await running
        return True

    async def _conclude(self, rebuild_id: UUID) -> bool:
        """Compare, and swap if asked, once both consumers stand at the same offsets; whether that was the case."""
        async with self._sessions.begin() as session:
            # Exclusively: no batch of either consumer is half-way while the two are held against each other.
            live = await session.scalar(text("SELECT live FROM generation FOR UPDATE"))
            assert live is not None
            if await queries.partitions_apart(session, live=INBOX.consumer, shadow=SHADOW.consumer):
                return False
            rebuild = await queries.rebuild(session, rebuild_id)
            differences = await queries.differences(session, live=live, shadow=3 - live)
            events = await _events_read(session)
            if rebuild.swap:
                await _swap(session, live)
            rebuild.conclude(differences, events=events, swapped=rebuild.swap, at=utc_now())
            await clear_shadow(session)
            return True


async def clear_shadow(session: AsyncSession) -> None:
    """Forget the generation that is not live, and where its consumer stood."""
    live = await session.scalar(text("SELECT live FROM generation"))
    for table in (Cell, Member, Receipt):
        await session.execute(delete(table).where(table.generation != live))
    for seen in (applied, consumer_offset, parked):
        await session.execute(delete(seen).where(seen.c.consumer == SHADOW.consumer))


async def _swap(session: AsyncSession, live: int) -> None:
    """The shadow becomes the live generation, with all that its consumer knows."""
    for seen in (applied, consumer_offset, parked):
        await session.execute(delete(seen).where(seen.c.consumer == INBOX.consumer))
        await session.execute(update(seen).where(seen.c.consumer == SHADOW.consumer).values(consumer=INBOX.consumer))
    await session.execute(update(Generation).values(live=3 - live))


async def _events_read(session: AsyncSession) -> int:
    offsets: Sequence[Any] = (
        await session.scalars(
            text("SELECT next FROM consumer_offset WHERE consumer = :shadow"), {"shadow": SHADOW.consumer}
        )
    ).all()
    return sum(offsets)
