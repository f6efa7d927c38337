"""Rebuilds, and the comparison of two generations."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import select, text
from sqlalchemy.ext.asyncio import AsyncSession

from services.metrics.projections.domain import DIMENSIONS
from services.metrics.rebuilds.domain import OPEN, Rebuild, RebuildNotFound, barrier

MAX_DIFFERENCES = 200

_ON = " AND ".join(f"old.{name} = new.{name}" for name in ("noun", *DIMENSIONS))
_COLUMNS = ", ".join(f"coalesce(old.{name}, new.{name}) AS {name}" for name in ("noun", *DIMENSIONS))
_DIFFERENCES = text(
    f"""
    SELECT {_COLUMNS}, coalesce(old.members, 0) AS live, coalesce(new.members, 0) AS rebuilt,
           coalesce(old.amount, 0) AS live_amount, coalesce(new.amount, 0) AS rebuilt_amount
    FROM barrier_cell old
    FULL JOIN (SELECT * FROM cell WHERE generation = :shadow AND (members, amount) <> (0, 0)) new ON {_ON}
    WHERE (coalesce(old.members, 0), coalesce(old.amount, 0))
       <> (coalesce(new.members, 0), coalesce(new.amount, 0))
    LIMIT {MAX_DIFFERENCES}
    """  # noqa: S608  # column names of ours
)
_APART = text(
    """
    SELECT coalesce(sum(greatest(live.next - coalesce(shadow.next, 0), 0)), 0)::bigint AS behind,
           count(*) FILTER (WHERE shadow.next > live.next) AS ahead
    FROM consumer_offset live
    LEFT JOIN consumer_offset shadow
      ON shadow.consumer = :shadow AND shadow.topic = live.topic AND shadow.partition = live.partition
    WHERE live.consumer = :live
    """
)
_SHORT = text(
    """
    SELECT count(*) FROM barrier
    LEFT JOIN consumer_offset shadow
      ON shadow.consumer = :shadow AND shadow.topic = barrier.topic AND shadow.partition = barrier.partition
    WHERE shadow.next IS DISTINCT FROM barrier.next
    """
)


async def rebuild(session: AsyncSession, rebuild_id: UUID) -> Rebuild:
    found = await session.get(Rebuild, rebuild_id)
    if found is None:
        raise RebuildNotFound
    return found


async def open_rebuild(session: AsyncSession) -> Rebuild | None:
    """The rebuild that is queued or running, locked."""
    found: Rebuild | None = await session.scalar(
        select(Rebuild).where(Rebuild.state.in_(OPEN)).order_by(Rebuild.id).limit(1).with_for_update()
    )
    return found


async def differences(session: AsyncSession, *, shadow: int) -> Sequence[dict[str, Any]]:
    """The cells in which the shadow generation is not what the live one was at the barrier."""
    found = await session.execute(_DIFFERENCES, {"shadow": shadow})
    return [
        {name: int(value) if name not in ("noun", *DIMENSIONS) else value for name, value in row._mapping.items()}
        for row in found
    ]


async def apart(session: AsyncSession, *, live: str, shadow: str) -> tuple[int, int]:
    """How many records the shadow is behind the live consumer, and on how many partitions it is ahead of it."""
    behind, ahead = (await session.execute(_APART, {"live": live, "shadow": shadow})).one()
    return behind, ahead


async def barrier_of(session: AsyncSession) -> Mapping[tuple[str, int], int]:
    """The offsets that the shadow does not read for now, by topic and partition; none before the barrier is set."""
    found = await session.execute(select(barrier.c.topic, barrier.c.partition, barrier.c.next))
    return {(topic, partition): position for topic, partition, position in found}


async def partitions_short(session: AsyncSession, *, shadow: str) -> int:
    """How many partitions the shadow has not read to the barrier."""
    return await session.scalar(_SHORT, {"shadow": shadow}) or 0
