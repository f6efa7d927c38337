"""The marks of all partitions."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from services.metrics.projections.domain import CONSUMER
from services.metrics.sources.domain import Marks, Source
from shared.facts.inbox import consumer_offset, parked


async def sources(session: AsyncSession) -> Sequence[Source]:
    wanted = select(Source).order_by(Source.topic, Source.partition)
    return (await session.scalars(wanted.execution_options(populate_existing=True))).all()


async def marks(session: AsyncSession, *, now: datetime) -> Marks:
    set_aside = await session.scalars(select(parked.c.topic).where(parked.c.consumer == CONSUMER).distinct())
    return Marks(await sources(session), set(set_aside), now)


async def positions(session: AsyncSession) -> Mapping[tuple[str, int], int]:
    """The next offset to be counted, by topic and partition."""
    row = consumer_offset.c
    found = await session.execute(select(row.topic, row.partition, row.next).where(row.consumer == CONSUMER))
    return {(topic, partition): position for topic, partition, position in found}
