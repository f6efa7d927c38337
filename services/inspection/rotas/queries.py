"""A team's rota."""

from collections.abc import Sequence
from datetime import date
from uuid import UUID

from sqlalchemy import exists, select
from sqlalchemy.ext.asyncio import AsyncSession

from services.inspection.rotas.domain import Kind, RotaEntry, RotaEntryNotFound


async def entries(session: AsyncSession, team_id: UUID, first: date, last: date) -> Sequence[RotaEntry]:
    """What stands on the rota between two days, in the order of its days."""
    wanted = (
        select(RotaEntry)
        .where(
            RotaEntry.team_id == team_id,
            RotaEntry.last_day >= first,
            RotaEntry.first_day <= last,
            RotaEntry.cancelled_at.is_(None),
        )
        .order_by(RotaEntry.first_day, RotaEntry.id)
    )
    return (await session.scalars(wanted)).all()


async def keeps_rota(session: AsyncSession, team_id: UUID) -> bool:
    """Whether anybody of the team ever stood on duty."""
    duty = exists().where(RotaEntry.team_id == team_id, RotaEntry.kind == Kind.DUTY, RotaEntry.cancelled_at.is_(None))
    return bool(await session.scalar(select(duty)))


async def entry(session: AsyncSession, team_id: UUID, entry_id: UUID) -> RotaEntry:
    """One entry, locked by its team's row; raises `RotaEntryNotFound`."""
    found = await session.get(RotaEntry, entry_id, populate_existing=True)
    if found is None or found.team_id != team_id:
        raise RotaEntryNotFound
    return found
