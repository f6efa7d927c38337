"""Fees: waivers, collections and refunds. No event names the child, because hardship is nobody else's business."""

from datetime import date, datetime
from typing import ClassVar
from uuid import UUID

from shared.events import Event


class FeeWaiverEvent(Event):
    """Every fact of a waiver; `share_bp` 10000 is all of the fees."""

    topic: ClassVar[str] = "afterschool.fee-waivers.v1"

    waiver_id: UUID
    school_id: UUID
    district: str
    street: str | None
    share_bp: int
    at: datetime


class FeeWaiverGranted(FeeWaiverEvent):
    """A school waived fees for hardship on the days `[valid_from, valid_to)`."""

    type: ClassVar[str] = "afterschool.fee_waiver.granted.v1"

    valid_from: date
    valid_to: date | None


class FeeWaiverEnded(FeeWaiverEvent):
    """A waiver got its end; `valid_to` is the first day without it."""

    type: ClassVar[str] = "afterschool.fee_waiver.ended.v1"

    valid_to: date


class FeeEntryEvent(Event):
    """Every fact of what a school collected or refunded for one child and term, in fen."""

    topic: ClassVar[str] = "afterschool.fee-entries.v1"

    entry_id: UUID
    school_id: UUID
    district: str
    street: str | None
    term: str
    fen: int
    at: datetime


class FeeCollected(FeeEntryEvent):
    """A school collected fees for a term."""

    type: ClassVar[str] = "afterschool.fee_entry.collected.v1"


class FeeRefunded(FeeEntryEvent):
    """A school refunded fees of a term."""

    type: ClassVar[str] = "afterschool.fee_entry.refunded.v1"
