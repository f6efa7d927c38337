"""Stop orders within reach, their recipients, and what is known of them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, exists, func, null, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from services.registry.ledger.institutions.domain import Institution
from services.registry.ledger.observations.domain import OpenViolation
from services.registry.rulebook.calendars import queries as calendars
from services.registry.supervision.stop_orders.domain import (
    RecipientState,
    Result,
    StopOrder,
    StopOrderCheck,
    StopOrderNotFound,
    StopOrderRecipient,
    compiled,
)
from shared.http.policies import Principal
from shared.http.reach import own_institution, within_reach


@dataclass(frozen=True, slots=True)
class RecipientCounts:
    """Within the caller's reach: who must stop, who answered, who is late to answer, what inspection saw."""

    recipients: int
    acknowledged: int
    overdue: int
    verified: int
    stopped: int
    operating: int
    unclear: int


async def stop_order(session: AsyncSession, stop_order_id: UUID, caller: Principal) -> StopOrder:
    return _found(await session.scalar(select(StopOrder).where(StopOrder.id == stop_order_id, _visible(caller))))


async def stop_order_for_update(session: AsyncSession, stop_order_id: UUID, caller: Principal) -> StopOrder:
    wanted = select(StopOrder).where(StopOrder.id == stop_order_id, _visible(caller)).with_for_update(of=StopOrder)
    return _found(await session.scalar(wanted))


def _found(order: StopOrder | None) -> StopOrder:
    if order is None:
        raise StopOrderNotFound
    return order


async def stop_orders(
    session: AsyncSession,
    caller: Principal,
    *,
    in_force_on: date | None = None,
    institution: UUID | None = None,
    after: str | None,
    limit: int,
) -> Sequence[StopOrder]:
    wanted = select(StopOrder).where(_visible(caller)).order_by(StopOrder.id).limit(limit)
    if in_force_on is not None:
        wanted = wanted.where(_in_force(in_force_on))
    if institution is not None:
        addressed = exists().where(
            StopOrderRecipient.stop_order_id == StopOrder.id,
            StopOrderRecipient.institution_id == institution,
            _recipients_of(caller),
        )
        wanted = wanted.where(addressed)
    if after is not None:
        wanted = wanted.where(StopOrder.id > UUID(after))
    return (await session.scalars(wanted)).all()


async def recipient_counts(session: AsyncSession, order: StopOrder, caller: Principal, *, on: date) -> RecipientCounts:
    rows = await session.execute(
        select(
            func.count(),
            func.count().filter(StopOrderRecipient.state == RecipientState.ACKNOWLEDGED),
            func.count(StopOrderRecipient.result),
            func.count().filter(StopOrderRecipient.result == Result.STOPPED),
            func.count().filter(StopOrderRecipient.result == Result.OPERATING),
            func.count().filter(StopOrderRecipient.result == Result.UNCLEAR),
        )
        .select_from(StopOrderRecipient)
        .where(StopOrderRecipient.stop_order_id == order.id, _recipients_of(caller))
    )
    recipients, acknowledged, verified, stopped, operating, unclear = rows.one()
    overdue = recipients - acknowledged if order.acknowledge_by < on else 0
    return RecipientCounts(recipients, acknowledged, overdue, verified, stopped, operating, unclear)


async def recipients(
    session: AsyncSession,
    order: StopOrder,
    caller: Principal,
    *,
    state: str | None = None,
    result: str | None = None,
    after: str | None,
    limit: int,
) -> Sequence[Any]:
    wanted = (
        select(
            StopOrderRecipient.id,
            StopOrderRecipient.version,
            StopOrderRecipient.institution_id,
            Institution.name.label("institution"),
            Institution.address,
            StopOrderRecipient.district,
            StopOrderRecipient.street,
            StopOrderRecipient.state,
            StopOrderRecipient.acknowledged_at,
            StopOrderRecipient.result,
            StopOrderRecipient.means,
            StopOrderRecipient.acknowledged_on,
            StopOrderRecipient.visit_id,
            StopOrderRecipient.checked_on,
            StopOrderRecipient.violation_id,
            StopOrderRecipient.verified_at,
        )
        .join(Institution, Institution.id == StopOrderRecipient.institution_id)
        .where(StopOrderRecipient.stop_order_id == order.id, _recipients_of(caller))
        .order_by(StopOrderRecipient.institution_id)
        .limit(limit)
    )
    if state is not None:
        wanted = wanted.where(StopOrderRecipient.state == state)
    if result is not None:
        wanted = wanted.where(StopOrderRecipient.result == result)
    if after is not None:
        wanted = wanted.where(StopOrderRecipient.institution_id > UUID(after))
    return (await session.execute(wanted)).all()


