"""Providers by id and by what their permits are on a day."""

from collections.abc import Mapping, Sequence
from datetime import date
from uuid import UUID

from sqlalchemy import ColumnElement, and_, exists, false, func, or_, select, true
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased

from services.afterschool.programme.providers.domain import Provider, ProviderNotFound, ProviderPermit, Standing
from shared.http.policies import Principal


async def provider(
    session: AsyncSession, institution_id: UUID, caller: Principal
) -> tuple[Provider, Sequence[ProviderPermit]]:
    """One provider the caller may look at, with its permits; raises `ProviderNotFound`."""
    wanted = select(Provider).where(Provider.institution_id == institution_id, _within_reach(caller))
    found = await session.scalar(wanted)
    if found is None:
        raise ProviderNotFound
    return found, (await permits_of(session, [institution_id]))[institution_id]


async def providers(
    session: AsyncSession,
    caller: Principal,
    *,
    district: str | None,
    standing: Standing | None,
    on: date,
    after: UUID | None,
    limit: int,
) -> Sequence[Provider]:
    wanted = (
        select(Provider)
        .where(Provider.status != "merged", _within_reach(caller))
        .order_by(Provider.institution_id)
        .limit(limit)
    )
    if district is not None:
        wanted = wanted.where(Provider.district == district)
    if standing is not None:
        wanted = wanted.where(_stands(standing, on))
    if after is not None:
        wanted = wanted.where(Provider.institution_id > after)
    return (await session.scalars(wanted)).all()


async def permits_of(session: AsyncSession, ids: Sequence[UUID]) -> Mapping[UUID, list[ProviderPermit]]:
    """Every permit that each of these ever had, including entries merged into it, oldest first."""
    holder = aliased(Provider)
    rows = await session.execute(
        select(func.coalesce(holder.merged_into, ProviderPermit.institution_id), ProviderPermit)
        .outerjoin(holder, holder.institution_id == ProviderPermit.institution_id)
        .where(
            or_(
                ProviderPermit.institution_id.in_(ids),
                ProviderPermit.institution_id.in_(select(holder.institution_id).where(holder.merged_into.in_(ids))),
            )
        )
        .order_by(ProviderPermit.permit_id)
    )
    found: dict[UUID, list[ProviderPermit]] = {one: [] for one in ids}
    for institution_id, permit in rows:
        if institution_id in found:
            found[institution_id].append(permit)
    return found


def _within_reach(caller: Principal) -> ColumnElement[bool]:
    """Schools may look in the whole city; officers only in their own district or street."""
    if caller.covers() or caller.roles & {"school_staff", "guardian"}:
        return true()
    if "district_officer" not in caller.roles or caller.district is None:
        return false()
    here = Provider.district == caller.district
    return (
        here if caller.street is None else and_(here, or_(Provider.street.is_(None), Provider.street == caller.street))
    )


def _stands(standing: Standing, on: date) -> ColumnElement[bool]:
    """SQL for `judge(...).standing == standing`."""
    begun = _has(or_(_true(ProviderPermit.ended_on <= on), ~_true(ProviderPermit.valid_from > on)))
    running = and_(
        ~_true(ProviderPermit.ended_on <= on),
        ~_true(ProviderPermit.valid_from > on),
        ~_true(ProviderPermit.valid_to < on),
    )
    resting = _true(and_(ProviderPermit.suspended_from <= on, ProviderPermit.suspended_until > on))
    in_force, suspended = _has(and_(running, ~resting)), _has(and_(running, resting))
    return {
        Standing.IN_FORCE: in_force,
        Standing.SUSPENDED: and_(~in_force, suspended),
        Standing.LAPSED: and_(begun, ~in_force, ~suspended),
        Standing.NONE: ~begun,
    }[standing]


def _true(condition: ColumnElement[bool]) -> ColumnElement[bool]:
    """NULL, from an unknown day, counts as false."""
    return func.coalesce(condition, false())


def _has(condition: ColumnElement[bool]) -> ColumnElement[bool]:
    merged = aliased(Provider)
    theirs = select(merged.institution_id).where(merged.merged_into == Provider.institution_id)
    own = exists().where(ProviderPermit.institution_id == Provider.institution_id, condition)
    return or_(own, exists().where(ProviderPermit.institution_id.in_(theirs.correlate(Provider)), condition))
