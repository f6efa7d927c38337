"""`/v1/stop-orders`: holiday stop orders, their recipients, acknowledgements and checks."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Annotated
from uuid import UUID

from fastapi import Query, Response, status
from pydantic import BaseModel, ConfigDict

from services.registry.ledger.institutions.domain import Kind, Mode
from services.registry.rulebook.calendars.domain import CalendarUnpublished, TermNotFound
from services.registry.supervision.answers.domain import AnsweredInFuture, AnsweredTooEarly, Means, RecordedAnswer
from services.registry.supervision.stop_orders import queries, usecases
from services.registry.supervision.stop_orders.domain import (
    CalendarUnchanged,
    NothingToStop,
    RecipientNotOperating,
    RecipientState,
    RectificationRecordedAlready,
    Result,
    StopDaysOutOfRange,
    StopOrder,
    StopOrderAcknowledgedAlready,
    StopOrderBeyondReach,
    StopOrderCancelledAlready,
    StopOrderCheck,
    StopOrderContent,
    StopOrderNotFound,
    StopOrderRecipient,
    TermElsewhere,
    TermOrDays,
    ViolationNotClosed,
)
from shared.domain.clock import china_date, utc_now
from shared.domain.wording import Day, Reason
from shared.http.paging import Page, PageOf, PageParams
from shared.http.policies import Principal, allow
from shared.http.web import SessionDep, problems, service_router

router = service_router(prefix="/v1/stop-orders", tags=["stop orders"])

ReaderDep = Annotated[Principal, allow("bureau", "district_officer", "inspector", "operator", "auditor", "service")]
IssuerDep = Annotated[Principal, allow("bureau", "district_officer")]


class StopOrderCancellationIn(BaseModel):
    """Why the order is taken back."""

    model_config = ConfigDict(extra="forbid")

    cause: Reason


class ReissueIn(BaseModel):
    """Why the order is reissued, and by when it must be acknowledged."""

    model_config = ConfigDict(extra="forbid")

    cause: Reason
    acknowledge_by: Day


class ConfirmationIn(BaseModel):
    """Why the order stays as it is although the calendar changed."""

    model_config = ConfigDict(extra="forbid")

    cause: Reason


class RectificationIn(BaseModel):
    """The closed violation that was found at the recipient."""

    model_config = ConfigDict(extra="forbid")

    violation_id: UUID
    note: Reason | None = None


class StopOrderOut(BaseModel):
    """A stop order. `version` counts its facts and is its ETag."""

    model_config = ConfigDict(from_attributes=True)

    id: UUID
    version: int
    title: str
    legal_basis: str
    term_id: UUID | None
    kind: Kind | None
    mode: Mode | None
    district: str | None
    first_day: date
    last_day: date
    days: list[date]
    acknowledge_by: date
    issued_at: datetime
    issued_by: str
    cancelled_at: datetime | None
    cause: str | None
    replaces: UUID | None
    confirmed_at: datetime | None
    confirmed_by: str | None
    confirmed_because: str | None


class RecipientCountsOut(BaseModel):
    """Within the caller's reach: recipients, acknowledged, overdue, and results of checks."""

    model_config = ConfigDict(from_attributes=True)

    recipients: int
    acknowledged: int
    overdue: int
    verified: int
    stopped: int
    operating: int
    unclear: int


class StopOrderWithCounts(StopOrderOut):
    """A stop order with the counts of its recipients. `in_force` is as of today.

    `calendar_changed` means that the calendar now gives other days (`days_today`) and the order was not confirmed
    since.
    """

    in_force: bool
    calendar_changed: bool
    days_today: list[date]
    counts: RecipientCountsOut


class StopOrderRecipientOut(BaseModel):
    """One institution's answer to a stop order."""

    model_config = ConfigDict(from_attributes=True)

    id: UUID
    version: int
    stop_order_id: UUID
    institution_id: UUID
    state: RecipientState
    acknowledged_at: datetime | None
    means: Means | None
    acknowledged_on: date | None
    note: str | None
    result: Result | None
    checked_on: date | None
    violation_id: UUID | None
    verified_at: datetime | None


