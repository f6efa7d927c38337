"""The numbers in force on a day, and all of them."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import Final
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from services.inspection.rulebook.norms.domain import Norm, NormName, NormNotFound, NormUnknown
from shared.domain.dated import STANDS, stands
from shared.facts.versions import in_order


async def norm(session: AsyncSession, name: NormName, *, on: date) -> int:
    value = (await in_force(session, [name], on=on)).get(name)
    if value is None:
        raise NormUnknown(name=name.value)
    return value


async def norm_for_update(session: AsyncSession, norm_id: UUID) -> Norm:
    found = await session.get(Norm, norm_id, with_for_update=True, populate_existing=True)
    if found is None:
        raise NormNotFound
    return found


async def in_force(session: AsyncSession, names: Iterable[NormName], *, on: date) -> Mapping[NormName, int]:
    rows = await session.execute(
        select(Norm.name, Norm.value)
        .where(Norm.name.in_(list(names)), Norm.valid_from <= on, stands(Norm))
        .order_by(Norm.name, Norm.valid_from)
    )
    return {NormName(row.name): row.value for row in rows}


async def norms(
    session: AsyncSession, *, name: str | None, after: tuple[str, date, UUID] | None, limit: int
) -> Sequence[Norm]:
    wanted = in_order(select(Norm), Norm.name, Norm.valid_from, Norm.id, after=after, limit=limit)
    if name is not None:
        wanted = wanted.where(Norm.name == name)
    return (await session.scalars(wanted)).all()


NORMS_ON: Final = f"""
    SELECT DISTINCT ON (name) name, value::integer AS days
    FROM norm AS decided WHERE valid_from <= :on AND {STANDS} ORDER BY name, valid_from DESC
"""  # noqa: S608 -- constants of ours
"""The norms in force on the day `:on`, for a WITH clause."""
