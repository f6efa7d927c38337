"""Stop orders, their recipients and whether they are kept."""

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
    """An order to stop on `days`, compiled from the calendar, with so many recipients. `replaces` is the order that it
    was issued in place of, after the calendar changed."""

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
    """A line of an order's frozen list, with the place as it was when the order was issued."""

    model_config = ConfigDict(frozen=True)

    recipient_id: UUID
    institution_id: UUID
    district: str | None
    street: str | None


class StopOrderRecipientsListed(StopOrderEvent):
    """A part (at most 1,000) of an order's frozen list; the places to look at while it is in force.

    `institutions` are those of `recipients`, in their order. One that was looked at on another day is listed again.
    """

    type: ClassVar[str] = "registry.stop_order.recipients_listed.v1"

    first_day: date
    last_day: date
    institutions: list[UUID]
    recipients: list[ListedRecipient] = Field(default_factory=list)


class StopOrderCancelled(StopOrderEvent):
    """An order was taken back; `cause` says why."""

    type: ClassVar[str] = "registry.stop_order.cancelled.v1"

    cause: str


class StopOrderRecipientsReleased(StopOrderEvent):
    """A part (at most 1,000) of those who were on the list of an order that was taken back; `recipients` are ids of its
    lines."""

    type: ClassVar[str] = "registry.stop_order.recipients_released.v1"

    recipients: list[UUID]


class StopOrderConfirmed(StopOrderEvent):
    """The calendar changed and the order stands as it is; `cause` says why, `days_today` is what it would be today."""

    type: ClassVar[str] = "registry.stop_order.confirmed.v1"

    cause: str
    days_today: list[date]


class StopOrderAcknowledged(StopOrderEvent):
    """One recipient acknowledged the order. `means`, where an official recorded it: paper or telephone."""

    type: ClassVar[str] = "registry.stop_order.acknowledged.v1"
    about: ClassVar[str | None] = "recipient_id"

    recipient_id: UUID
    institution_id: UUID
    district: str | None
    street: str | None
    means: str | None = None
    acknowledged_on: date | None = None


class StopOrderVerified(StopOrderEvent):
    """What the last check of one recipient that counts says: `result` is stopped, operating or unclear.

    A visit counts on a day of the order, `checked_on`. Where `violation_id` is given, the recipient was found operating
    at the visit and inspection has since closed that violation: the recipient counts as stopped.
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
