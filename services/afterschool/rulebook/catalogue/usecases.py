"""Enact, repeal and withdraw versions of catalogue items."""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from services.afterschool.rulebook.catalogue import queries
from services.afterschool.rulebook.catalogue.domain import CatalogueItem, CatalogueItemContent
from services.afterschool.rulebook.versions import repeal_version, withdraw_version
from shared.facts.versions import put_in_force


async def enact_catalogue_item(session: AsyncSession, content: CatalogueItemContent, *, at: datetime) -> CatalogueItem:
    """Put a version in force; its predecessor ends the day before."""
    item, enacted = CatalogueItem.enact(content, at=at)
    await put_in_force(session, item, enacted, at=at)
    return item


async def repeal_catalogue_item(
    session: AsyncSession, item_id: UUID, *, valid_to: date, reason: str, at: datetime
) -> CatalogueItem:
    item = await queries.catalogue_item_for_update(session, item_id)
    await repeal_version(session, item, valid_to=valid_to, reason=reason, at=at)
    return item


async def withdraw_catalogue_item(
    session: AsyncSession, item_id: UUID, *, reason: str, by: str, at: datetime
) -> CatalogueItem:
    known = await queries.catalogue_item(session, item_id)
    return await withdraw_version(session, known, reason=reason, by=by, at=at)
