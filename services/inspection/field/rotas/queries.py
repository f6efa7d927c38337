"""A team's rota."""

from collections.abc import Mapping, Sequence
from datetime import date
from uuid import UUID

from sqlalchemy import exists, select
from sqlalchemy.ext.asyncio import AsyncSession

from services.inspection.field.rotas.domain import DutyDay, RotaEntry, RotaEntryKind, RotaEntryNotFound, roster
from services.inspection.field.teams.domain import Inspector, Team


async def entries(session: AsyncSession, team_id: UUID, first: date, last: date) -> Sequence[RotaEntry]:
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


async def there(session: AsyncSession, teams: Sequence[Team], on: date) -> Mapping[UUID, DutyDay]:
    ids = [team.id for team in teams]
    standing = select(RotaEntry).where(RotaEntry.team_id.in_(ids), RotaEntry.cancelled_at.is_(None))
    holding: dict[UUID, list[RotaEntry]] = {}
    for found in await session.scalars(standing.where(RotaEntry.first_day <= on, RotaEntry.last_day >= on)):
        holding.setdefault(found.team_id, []).append(found)
    duties = select(RotaEntry.team_id).where(
        RotaEntry.team_id.in_(ids), RotaEntry.kind == RotaEntryKind.DUTY, RotaEntry.cancelled_at.is_(None)
    )
    keeping = set(await session.scalars(duties.distinct()))
    days = {}
    for team in teams:
        members = [Inspector.model_validate(member) for member in team.members]
        (days[team.id],) = roster(members, holding.get(team.id, []), keeps_rota=team.id in keeping, first=on, last=on)
    return days


async def keeps_rota(session: AsyncSession, team_id: UUID) -> bool:
    """Whether anybody of the team ever stood on duty."""
    duty = exists().where(
        RotaEntry.team_id == team_id, RotaEntry.kind == RotaEntryKind.DUTY, RotaEntry.cancelled_at.is_(None)
    )
    return bool(await session.scalar(select(duty)))


async def entry(session: AsyncSession, team_id: UUID, entry_id: UUID) -> RotaEntry:
    """One entry, locked by its team's row; raises `RotaEntryNotFound`."""
    found = await session.get(RotaEntry, entry_id, populate_existing=True)
    if found is None or found.team_id != team_id:
        raise RotaEntryNotFound
    return found