class StopOrderCheckOut(BaseModel):
    """A check of a recipient. With a `violation_id`, it records that the violation was rectified."""

    model_config = ConfigDict(from_attributes=True)

    id: UUID
    visit_id: UUID
    violation_id: UUID | None
    checked_on: date
    at: datetime
    result: Result
    counts: bool
    recorded_by: str | None
    note: str | None


class ListedRecipientOut(BaseModel):
    """An institution on the frozen list."""

    model_config = ConfigDict(from_attributes=True)

    id: UUID
    version: int
    institution_id: UUID
    institution: str
    address: str
    district: str | None
    street: str | None
    state: RecipientState
    acknowledged_at: datetime | None
    means: Means | None
    acknowledged_on: date | None
    result: Result | None
    visit_id: UUID | None
    checked_on: date | None
    violation_id: UUID | None
    verified_at: datetime | None


@router.post(
    "",
    status_code=status.HTTP_201_CREATED,
    response_model=StopOrderOut,
    responses=problems(
        CalendarUnpublished,
        TermNotFound,
        TermOrDays,
        TermElsewhere,
        StopDaysOutOfRange,
        NothingToStop,
        StopOrderBeyondReach,
    ),
)
async def issue_stop_order(
    body: StopOrderContent, caller: IssuerDep, session: SessionDep, response: Response
) -> StopOrder:
    """Issue a stop order. Its days come from the calendar, and the list of its recipients is frozen."""
    order = await usecases.issue_stop_order(session, body, caller=caller, at=utc_now())
    response.headers["Location"] = f"/v1/stop-orders/{order.id}"
    return order


@router.get("", response_model=Page[StopOrderOut])
async def list_stop_orders(
    caller: ReaderDep,
    session: SessionDep,
    page: PageParams,
    in_force_on: Annotated[Day | None, Query(description="Only orders in force on this day.")] = None,
    institution: UUID | None = None,
) -> PageOf[StopOrder]:
    """Orders within the caller's reach, in the order of their issue. Operators see those sent to them."""
    binding = {"in_force_on": in_force_on, "institution": institution}
    (after,) = page.position(**binding) or (None,)
    found = await queries.stop_orders(
        session, caller, in_force_on=in_force_on, institution=institution, after=after, limit=page.limit + 1
    )
    return page.page(found, "id", **binding)


@router.get("/{stop_order_id}", response_model=StopOrderWithCounts, responses=problems(StopOrderNotFound))
async def get_stop_order(stop_order_id: UUID, caller: ReaderDep, session: SessionDep) -> StopOrderWithCounts:
    """One order, with the counts of its recipients within the caller's reach."""
    order, today = await queries.stop_order(session, stop_order_id, caller), china_date(utc_now())
    days_today = await queries.days_today(session, order)
    counts = await queries.recipient_counts(session, order, caller, on=today)
    return StopOrderWithCounts(
        **StopOrderOut.model_validate(order).model_dump(),
        in_force=order.in_force(today),
        calendar_changed=order.differs_from(days_today),
        days_today=days_today,
        counts=RecipientCountsOut.model_validate(counts),
    )


@router.get(
    "/{stop_order_id}/recipients", response_model=Page[ListedRecipientOut], responses=problems(StopOrderNotFound)
)
async def list_stop_order_recipients(
    stop_order_id: UUID,
    caller: ReaderDep,
    session: SessionDep,
    page: PageParams,
    state: RecipientState | None = None,
    result: Result | None = None,
) -> PageOf[object]:
    """The frozen list within the caller's reach, in the order of the ledger."""
    binding = {"stop_order": stop_order_id, "state": state, "result": result}
    (after,) = page.position(**binding) or (None,)
    order = await queries.stop_order(session, stop_order_id, caller)
    found = await queries.recipients(
        session, order, caller, state=state, result=result, after=after, limit=page.limit + 1
    )
    return page.page(found, "institution_id", **binding)


@router.post(
    "/{stop_order_id}/acknowledgements",
    status_code=status.HTTP_201_CREATED,
    response_model=StopOrderRecipientOut,
    responses=problems(StopOrderNotFound, StopOrderAcknowledgedAlready, StopOrderCancelledAlready),
)
async def acknowledge_stop_order(
    stop_order_id: UUID, caller: Annotated[Principal, allow("operator")], session: SessionDep
) -> StopOrderRecipient:
    """Acknowledge the order, as the operator of the institution."""
    return await usecases.acknowledge_stop_order(session, stop_order_id, caller=caller, at=utc_now())


