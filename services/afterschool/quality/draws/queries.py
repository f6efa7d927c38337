"""Draws of declarations by id, and all of them."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import defer

from services.afterschool.quality.draws.domain import ManagementDraw, ManagementDrawNotFound


async def management_draw(session: AsyncSession, draw_id: UUID, *, for_update: bool = False) -> ManagementDraw:
    found = await session.get(ManagementDraw, draw_id, with_for_update=for_update or None, populate_existing=for_update)
    if found is None:
        raise ManagementDrawNotFound
    return found


async def management_draws(session: AsyncSession, *, after: UUID | None, limit: int) -> Sequence[ManagementDraw]:
    """Draws, oldest first, without the lists: they may be long."""
    wanted = select(ManagementDraw).options(defer(ManagementDraw.targets), defer(ManagementDraw.result))
    if after is not None:
        wanted = wanted.where(ManagementDraw.id > after)
    return (await session.scalars(wanted.order_by(ManagementDraw.id).limit(limit))).all()
