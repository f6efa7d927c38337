"""Advertisements by id and by what they are about; institutions that advertise again and again."""

from collections.abc import Sequence
from dataclasses import dataclass, fields
from datetime import date
from typing import Any, Final
from uuid import UUID

from sqlalchemy import and_, func, literal, select, tuple_
from sqlalchemy.ext.asyncio import AsyncSession

from services.registry.ledger.institutions.domain import Institution
from services.registry.supervision.advertisements.domain import Advertisement, AdvertisementNotFound, AdvertisementState
from shared.http.policies import Principal
from shared.http.reach import ReachColumns, reachable, within_reach

REACH: Final[ReachColumns] = {
    "district": Advertisement.district,
    "street": Advertisement.street,
    "institution": Advertisement.institution_id,
}


async def advertisement(session: AsyncSession, advertisement_id: UUID, caller: Principal) -> Advertisement:
    return reachable(await session.get(Advertisement, advertisement_id), caller, AdvertisementNotFound, **REACH)


async def advertisement_for_update(session: AsyncSession, advertisement_id: UUID, caller: Principal) -> Advertisement:
    found = await session.get(Advertisement, advertisement_id, with_for_update=True, populate_existing=True)
    return reachable(found, caller, AdvertisementNotFound, **REACH)


async def advertisement_with_id(session: AsyncSession, advertisement_id: UUID) -> Advertisement | None:
    """The advertisement, within the caller's reach or not: an id can be taken only once."""
    return await session.get(Advertisement, advertisement_id)


@dataclass(frozen=True, slots=True)
class AdvertisementFilters:
    """What a list is narrowed to; `overdue` says whether removal was due before `today`."""

    state: str | None = None
    district: str | None = None
    street: str | None = None
    institution_id: UUID | None = None
    source: str | None = None
    overdue: bool | None = None


async def advertisements(
    session: AsyncSession,
    caller: Principal,
    filters: AdvertisementFilters,
    *,
    today: date,
    after: str | None,
    limit: int,
) -> Sequence[Advertisement]:
    """Advertisements within the caller's reach; by id, which is the order of finding for ids made here."""
    wanted = select(Advertisement).where(within_reach(caller, **REACH)).order_by(Advertisement.id).limit(limit)
    for field in fields(filters):
        value = getattr(filters, field.name)
        if value is not None and field.name != "overdue":
            wanted = wanted.where(getattr(Advertisement, field.name) == value)
    if filters.overdue is not None:
        overdue = and_(Advertisement.state == AdvertisementState.REMOVAL_ORDERED, Advertisement.due_on < today)
        wanted = wanted.where(overdue.is_(True) if filters.overdue else overdue.is_not(True))
    if after is not None:
        wanted = wanted.where(Advertisement.id > UUID(after))
    return (await session.scalars(wanted)).all()


async def repeat_offenders(
    session: AsyncSession, caller: Principal, *, since: date | None, least: int, after: Sequence[Any] | None, limit: int
) -> Sequence[Any]:
    count = func.count().label("advertisements")
    found = (
        select(Advertisement.institution_id, count, func.max(Advertisement.found_on).label("last_found_on"))
        .where(within_reach(caller, **REACH), Advertisement.institution_id.is_not(None))
        .group_by(Advertisement.institution_id)
        .having(count >= least)
    )
    if since is not None:
        found = found.where(Advertisement.found_on >= since)
    offender = found.subquery()
    wanted = (
        select(offender, Institution.name, Institution.district, Institution.street)
        .join(Institution, Institution.id == offender.c.institution_id)
        .order_by(offender.c.advertisements.desc(), offender.c.institution_id)
        .limit(limit)
    )
    if after is not None:
        wanted = wanted.where(
            tuple_(-offender.c.advertisements, offender.c.institution_id)
            > tuple_(literal(-int(after[0])), literal(UUID(after[1])))
        )
    return (await session.execute(wanted)).all()
