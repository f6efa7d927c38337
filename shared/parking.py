"""Parked records: seen, counted, retried, replayed. Nothing is acknowledged and forgotten."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import func, select, text, update
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker

from shared.inbox import Inbox, parked

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
    """Try again the keys whose pause has passed: a record that was only early finds its way by itself."""
    row = parked.c
    due = (
        select(row.topic, row.key)
        .where(
            row.consumer == inbox.consumer,
            row.key.is_not(None),
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
    """Try every parked key now, in order; the records applied and those still parked. For operators, after a fix."""
    row = parked.c
    async with sessions() as session:
        keys = (
            await session.execute(
                select(row.topic, row.key).where(row.consumer == inbox.consumer, row.key.is_not(None)).distinct()
            )
        ).all()
    applied = sum([await replay_key(sessions, inbox, topic, key) for topic, key in keys])
    async with sessions() as session:
        return applied, await count_parked(session, inbox.consumer)


async def replay_key(sessions: async_sessionmaker[AsyncSession], inbox: Inbox, topic: str, key: UUID) -> int:
    row = parked.c
    async with sessions.begin() as session:
        before = await count_parked(session, inbox.consumer)
        await inbox.release_in_savepoint(session, topic, key)
        await session.execute(
            update(parked)
            .where(row.consumer == inbox.consumer, row.topic == topic, row.key == key)
            .values(tries=row.tries + 1)
        )
        return before - await count_parked(session, inbox.consumer)
