"""Reading white lists and people from outside."""

from collections.abc import Sequence
from datetime import date
from uuid import UUID

from sqlalchemy import or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from services.afterschool.programme.engagements.domain import (
    Listing,
    ListingNotFound,
    OutsidePerson,
    OutsidePersonNotFound,
)
from shared.domain.dated import stands


async def listings(
    session: AsyncSession,
    *,
    district: str | None = None,
    institution: UUID | None = None,
    on: date | None = None,
    after: UUID | None = None,
    limit: int = 200,
) -> Sequence[Listing]:
    """Entries of white lists in the order of listing; those that were struck too, unless a day is given."""
    wanted = select(Listing).order_by(Listing.id).limit(limit)
    if district is not None:
        wanted = wanted.where(Listing.district == district)
    if institution is not None:
        wanted = wanted.where(Listing.institution_id == institution)
    if on is not None:
        wanted = wanted.where(
            stands(Listing), Listing.valid_from <= on, or_(Listing.valid_to.is_(None), Listing.valid_to >= on)
        )
    if after is not None:
        wanted = wanted.where(Listing.id > after)
    return (await session.scalars(wanted)).all()


async def listing_for_update(session: AsyncSession, listing_id: UUID) -> Listing:
    """Raises `ListingNotFound`."""
    found = await session.get(Listing, listing_id, with_for_update=True, populate_existing=True)
    if found is None:
        raise ListingNotFound
    return found


async def outside_person(session: AsyncSession, person_id: UUID, *, for_update: bool = False) -> OutsidePerson:
    """Raises `OutsidePersonNotFound`."""
    found = await session.get(
        OutsidePerson, person_id, with_for_update=for_update or None, populate_existing=for_update
    )
    if found is None:
        raise OutsidePersonNotFound(pointer="/outside_person_id")
    return found


async def outside_persons(session: AsyncSession, institution_id: UUID) -> Sequence[OutsidePerson]:
    """The people of an institution, in the order in which they were entered."""
    wanted = select(OutsidePerson).where(OutsidePerson.institution_id == institution_id)
    return (await session.scalars(wanted.order_by(OutsidePerson.id))).all()
