"""Compile an order from the calendar, take it back, acknowledge it, and take what inspection saw."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import func, insert, literal
from sqlalchemy.ext.asyncio import AsyncSession

from services.registry.addressees import at_work, places
from services.registry.calendars import queries as calendars
from services.registry.stop_orders import queries
from services.registry.stop_orders.domain import (
    RecipientState,
    Result,
    StopOrder,
    StopOrderBeyondReach,
    StopOrderContent,
    StopOrderNotFound,
    StopOrderRecipient,
    check_days,
    days_meant,
)
from shared import journal
from shared.events.registry import ListedRecipient
from shared.policies import Principal


async def issue_stop_order(
    session: AsyncSession, content: StopOrderContent, *, caller: Principal, at: datetime
) -> StopOrder:
    """Order everybody at work of that kind and mode to stop on the forbidden days, and freeze the list."""
    if not _issues(caller, content.district):
        raise StopOrderBeyondReach(pointer="/district")
    term = await calendars.term(session, content.term_id) if content.term_id is not None else None
    first, last = days_meant(content, term)
    check_days(first, last)
    calendar = await calendars.calendar(session, first, last)
    order = StopOrder.issue(content, calendar, first, last, by=caller.subject, at=at)
    session.add(order)
    await session.flush()
    listed = await _list_recipients(session, order)
    await journal.record(session, order.issued(recipients=len(listed)), subject=order)
    for part in order.listed(listed):
        await journal.record(session, part, subject=order)
    return order


async def cancel_stop_order(
    session: AsyncSession, stop_order_id: UUID, cause: str, *, caller: Principal, at: datetime
) -> StopOrder:
    """Take an order back: the bureau any, a district its own."""
    order = await queries.stop_order_for_update(session, stop_order_id, caller)
    if not _issues(caller, order.district):
        raise StopOrderBeyondReach
    await journal.record(session, order.cancel(cause, by=caller.subject, at=at), subject=order, reason=cause)
    return order


async def acknowledge_stop_order(
    session: AsyncSession, stop_order_id: UUID, *, caller: Principal, at: datetime
) -> StopOrderRecipient:
    """The operator says that he knows the order."""
    recipient = await queries.own_recipient_for_update(session, stop_order_id, caller)
    order = await queries.stop_order(session, stop_order_id, caller)
    order.check_not_cancelled()
    await journal.record(session, recipient.acknowledge(by=caller.subject, at=at), subject=recipient)
    return recipient


async def conclude_visit(
    session: AsyncSession, *, stop_order_id: UUID, institution_id: UUID, visit_id: UUID, result: Result, at: datetime
) -> None:
    """Take what a visit saw at one recipient; told again, or after a later visit, it changes nothing."""
    recipient = await queries.recipient_for_update(session, stop_order_id, institution_id)
    if recipient is None:
        raise StopOrderNotFound
    verified = recipient.verify(result, visit_id=visit_id, at=at)
    if verified is not None:
        await journal.record(session, verified, subject=recipient)


def _issues(caller: Principal, district: str | None) -> bool:
    """The bureau for all, a district officer for his district; one of a street for none."""
    return caller.covers(district=district) and (caller.covers() or caller.street is None)


async def _list_recipients(session: AsyncSession, order: StopOrder) -> Sequence[ListedRecipient]:
    wanted = at_work(district=order.district, kind=order.kind, mode=order.mode)
    columns = ["id", "version", "stop_order_id", "state", "institution_id", "district", "street"]
    rows = places(wanted, func.gen_random_uuid(), literal(0), literal(order.id), literal(RecipientState.ISSUED.value))
    kept = insert(StopOrderRecipient).from_select(columns, rows)
    listed = await session.execute(
        kept.returning(
            StopOrderRecipient.id,
            StopOrderRecipient.institution_id,
            StopOrderRecipient.district,
            StopOrderRecipient.street,
        )
    )
    return [
        ListedRecipient(
            recipient_id=row.id, institution_id=row.institution_id, district=row.district, street=row.street
        )
        for row in sorted(listed, key=lambda row: row.institution_id)
    ]
