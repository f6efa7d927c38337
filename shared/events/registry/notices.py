"""Notices and their receipts."""

from datetime import date, datetime
from typing import ClassVar
from uuid import UUID

from shared.events import Event


class NoticePublished(Event):
    """A notice (通报) was published, with its `subjects`, number of recipients and deadline for confirmation.

    `district` and `street` are those to which it was addressed; null: all. Older facts lack them.
    """

    type: ClassVar[str] = "registry.notice.published.v1"
    topic: ClassVar[str] = "registry.notices.v1"

    notice_id: UUID
    number: str
    title: str
    body: str
    legal_basis: str | None
    subjects: list[UUID]
    recipients: int
    confirm_by: date
    at: datetime
    district: str | None = None
    street: str | None = None


class NoticeConfirmed(Event):
    """A recipient confirmed that it received a notice. `means` is paper or telephone if an official recorded it.

    Older facts lack the recipient's `district` and `street`.
    """

    type: ClassVar[str] = "registry.notice.confirmed.v1"
    topic: ClassVar[str] = "registry.notices.v1"

    receipt_id: UUID
    notice_id: UUID
    institution_id: UUID
    at: datetime
    means: str | None = None
    confirmed_on: date | None = None
    district: str | None = None
    street: str | None = None
