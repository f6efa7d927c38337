"""Catalogue items by id, and those in force on a day."""

from collections.abc import Sequence
from datetime import date
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from services.afterschool.rulebook.catalogue.domain import (
    CatalogueItem,
    CatalogueItemNotFound,
    CatalogueItemUnknown,
    Category,
    Path,
)
from shared.facts.versions import holds, in_order, version_with_id


async def catalogue_item(session: AsyncSession, item_id: UUID) -> CatalogueItem:
    return await version_with_id(session, CatalogueItem, item_id, CatalogueItemNotFound)


async def catalogue_item_for_update(session: AsyncSession, item_id: UUID) -> CatalogueItem:
    return await version_with_id(session, CatalogueItem, item_id, CatalogueItemNotFound, for_update=True)


async def items_in_force(session: AsyncSession, *, on: date) -> Sequence[CatalogueItem]:
    """The catalogue of a day, by code. The report's number of items is the length of this list."""
    wanted = select(CatalogueItem).where(holds(CatalogueItem, on=on)).order_by(CatalogueItem.code)
    return (await session.scalars(wanted)).all()


async def item_in_force(session: AsyncSession, code: str, *, on: date) -> CatalogueItem:
    """The version of an item on a day; raises `CatalogueItemUnknown`."""
    wanted = select(CatalogueItem).where(CatalogueItem.code == code, holds(CatalogueItem, on=on))
    found = await session.scalar(wanted)
    if found is None:
        raise CatalogueItemUnknown
    return found


async def catalogue_items(
    session: AsyncSession,
    *,
    code: str | None,
    category: Category | None,
    path: Path | None,
    on: date | None,
    after: tuple[str, date, UUID] | None,
    limit: int,
) -> Sequence[CatalogueItem]:
    """Versions by code and first day; withdrawn ones too, unless a day is given on which they must be in force."""
    wanted = in_order(
        select(CatalogueItem),
        CatalogueItem.code,
        CatalogueItem.valid_from,
        CatalogueItem.id,
        after=after,
        limit=limit,
    )
    if code is not None:
        wanted = wanted.where(CatalogueItem.code == code)
    if category is not None:
        wanted = wanted.where(CatalogueItem.category == category)
    if path is not None:
        wanted = wanted.where(CatalogueItem.path == path)
    if on is not None:
        wanted = wanted.where(holds(CatalogueItem, on=on))
    return (await session.scalars(wanted)).all()
