"""`/v1/stop-orders`: who must stop and when, who answered, and what inspection saw."""

from datetime import date, datetime
from typing import Annotated
from uuid import UUID

from fastapi import Query, Response, status
from pydantic import BaseModel, ConfigDict

from services.registry.calendars.domain import CalendarUnpublished, TermNotFound
from services.registry.institutions.domain import Kind, Mode
from services.registry.stop_orders import queries, usecases
from services.registry.stop_orders.domain import (
    NothingToStop,
    RecipientState,
    Result,
    StopDaysOutOfRange,
    StopOrder,
    StopOrderAcknowledgedAlready,
    StopOrderBeyondReach,
    StopOrderCancelledAlready,
    StopOrderContent,
    StopOrderNotFound,
    StopOrderRecipient,
    TermElsewhere,
    TermOrDays,
)
from shared.clock import china_date, utc_now
from shared.paging import Page, PageOf, PageParams
from shared.policies import Principal, allow
from shared.web import SessionDep, problems, service_router
from shared.wording import Day, Reason

router = service_router(prefix="/v1/stop-orders", tags=["stop orders"])

ReaderDep = Annotated[Principal, allow("bureau", "district_officer", "inspector", "operator", "auditor", "service")]
IssuerDep = Annotated[Principal, allow("bureau", "district_officer")]


class CancellationIn(BaseModel):
    """Why the order is taken back."""

    model_config = ConfigDict(extra="forbid")

    cause: Reason


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


class RecipientCountsOut(BaseModel):
    """Within the caller's reach: who must stop, who answered, who is late to, and what inspection saw."""

    model_config = ConfigDict(from_attributes=True)

    recipients: int
    acknowledged: int
    overdue: int
    verified: int
    stopped: int
    operating: int
    unclear: int


class StopOrderWithCounts(StopOrderOut):
    """A stop order and what became of it; `in_force` is said of today."""

    in_force: bool
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
    result: Result | None
    verified_at: datetime | None


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
    result: Result | None
    visit_id: UUID | None
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
    """Compile an order from the calendar: its days, and the frozen list of those who must stop."""
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
    """Orders within the caller's reach, in the order they were issued. An operator sees those addressed to him."""
    binding = {"in_force_on": in_force_on, "institution": institution}
    (after,) = page.position(**binding) or (None,)
    found = await queries.stop_orders(
        session, caller, in_force_on=in_force_on, institution=institution, after=after, limit=page.limit + 1
    )
    return page.page(found, "id", **binding)


@router.get("/{stop_order_id}", response_model=StopOrderWithCounts, responses=problems(StopOrderNotFound))
async def get_stop_order(stop_order_id: UUID, caller: ReaderDep, session: SessionDep) -> StopOrderWithCounts:
    """One order, with what is known of its recipients within the caller's reach."""
    order, today = await queries.stop_order(session, stop_order_id, caller), china_date(utc_now())
    counts = await queries.recipient_counts(session, order, caller, on=today)
    return StopOrderWithCounts(
        **StopOrderOut.model_validate(order).model_dump(),
        in_force=order.in_force(today),
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
    """The operator acknowledges the order for his institution."""
    return await usecases.acknowledge_stop_order(session, stop_order_id, caller=caller, at=utc_now())


@router.post(
    "/{stop_order_id}/cancellation",
    response_model=StopOrderOut,
    responses=problems(StopOrderNotFound, StopOrderCancelledAlready, StopOrderBeyondReach),
)
async def cancel_stop_order(
    stop_order_id: UUID, body: CancellationIn, caller: IssuerDep, session: SessionDep
) -> StopOrder:
    """Take an order back."""
    return await usecases.cancel_stop_order(session, stop_order_id, body.cause, caller=caller, at=utc_now())