async def own_recipient_for_update(session: AsyncSession, stop_order_id: UUID, caller: Principal) -> StopOrderRecipient:
    """The operator's institution on the list, locked; raises `StopOrderNotFound` if it is not on it."""
    own = own_institution(caller)
    found = await recipient_for_update(session, stop_order_id, own) if own is not None else None
    if found is None:
        raise StopOrderNotFound
    return found


async def recipient_for_update(
    session: AsyncSession, stop_order_id: UUID, institution_id: UUID
) -> StopOrderRecipient | None:
    return await session.scalar(
        select(StopOrderRecipient)
        .where(StopOrderRecipient.stop_order_id == stop_order_id, StopOrderRecipient.institution_id == institution_id)
        .with_for_update()
    )


async def recipient(
    session: AsyncSession, stop_order_id: UUID, institution_id: UUID, caller: Principal, *, lock: bool = False
) -> StopOrderRecipient:
    wanted = select(StopOrderRecipient).where(
        StopOrderRecipient.stop_order_id == stop_order_id,
        StopOrderRecipient.institution_id == institution_id,
        _recipients_of(caller),
    )
    found = await session.scalar(wanted.with_for_update() if lock else wanted)
    if found is None:
        raise StopOrderNotFound
    return found


async def checks(session: AsyncSession, recipient_id: UUID) -> Sequence[StopOrderCheck]:
    wanted = select(StopOrderCheck).where(StopOrderCheck.recipient_id == recipient_id)
    return (
        await session.scalars(wanted.order_by(StopOrderCheck.checked_on, StopOrderCheck.at, StopOrderCheck.id))
    ).all()


async def is_closed_under(session: AsyncSession, violation_id: UUID, recipient: StopOrderRecipient) -> bool:
    """Whether inspection closed this violation. It must come from the visit that counts, or a later day of the
    order."""
    order = await session.get_one(StopOrder, recipient.stop_order_id)
    found = await session.get(OpenViolation, violation_id)
    return (
        found is not None
        and found.institution_id == recipient.institution_id
        and found.state == "closed"
        and (
            found.visit_id == recipient.visit_id
            or found.found_on is None  # copied by an earlier version, which did not keep the day
            or (recipient.checked_on or order.first_day) <= found.found_on <= order.last_day
        )
    )


async def recipient_ids(session: AsyncSession, stop_order_id: UUID) -> Sequence[UUID]:
    wanted = select(StopOrderRecipient.id).where(StopOrderRecipient.stop_order_id == stop_order_id)
    return (await session.scalars(wanted.order_by(StopOrderRecipient.institution_id))).all()


async def days_today(session: AsyncSession, order: StopOrder) -> list[date]:
    first, last = order.first_day, order.last_day
    if order.term_id is not None:
        term = await calendars.term(session, order.term_id)
        first, last = term.starts_on, term.ends_on
    return compiled(await calendars.calendar(session, first, last), first, last, order.district)


async def orders_in_force_for(
    session: AsyncSession, institution_id: UUID, on: date
) -> Sequence[tuple[StopOrder, StopOrderRecipient]]:
    rows = await session.execute(
        select(StopOrder, StopOrderRecipient)
        .join(StopOrderRecipient, StopOrderRecipient.stop_order_id == StopOrder.id)
        .where(StopOrderRecipient.institution_id == institution_id, _in_force(on))
        .order_by(StopOrder.id)
    )
    return [(order, recipient) for order, recipient in rows]


def _in_force(on: date) -> ColumnElement[bool]:
    """SQL for `StopOrder.in_force`."""
    return StopOrder.cancelled_at.is_(None) & (StopOrder.first_day <= on) & (StopOrder.last_day >= on)


def _recipients_of(caller: Principal) -> ColumnElement[bool]:
    return within_reach(
        caller,
        district=StopOrderRecipient.district,
        street=StopOrderRecipient.street,
        institution=StopOrderRecipient.institution_id,
    )


def _visible(caller: Principal) -> ColumnElement[bool]:
    """Orders of the caller's own district, and those with a recipient within reach."""
    return or_(
        within_reach(caller, district=StopOrder.district, street=null()),
        exists().where(StopOrderRecipient.stop_order_id == StopOrder.id, _recipients_of(caller)),
    )
