"""Compile an order from the calendar, take it back, acknowledge it, and take what inspection saw."""

from collections.abc import Sequence
from datetime import date, datetime
from uuid import UUID

from sqlalchemy import func, insert, literal
from sqlalchemy.ext.asyncio import AsyncSession

from services.registry.ledger.institutions.queries import at_work, places
from services.registry.rulebook.calendars import queries as calendars
from services.registry.supervision.answers.domain import RecordedAnswer
from services.registry.supervision.stop_orders import queries
from services.registry.supervision.stop_orders.domain import (
    RecipientState,
    RectificationRecordedAlready,
    Result,
    StopOrder,
    StopOrderBeyondReach,
    StopOrderCheck,
    StopOrderContent,
    StopOrderNotFound,
    StopOrderRecipient,
    ViolationNotClosed,
    check_days,
    days_meant,
)
from shared.domain.clock import china_date
from shared.events.registry.stop_orders import ListedRecipient
from shared.facts import journal
from shared.http.policies import Principal


async def issue_stop_order(
    session: AsyncSession, content: StopOrderContent, *, caller: Principal, at: datetime
) -> StopOrder:
    if not _issues(caller, content.district):
        raise StopOrderBeyondReach(pointer="/district")
    return await _issue(session, content, caller=caller, at=at)


async def reissue_stop_order(
    session: AsyncSession, stop_order_id: UUID, cause: str, acknowledge_by: date, *, caller: Principal, at: datetime
) -> StopOrder:
    order = await queries.stop_order_for_update(session, stop_order_id, caller)
    if not _issues(caller, order.district):
        raise StopOrderBeyondReach
    order.check_differs_from(await queries.days_today(session, order))
    anew = await _issue(session, order.content(acknowledge_by), replaces=order.id, caller=caller, at=at)
    await _cancel(session, order, cause, caller=caller, at=at)
    return anew


async def confirm_stop_order(
    session: AsyncSession, stop_order_id: UUID, cause: str, *, caller: Principal, at: datetime
) -> StopOrder:
    order = await queries.stop_order_for_update(session, stop_order_id, caller)
    if not _issues(caller, order.district):
        raise StopOrderBeyondReach
    confirmed = order.confirm(await queries.days_today(session, order), cause, by=caller.subject, at=at)
    await journal.record(session, confirmed, subject=order, reason=cause)
    return order


async def _issue(
    session: AsyncSession, content: StopOrderContent, *, caller: Principal, at: datetime, replaces: UUID | None = None
) -> StopOrder:
    term = await calendars.term(session, content.term_id) if content.term_id is not None else None
    first, last = days_meant(content, term)
    check_days(first, last)
    calendar = await calendars.calendar(session, first, last)
    order = StopOrder.issue(content, calendar, first, last, by=caller.subject, at=at, replaces=replaces)
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
    """Cancel an order: the bureau any, a district officer those of the district."""
    order = await queries.stop_order_for_update(session, stop_order_id, caller)
    if not _issues(caller, order.district):
        raise StopOrderBeyondReach
    await _cancel(session, order, cause, caller=caller, at=at)
    return order


async def _cancel(session: AsyncSession, order: StopOrder, cause: str, *, caller: Principal, at: datetime) -> None:
    await journal.record(session, order.cancel(cause, by=caller.subject, at=at), subject=order, reason=cause)
    for part in order.released(await queries.recipient_ids(session, order.id), at=at):
        await journal.record(session, part, subject=order)


async def acknowledge_stop_order(
    session: AsyncSession, stop_order_id: UUID, *, caller: Principal, at: datetime
) -> StopOrderRecipient:
    recipient = await queries.own_recipient_for_update(session, stop_order_id, caller)
    order = await queries.stop_order(session, stop_order_id, caller)
    order.check_not_cancelled()
    await journal.record(session, recipient.acknowledge(by=caller.subject, at=at), subject=recipient)
    return recipient


async def record_acknowledgement(
    session: AsyncSession,
    stop_order_id: UUID,
    institution_id: UUID,
    answer: RecordedAnswer,
    *,
    caller: Principal,
    at: datetime,
) -> StopOrderRecipient:
    recipient = await queries.recipient(session, stop_order_id, institution_id, caller, lock=True)
    order = await queries.stop_order(session, stop_order_id, caller)
    order.check_not_cancelled()
    # Orders from before this platform were acknowledged before they were entered.
    answer.check(min(china_date(order.issued_at), order.acknowledge_by, order.first_day), at)
    acknowledged = recipient.acknowledge(by=caller.subject, at=at, answer=answer)
    await journal.record(session, acknowledged, subject=recipient, reason=answer.note)
    return recipient


async def record_rectification(
    session: AsyncSession,
    stop_order_id: UUID,
    institution_id: UUID,
    violation_id: UUID,
    *,
    note: str | None,
    caller: Principal,
    at: datetime,
) -> StopOrderRecipient:
    recipient = await queries.recipient(session, stop_order_id, institution_id, caller, lock=True)
    (await queries.stop_order(session, stop_order_id, caller)).check_not_cancelled()
    check = StopOrderCheck.of_rectification(recipient, violation_id, note=note, by=caller.subject, at=at)
    if not await queries.is_closed_under(session, violation_id, recipient):
        raise ViolationNotClosed(pointer="/violation_id")
    if any(known.violation_id == violation_id for known in await queries.checks(session, recipient.id)):
        raise RectificationRecordedAlready(pointer="/violation_id")
    session.add(check)
    await _verify(session, recipient, reason=note)
    return recipient


async def conclude_visit(
    session: AsyncSession,
    *,
    stop_order_id: UUID,
    institution_id: UUID,
    visit_id: UUID,
    visited_on: date,
    result: Result,
    at: datetime,
) -> None:
    """Record what a visit saw at one recipient. A repeated event changes nothing.

    A visit on a day that the order does not cover does not count; another visit is requested while such days remain.
    """
    # The order first: visits of one order may come side by side, and each may ask for another look.
    order = await session.get(StopOrder, stop_order_id, with_for_update=True, populate_existing=True)
    recipient = await queries.recipient_for_update(session, stop_order_id, institution_id)
    if order is None or recipient is None:
        raise StopOrderNotFound
    known = {check.visit_id: check for check in await queries.checks(session, recipient.id) if not check.violation_id}
    if visit_id in known:
        known[visit_id].say(result, at=at)
    else:
        check = StopOrderCheck.of_visit(recipient, order, visit_id=visit_id, on=visited_on, result=result, at=at)
        session.add(check)
        if not check.counts and order.cancelled_at is None and any(day > visited_on for day in order.days):
            again = ListedRecipient(
                recipient_id=recipient.id,
                institution_id=recipient.institution_id,
                district=recipient.district,
                street=recipient.street,
            )
            for part in order.listed([again]):
                await journal.record(session, part, subject=order)
    await _verify(session, recipient)


async def _verify(session: AsyncSession, recipient: StopOrderRecipient, *, reason: str | None = None) -> None:
    await session.flush()
    verified = recipient.verify(await queries.checks(session, recipient.id))
    if verified is not None:
        await journal.record(session, verified, subject=recipient, reason=reason)


def _issues(caller: Principal, district: str | None) -> bool:
    """Who may issue: the bureau for all, a district officer for the district, an officer of a street for none."""
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
