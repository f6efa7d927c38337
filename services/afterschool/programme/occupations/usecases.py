"""Periods of the week are taken and given back."""

from collections.abc import Collection
from typing import Final
from uuid import UUID

from sqlalchemy import ARRAY, Uuid, bindparam, delete, text
from sqlalchemy.ext.asyncio import AsyncSession

from services.afterschool.programme.occupations.domain import Occupation

_TAKE: Final = text(
    """
    INSERT INTO occupation (holder_id, term_id, weekday, number, half, offering_id)
    SELECT holder, offering.term_id, weekday, number, half, offering.id
    FROM offering
    JOIN offering_period ON offering_period.offering_id = offering.id
    CROSS JOIN unnest(offering.halves) AS half
    CROSS JOIN unnest(:holders) AS holder
    WHERE offering.id = :offering_id
    """
).bindparams(bindparam("holders", type_=ARRAY(Uuid)), bindparam("offering_id", type_=Uuid))


async def take(session: AsyncSession, offering_id: UUID, holders: Collection[UUID]) -> None:
    """These are in the offering at its periods. The database refuses whoever is elsewhere then."""
    if holders:
        await session.execute(_TAKE, {"holders": list(holders), "offering_id": offering_id})


async def give_back(session: AsyncSession, offering_id: UUID, holders: Collection[UUID]) -> None:
    """These are no longer in the offering."""
    await session.execute(
        delete(Occupation).where(Occupation.offering_id == offering_id, Occupation.holder_id.in_(holders))
    )
