"""Request a rebuild; and, in the worker, carry it out.

The shadow is an ordinary consumer of its own name that starts at the beginning of the log, so it stands on the same
inbox as the live one. Once it is near, the live numbers are put down together with the offsets at which they stand, the
barrier. The live consumer goes on; the shadow stops there, and then the two must be equal cell by cell. To wait until
both stand at the same offsets by chance would take for ever while events come.
"""

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any
from uuid import UUID

import structlog
from sqlalchemy import delete, text, update
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession, async_sessionmaker

from services.metrics.projections.domain import CONSUMER, Cell, Generation, Member, Receipt
from services.metrics.projections.facts import PROJECTIONS
from services.metrics.projections.usecases import folding_into
from services.metrics.rebuilds import queries
from services.metrics.rebuilds.domain import Rebuild, RebuildRunning, barrier, barrier_cell
from shared.data.leadership import look_while_leading, pause
from shared.data.outages import Fault, database_fault
from shared.domain.clock import utc_now
from shared.facts import journal
from shared.facts.consumer import Consumer
from shared.facts.inbox import Inbox, applied, consumer_offset, parked
from shared.process.pace import Pace
from shared.process.settings import ServiceSettings

log = structlog.get_logger(__name__)

SHADOW = replace(
    Inbox.of(f"{CONSUMER}.rebuild", wanted=PROJECTIONS, handle=folding_into(shadow=True)), until=queries.barrier_of
)
"""The same events once more, from the beginning of the log to the barrier, into the generation that is not live."""

NEAR = 5_000
"""So many records or fewer behind the live consumer, the barrier is set."""

LOOK_EVERY = 1.0
"""Seconds between looks for a queued rebuild."""
POLL = 0.5
"""Seconds between looks whether the shadow has caught up."""
SLICE = 50_000
LONGEST = 3600.0
"""Seconds a rebuild may take before it is given up."""


async def request_rebuild(session: AsyncSession, *, swap: bool, by: str, at: datetime) -> Rebuild:
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
        await look_while_leading(self._engine, "rebuild", lambda: self.run_next(stop), stop, Pace(LOOK_EVERY))

    async def run_next(self, stop: asyncio.Event) -> bool:
        """Carry out the open rebuild, if any. After a crash it begins again with an empty shadow."""
        async with self._sessions.begin() as session:
            rebuild = await queries.open_rebuild(session)
            if rebuild is None:
                return False
            rebuild.begin()
            rebuild_id = rebuild.id
        await clear_shadow(self._sessions)
        done = asyncio.Event()
        consumer = Consumer(self._settings, self._engine, self._sessions, SHADOW)
        running = asyncio.create_task(consumer.run(done))
        try:
            async with asyncio.timeout(LONGEST):
                while not stop.is_set() and not await self._conclude(rebuild_id):
                    await pause(stop, POLL)
        except TimeoutError:
            await self._give_up(rebuild_id, "timeout")
        except DBAPIError as error:
            if database_fault(error) is not Fault.SLOW:
                raise
            # The same comparison would be too slow again; the numbers that are live stay as they are.
            await self._give_up(rebuild_id, "too-slow")
        finally:
            done.set()
            await asyncio.wait({running})
        if not stop.is_set():
            await clear_shadow(self._sessions)
        return True

    async def _give_up(self, rebuild_id: UUID, why: str) -> None:
        log.error("rebuild given up", rebuild=str(rebuild_id), reason=why)
        async with self._sessions.begin() as session:
            (await queries.rebuild(session, rebuild_id)).fail(why, at=utc_now())

    async def _conclude(self, rebuild_id: UUID) -> bool:
        """Set the barrier once the shadow is near; once it is there, compare, and swap if asked. Returns whether it
        was there."""
        async with self._sessions.begin() as session:
            if not await queries.barrier_of(session):
                await _set_barrier(session, await _hold_numbers(session))
                return False
            if await queries.partitions_short(session, shadow=SHADOW.consumer):
                return False
            # As a batch does: first the offset, then the numbers. Otherwise the two could wait for each other.
            await session.execute(_HOLD_OFFSETS, {"consumers": [CONSUMER, SHADOW.consumer]})
            live = await _hold_numbers(session)
            rebuild = await queries.rebuild(session, rebuild_id)
            differences = await queries.differences(session, shadow=3 - live)
            events = await _events_read(session)
            if rebuild.swap:
                await _swap(session, live)
            failed = rebuild.conclude(differences, events=events, swapped=rebuild.swap, at=utc_now())
            if failed is not None:
                await journal.record(session, failed, subject=rebuild)
            return True


