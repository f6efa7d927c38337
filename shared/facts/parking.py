"""Parked records: seen, counted, retried, replayed, discarded. Nothing is acknowledged and forgotten."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

import structlog
from sqlalchemy import delete, func, insert, select, text, update
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker

from shared.facts.inbox import Inbox, discarded, parked

log = structlog.get_logger(__name__)

MAX_TRIES = 10
"""After that (about an hour and a half) only an operator's `replay` tries again."""


async def parked_records(session: AsyncSession, consumer: str, *, limit: int = 200) -> Sequence[Any]:
    """The oldest parked records, without their payload."""
    row = parked.c
    found = await session.execute(
        select(
            row.id,
            row.topic,
            row.partition,
            row.offset,
            row.key,
            row.version,
            row.event_id,
            row.reason,
            row.tries,
            row.parked_at,
        )
        .where(row.consumer == consumer)
        .order_by(row.id)
        .limit(limit)
    )
    return found.all()


async def count_parked(session: AsyncSession, consumer: str) -> int:
    return await session.scalar(select(func.count()).where(parked.c.consumer == consumer)) or 0


async def retry_due(sessions: async_sessionmaker[AsyncSession], inbox: Inbox) -> int:
    """Retry the keys whose pause has passed: a record that was only early then succeeds without an operator."""
    row = parked.c
    due = (
        select(row.topic, row.key)
        .where(
            row.consumer == inbox.consumer,
            row.version.is_not(None),
            row.tries < MAX_TRIES,
            row.parked_at + text("interval '5 seconds' * (2 ^ tries)") < func.clock_timestamp(),
        )
        .distinct()
        .limit(100)
    )
    async with sessions() as session:
        keys = (await session.execute(due)).all()
    return sum([await replay_key(sessions, inbox, topic, key) for topic, key in keys])


async def replay(sessions: async_sessionmaker[AsyncSession], inbox: Inbox) -> tuple[int, int]:
    """Retry everything parked now, in order; returns how many records are done with and how many are still parked.
    For operators, after a fix."""
    row = parked.c
    async with sessions() as session:
        before = await count_parked(session, inbox.consumer)
        unplaced = await session.scalars(
            select(row.id).where(row.consumer == inbox.consumer, row.version.is_(None)).order_by(row.id)
        )
    for parked_id in unplaced.all():
        await _reconsider(sessions, inbox, parked_id)
    async with sessions() as session:
        keys = (
            await session.execute(
                select(row.topic, row.key).where(row.consumer == inbox.consumer, row.version.is_not(None)).distinct()
            )
        ).all()
    for topic, key in keys:
        await replay_key(sessions, inbox, topic, key)
    async with sessions() as session:
        left = await count_parked(session, inbox.consumer)
    return max(before - left, 0), left


async def _reconsider(sessions: async_sessionmaker[AsyncSession], inbox: Inbox, parked_id: int) -> None:
    row = parked.c
    async with sessions.begin() as session:
        found = (await session.execute(select(parked).where(row.id == parked_id).with_for_update())).first()
        if found is not None and not await inbox.reconsider(session, found):
            await session.execute(update(parked).where(row.id == parked_id).values(tries=row.tries + 1))


async def discard(
    sessions: async_sessionmaker[AsyncSession], inbox: Inbox, parked_id: int, *, by: str, because: str | None
) -> int | None:
    """Give up one parked record for good: it moves to `discarded`, and counts as applied in its turn.

    Returns how many later records of its key could then be applied; None if no record has this id.
    """
    row = parked.c
    if because is not None:
        because = because.encode(errors="backslashreplace").decode()  # whatever a terminal sent
    async with sessions.begin() as session:
        found = (
            await session.execute(
                delete(parked).where(row.consumer == inbox.consumer, row.id == parked_id).returning(parked)
            )
        ).first()
        if found is None:
            return None
        kept = {**found._mapping, "discarded_by": by, "discarded_because": because}
        await session.execute(insert(discarded).values(kept))
        before = await count_parked(session, inbox.consumer)
        if found.version is not None:
            await inbox.release_in_savepoint(session, found.topic, found.key)
        released = before - await count_parked(session, inbox.consumer)
    log.warning(
        "parked record discarded",
        consumer=inbox.consumer,
        parked=parked_id,
        topic=found.topic,
        partition=found.partition,
        offset=found.offset,
        key=str(found.key) if found.key else None,
        version=found.version,
        by=by,
    )
    return released


async def replay_key(sessions: async_sessionmaker[AsyncSession], inbox: Inbox, topic: str, key: UUID) -> int:
    row = parked.c
    async with sessions.begin() as session:
        before = await count_parked(session, inbox.consumer)
        await inbox.release_in_savepoint(session, topic, key)
        await session.execute(
            update(parked)
            .where(row.consumer == inbox.consumer, row.topic == topic, row.key == key, row.version.is_not(None))
            .values(tries=row.tries + 1)
        )
        return before - await count_parked(session, inbox.consumer)