@router.post(
    "/{stop_order_id}/cancellation",
    response_model=StopOrderOut,
    responses=problems(StopOrderNotFound, StopOrderCancelledAlready, StopOrderBeyondReach),
)
async def cancel_stop_order(
    stop_order_id: UUID, body: StopOrderCancellationIn, caller: IssuerDep, session: SessionDep
) -> StopOrder:
    """Cancel a stop order."""
    return await usecases.cancel_stop_order(session, stop_order_id, body.cause, caller=caller, at=utc_now())


@router.post(
    "/{stop_order_id}/reissue",
    status_code=status.HTTP_201_CREATED,
    response_model=StopOrderOut,
    responses=problems(
        StopOrderNotFound,
        StopOrderCancelledAlready,
        StopOrderBeyondReach,
        CalendarUnchanged,
        StopDaysOutOfRange,
        NothingToStop,
    ),
)
async def reissue_stop_order(
    stop_order_id: UUID, body: ReissueIn, caller: IssuerDep, session: SessionDep, response: Response
) -> StopOrder:
    """Reissue an order after the calendar changed: cancel it and issue it with today's days, in one transaction."""
    order = await usecases.reissue_stop_order(
        session, stop_order_id, body.cause, body.acknowledge_by, caller=caller, at=utc_now()
    )
    response.headers["Location"] = f"/v1/stop-orders/{order.id}"
    return order


@router.post(
    "/{stop_order_id}/confirmation",
    response_model=StopOrderOut,
    responses=problems(StopOrderNotFound, StopOrderCancelledAlready, StopOrderBeyondReach, CalendarUnchanged),
)
async def confirm_stop_order(
    stop_order_id: UUID, body: ConfirmationIn, caller: IssuerDep, session: SessionDep
) -> StopOrder:
    """Confirm an order as it is after the calendar changed. The confirmation lasts until the calendar changes again."""
    return await usecases.confirm_stop_order(session, stop_order_id, body.cause, caller=caller, at=utc_now())


@router.get(
    "/{stop_order_id}/recipients/{institution_id}/checks",
    response_model=list[StopOrderCheckOut],
    responses=problems(StopOrderNotFound),
)
async def list_stop_order_checks(
    stop_order_id: UUID, institution_id: UUID, caller: ReaderDep, session: SessionDep
) -> Sequence[StopOrderCheck]:
    """Every check of a recipient, in the order of their days. The last one that counts decides."""
    recipient = await queries.recipient(session, stop_order_id, institution_id, caller)
    return await queries.checks(session, recipient.id)


@router.post(
    "/{stop_order_id}/recipients/{institution_id}/acknowledgement",
    response_model=StopOrderRecipientOut,
    responses=problems(
        StopOrderNotFound,
        StopOrderAcknowledgedAlready,
        StopOrderCancelledAlready,
        AnsweredInFuture,
        AnsweredTooEarly,
    ),
)
async def record_stop_order_acknowledgement(
    stop_order_id: UUID, institution_id: UUID, body: RecordedAnswer, caller: IssuerDep, session: SessionDep
) -> StopOrderRecipient:
    """Record that a recipient within reach acknowledged the order on paper or by telephone."""
    return await usecases.record_acknowledgement(
        session, stop_order_id, institution_id, body, caller=caller, at=utc_now()
    )


@router.post(
    "/{stop_order_id}/recipients/{institution_id}/rectification",
    response_model=StopOrderRecipientOut,
    responses=problems(
        StopOrderNotFound,
        StopOrderCancelledAlready,
        RecipientNotOperating,
        ViolationNotClosed,
        RectificationRecordedAlready,
    ),
)
async def record_stop_order_rectification(
    stop_order_id: UUID, institution_id: UUID, body: RectificationIn, caller: IssuerDep, session: SessionDep
) -> StopOrderRecipient:
    """Record that inspection closed the violation found at a recipient that was operating: it counts as stopped."""
    return await usecases.record_rectification(
        session, stop_order_id, institution_id, body.violation_id, note=body.note, caller=caller, at=utc_now()
    )
