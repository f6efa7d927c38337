"""Norms by id, and the numbers in force on a day at a place."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from uuid import UUID

from sqlalchemy import or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from services.afterschool.rulebook.norms.domain import Norm, NormName, NormNotFound, NormUnknown
from shared.facts.versions import holds, in_order, version_with_id


async def norm(session: AsyncSession, norm_id: UUID) -> Norm:
    return await version_with_id(session, Norm, norm_id, NormNotFound)


async def norm_for_update(session: AsyncSession, norm_id: UUID) -> Norm:
    return await version_with_id(session, Norm, norm_id, NormNotFound, for_update=True)


async def value_of(session: AsyncSession, name: NormName, *, on: date, district: str | None = None) -> int:
    """The number in force on a day: the district's own, else the city's. Raises `NormUnknown`."""
    found = (await norms_in_force(session, [name], on=on, district=district)).get(name)
    if found is None:
        raise NormUnknown(name=name.value)
    return found.value


async def norms_in_force(
    session: AsyncSession, names: Iterable[NormName], *, on: date, district: str | None = None
) -> Mapping[NormName, Norm]:
    """The versions in force on a day: the district's own, else the city's. A name without one is missing."""
    here = or_(Norm.district.is_(None), Norm.district == district)
    wanted = select(Norm).where(Norm.name.in_(list(names)), here, holds(Norm, on=on))
    rows = await session.scalars(wanted.order_by(Norm.district.nulls_first()))
    return {NormName(one.name): one for one in rows}


async def norms(
    session: AsyncSession,
    *,
    name: NormName | None,
    district: str | None,
    on: date | None,
    after: tuple[str, date, UUID] | None,
    limit: int,
) -> Sequence[Norm]:
    """Versions by code and first day; withdrawn ones too, unless a day is given on which they must be in force."""
    wanted = in_order(select(Norm), Norm.code, Norm.valid_from, Norm.id, after=after, limit=limit)
    if name is not None:
        wanted = wanted.where(Norm.name == name)
    if district is not None:
        wanted = wanted.where(Norm.district == district)
    if on is not None:
        wanted = wanted.where(holds(Norm, on=on))
    return (await session.scalars(wanted)).all()
