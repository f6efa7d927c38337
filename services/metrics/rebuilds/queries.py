"""Rebuilds, and the comparison of two generations."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import select, text
from sqlalchemy.ext.asyncio import AsyncSession

from services.metrics.projections.domain import DIMENSIONS
from services.metrics.rebuilds.domain import OPEN, Rebuild, RebuildNotFound

MAX_DIFFERENCES = 200

_ON = " AND ".join(f"old.{name} = new.{name}" for name in ("noun", *DIMENSIONS))
_COLUMNS = ", ".join(f"coalesce(old.{name}, new.{name}) AS {name}" for name in ("noun", *DIMENSIONS))
_DIFFERENCES = text(
    f"""
    SELECT {_COLUMNS}, coalesce(old.members, 0) AS live, coalesce(new.members, 0) AS rebuilt,
           coalesce(old.amount, 0) AS live_amount, coalesce(new.amount, 0) AS rebuilt_amount
    FROM (SELECT * FROM cell WHERE generation = :live AND (members, amount) <> (0, 0)) old
    FULL JOIN (SELECT * FROM cell WHERE generation = :shadow AND (members, amount) <> (0, 0)) new ON {_ON}
    WHERE (coalesce(old.members, 0), coalesce(old.amount, 0))
       <> (coalesce(new.members, 0), coalesce(new.amount, 0))
    LIMIT {MAX_DIFFERENCES}
    """  # noqa: S608  # column names of ours
)
_BEHIND = text(
    """
    SELECT count(*) FROM consumer_offset live
    LEFT JOIN consumer_offset shadow
      ON shadow.consumer = :shadow AND shadow.topic = live.topic AND shadow.partition = live.partition
    WHERE live.consumer = :live AND shadow.next IS DISTINCT FROM live.next
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


async def differences(session: AsyncSession, *, live: int, shadow: int) -> Sequence[dict[str, Any]]:
    found = await session.execute(_DIFFERENCES, {"live": live, "shadow": shadow})
    return [
        {name: int(value) if name not in ("noun", *DIMENSIONS) else value for name, value in row._mapping.items()}
        for row in found
    ]


async def partitions_apart(session: AsyncSession, *, live: str, shadow: str) -> int:
    return await session.scalar(_BEHIND, {"live": live, "shadow": shadow}) or 0
