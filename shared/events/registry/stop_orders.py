"""Holiday stop orders, their recipients, and the checks of whether they are kept."""

from datetime import date, datetime
from typing import ClassVar
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from shared.events import Event


class StopOrderEvent(Event):
    """Every fact of a holiday stop order."""

    topic: ClassVar[str] = "registry.stop-orders.v1"

    stop_order_id: UUID
    at: datetime


class StopOrderIssued(StopOrderEvent):
    """An order to stop on `days`, which come from the calendar, was issued; `recipients` is their number. `replaces`
    is the order that it replaces after a change of the calendar."""

    type: ClassVar[str] = "registry.stop_order.issued.v1"

    title: str
    legal_basis: str
    kind: str | None
    mode: str | None
    district: str | None
    first_day: date
    last_day: date
    days: list[date]
    acknowledge_by: date
    recipients: int
    replaces: UUID | None = None


class ListedRecipient(BaseModel):
    """A recipient on an order's frozen list, with its place at the issue of the order."""

    model_config = ConfigDict(frozen=True)

    recipient_id: UUID
    institution_id: UUID
    district: str | None
    street: str | None


class StopOrderRecipientsListed(StopOrderEvent):
    """A part (at most 1,000) of an order's frozen list: the institutions to check while the order is in force.

    `institutions` are those of `recipients`, in the same order. An institution whose check was not on a day of the
    order is listed again.
    """

    type: ClassVar[str] = "registry.stop_order.recipients_listed.v1"

    first_day: date
    last_day: date
    institutions: list[UUID]
    recipients: list[ListedRecipient] = Field(default_factory=list)


class StopOrderCancelled(StopOrderEvent):
    """An order was cancelled; `cause` says why."""

    type: ClassVar[str] = "registry.stop_order.cancelled.v1"

    cause: str


class StopOrderRecipientsReleased(StopOrderEvent):
    """A part (at most 1,000) of the recipients of a cancelled order; `recipients` are the ids of its list."""

    type: ClassVar[str] = "registry.stop_order.recipients_released.v1"

    recipients: list[UUID]


class StopOrderConfirmed(StopOrderEvent):
    """The calendar changed, and the order was confirmed as it is; `cause` says why, and `days_today` are the days by
    the present calendar."""

    type: ClassVar[str] = "registry.stop_order.confirmed.v1"

    cause: str
    days_today: list[date]


class StopOrderAcknowledged(StopOrderEvent):
    """A recipient acknowledged the order. `means` is paper or telephone if an official recorded it."""

    type: ClassVar[str] = "registry.stop_order.acknowledged.v1"
    about: ClassVar[str | None] = "recipient_id"

    recipient_id: UUID
    institution_id: UUID
    district: str | None
    street: str | None
    means: str | None = None
    acknowledged_on: date | None = None


class StopOrderVerified(StopOrderEvent):
    """The result of a recipient's latest check that counts: stopped, operating or unclear.

    A visit counts if its day, `checked_on`, is a day of the order. With a `violation_id`, the visit found the recipient
    operating and inspection has since closed that violation, so the recipient counts as stopped.
    """

    type: ClassVar[str] = "registry.stop_order.verified.v1"
    about: ClassVar[str | None] = "recipient_id"

    recipient_id: UUID
    institution_id: UUID
    district: str | None
    street: str | None
    visit_id: UUID
    result: str
    checked_on: date | None = None
    violation_id: UUID | None = None