_HOLD_OFFSETS = text(
    "SELECT FROM consumer_offset WHERE consumer = ANY(:consumers) ORDER BY consumer, topic, partition FOR UPDATE"
)


async def _hold_numbers(session: AsyncSession) -> int:
    """The live generation; until the transaction ends, no batch of either consumer is half-way."""
    live: int | None = await session.scalar(text("SELECT live FROM generation FOR UPDATE"))
    assert live is not None, "the migration made the row"
    return live


async def _set_barrier(session: AsyncSession, live: int) -> None:
    """Put the live numbers and offsets down, if the shadow is near and nowhere ahead."""
    behind, ahead = await queries.apart(session, live=CONSUMER, shadow=SHADOW.consumer)
    if behind > NEAR or ahead:
        return
    await session.execute(
        text("INSERT INTO barrier SELECT topic, partition, next FROM consumer_offset WHERE consumer = :live"),
        {"live": CONSUMER},
    )
    columns = ", ".join(column.name for column in barrier_cell.columns)
    numbers = f"SELECT {columns} FROM cell WHERE generation = :live AND (members, amount) <> (0, 0)"  # noqa: S608 -- our names
    await session.execute(text(f"INSERT INTO barrier_cell ({columns}) {numbers}"), {"live": live})


async def clear_shadow(sessions: async_sessionmaker[AsyncSession]) -> None:
    """Delete the generation that is not live, with the offsets of its consumer, slice by slice in transactions of
    their own.

    The rest goes at once under a lock, so that no consumer continues on a half-deleted generation.
    """
    tables = (Cell.__tablename__, Member.__tablename__, Receipt.__tablename__)
    own = [f"{table} WHERE generation <> (SELECT live FROM generation)" for table in tables]  # noqa: S608 -- our names
    own += [f"{seen.name} WHERE consumer = '{SHADOW.consumer}'" for seen in (applied, parked)]
    own += [f"{kept.name} WHERE true" for kept in (barrier, barrier_cell)]
    for rows in own:
        await _delete(sessions, rows)
    async with sessions.begin() as session:
        await session.execute(text("SELECT live FROM generation FOR UPDATE"))
        for rows in (*own, f"{consumer_offset.name} WHERE consumer = '{SHADOW.consumer}'"):
            await session.execute(text(f"DELETE FROM {rows}"))  # noqa: S608 -- our own names


async def _delete(sessions: async_sessionmaker[AsyncSession], rows: str) -> None:
    """Delete many rows in slices; a slice that is too slow is halved, down to one row."""
    name = rows.partition(" ")[0]
    statement = text(f"DELETE FROM {name} WHERE ctid = ANY(ARRAY(SELECT ctid FROM {rows} LIMIT :slice))")  # noqa: S608 -- our own names
    size = SLICE
    while True:
        try:
            async with sessions.begin() as session:
                deleted = await session.execute(statement, {"slice": size})
        except DBAPIError as error:
            if database_fault(error) is not Fault.SLOW or size == 1:
                raise
            size = max(1, size // 2)
            log.warning("deleting is too slow", table=name, rows=size)
            continue
        if deleted.rowcount < size:  # type: ignore[attr-defined]  # a DELETE has one
            return


async def _swap(session: AsyncSession, live: int) -> None:
    for seen in (applied, consumer_offset, parked):
        await session.execute(delete(seen).where(seen.c.consumer == CONSUMER))
        await session.execute(update(seen).where(seen.c.consumer == SHADOW.consumer).values(consumer=CONSUMER))
    await session.execute(update(Generation).values(live=3 - live))


async def _events_read(session: AsyncSession) -> int:
    offsets: Sequence[Any] = (
        await session.scalars(
            text("SELECT next FROM consumer_offset WHERE consumer = :shadow"), {"shadow": SHADOW.consumer}
        )
    ).all()
    return sum(offsets)
