"""Permits by id, by institution, and by what they are on a day."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final
from uuid import UUID

from sqlalchemy import ColumnElement, and_, false, func, or_, select, text
from sqlalchemy.ext.asyncio import AsyncSession

from services.registry.ledger.institutions.domain import Institution
from services.registry.licensing.permits.domain import Permit, PermitNotFound
from shared.events.registry.permits import PermitStatus
from shared.http.policies import Principal
from shared.http.reach import ReachColumns, reachable, within_reach

_REACH: Final[ReachColumns] = {
    "district": Permit.district,
    "street": Permit.street,
    "institution": Permit.institution_id,
}


async def permit(session: AsyncSession, permit_id: UUID, caller: Principal) -> Permit:
    return reachable(await session.get(Permit, permit_id), caller, PermitNotFound, **_REACH)


async def permit_for_update(session: AsyncSession, permit_id: UUID, caller: Principal) -> Permit:
    found = await session.get(Permit, permit_id, with_for_update=True, populate_existing=True)
    return reachable(found, caller, PermitNotFound, **_REACH)


def ended(on: date) -> ColumnElement[bool]:
    return func.coalesce(Permit.ended_on <= on, false())


def has_status(status: PermitStatus, on: date) -> ColumnElement[bool]:
    """SQL for `Permit.status_on(on) == status`."""
    if status in (PermitStatus.REVOKED, PermitStatus.CANCELLED):
        return and_(ended(on), Permit.ending == status)
    pending = func.coalesce(Permit.valid_from > on, false())
    expired = func.coalesce(Permit.valid_to < on, false())
    suspended = func.coalesce(and_(Permit.suspended_from <= on, Permit.suspended_until > on), false())
    running = ~ended(on)
    if status is PermitStatus.PENDING:
        return and_(running, pending)
    if status is PermitStatus.EXPIRED:
        return and_(running, ~pending, expired)
    if status is PermitStatus.SUSPENDED:
        return and_(running, ~pending, ~expired, suspended)
    return and_(running, ~pending, ~expired, ~suspended)


IN_FORCE = """
    coalesce(p.valid_from <= {on}, true) AND coalesce(p.valid_to >= {on}, true) AND coalesce(p.ended_on > {on}, true)
    AND NOT coalesce(p.suspended_from <= {on} AND p.suspended_until > {on}, false)
"""
"""`has_status(PermitStatus.IN_FORCE, on)` for hand-written statements: the permit is `p`, `{on}` a placeholder."""


@dataclass(frozen=True, slots=True)
class Filters:
    """What a list of permits is narrowed to."""

    institution: UUID | None = None
    district: str | None = None
    kind: str | None = None
    status: PermitStatus | None = None
    expiring_before: date | None = None


async def permits(
    session: AsyncSession, caller: Principal, filters: Filters, *, on: date, after: UUID | None, limit: int
) -> Sequence[Permit]:
    """A page of permits in the order of their recording."""
    wanted = select(Permit).where(within_reach(caller, **_REACH)).order_by(Permit.id).limit(limit)
    for column, value in (
        (Permit.institution_id, filters.institution), (Permit.district, filters.district), (Permit.kind, filters.kind)
    ):  # fmt: skip
        if value is not None:
            wanted = wanted.where(column == value)
    if filters.status is not None:
        wanted = wanted.where(has_status(filters.status, on))
    if filters.expiring_before is not None:
        wanted = wanted.where(Permit.valid_to >= on, Permit.valid_to < filters.expiring_before, ~ended(on))
    if after is not None:
        wanted = wanted.where(Permit.id > after)
    return (await session.scalars(wanted)).all()


async def permits_of(session: AsyncSession, institution_ids: Sequence[UUID]) -> Sequence[Permit]:
    wanted = select(Permit).where(Permit.institution_id.in_(institution_ids)).order_by(Permit.id)
    return (await session.scalars(wanted)).all()


async def permits_by_institution(
    session: AsyncSession, institution_ids: Sequence[UUID]
) -> Mapping[UUID, Sequence[Permit]]:
    found: defaultdict[UUID, list[Permit]] = defaultdict(list)
    for one in await permits_of(session, institution_ids):
        found[one.institution_id].append(one)
    return found


async def living_permits_for_update(session: AsyncSession, institution_id: UUID, on: date) -> Sequence[Permit]:
    """The permits of an institution that have not ended, locked in the order of their ids."""
    wanted = (
        select(Permit)
        .where(Permit.institution_id == institution_id, ~ended(on))
        .order_by(Permit.id)
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    return (await session.scalars(wanted)).all()


async def permits_in_file(session: AsyncSession, institution_id: UUID) -> Sequence[Permit]:
    """Every permit of an institution and of the entries merged into it, oldest first."""
    file = select(Institution.id).where(
        or_(Institution.id == institution_id, Institution.merged_into == institution_id)
    )
    return (await session.scalars(select(Permit).where(Permit.institution_id.in_(file)).order_by(Permit.id))).all()


async def by_number_for_update(session: AsyncSession, numbers: Sequence[str]) -> dict[str, Permit]:
    """Permits with these numbers, locked in the order of their ids."""
    found = await session.scalars(
        select(Permit).where(Permit.number.in_(numbers)).order_by(Permit.id).with_for_update()
    )
    return {one.number: one for one in found}


_NEXT = text(
    """
    INSERT INTO permit_number (district, last) VALUES (:district, 1)
    ON CONFLICT (district) DO UPDATE SET last = permit_number.last + 1
    RETURNING last
    """
)


async def next_number(session: AsyncSession, district: str | None) -> str:
    """The next free number of the district: 教民, level, district, 7 for training, seven digits, 号."""
    place = district or "000000"
    while True:
        number = f"教民1{place}7{await session.scalar(_NEXT, {'district': place}):07d}号"
        if await session.scalar(select(Permit.id).where(Permit.number == number)) is None:
            return number
