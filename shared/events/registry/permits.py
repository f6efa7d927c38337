"""Permits, from grant to end; and what their days mean, so that every service reads them alike."""

from datetime import date, datetime
from enum import StrEnum
from typing import ClassVar, Protocol
from uuid import UUID

from shared.events import Event


class PermitStatus(StrEnum):
    """The status of a permit on a day. It follows from the permit's days and the decisions on it alone."""

    PENDING = "pending"
    IN_FORCE = "in_force"
    SUSPENDED = "suspended"
    EXPIRED = "expired"
    REVOKED = "revoked"
    CANCELLED = "cancelled"


class PermitDays(Protocol):
    """The days that say what a permit is."""

    @property
    def valid_from(self) -> date | None: ...
    @property
    def valid_to(self) -> date | None: ...
    @property
    def suspended_from(self) -> date | None: ...
    @property
    def suspended_until(self) -> date | None: ...
    @property
    def ended_on(self) -> date | None: ...
    @property
    def ending(self) -> str | None: ...


def status_on(permit: PermitDays, day: date) -> PermitStatus:
    """The status of a permit on a day in China; the only place that decides this in Python."""
    if permit.ended_on is not None and day >= permit.ended_on:
        return PermitStatus.REVOKED if permit.ending == "revoked" else PermitStatus.CANCELLED
    if permit.valid_from is not None and day < permit.valid_from:
        return PermitStatus.PENDING
    if permit.valid_to is not None and day > permit.valid_to:
        return PermitStatus.EXPIRED
    if permit.suspended_from is not None and permit.suspended_until is not None:
        resting = permit.suspended_from <= day < permit.suspended_until
        return PermitStatus.SUSPENDED if resting else PermitStatus.IN_FORCE
    return PermitStatus.IN_FORCE


class PermitEvent(Event):
    """Every fact of a permit carries its whole state.

    It is in force on a day that is not before `valid_from` (null: not known), not after `valid_to` (null: open-ended),
    before `ended_on` if there is one, and not in the suspension (`suspended_from` up to, not including,
    `suspended_until`). There is no event for expiry: it follows from the days. Older facts lack `street`.
    """

    topic: ClassVar[str] = "registry.permits.v1"

    permit_id: UUID
    institution_id: UUID
    number: str
    kind: str
    stages: list[str]
    subjects: list[str]
    site: str
    district: str | None
    valid_from: date | None
    valid_to: date | None
    suspended_from: date | None
    suspended_until: date | None
    ended_on: date | None
    ending: str | None
    at: datetime
    street: str | None = None


class PermitGranted(PermitEvent):
    """A permit (办学许可证) was granted on an application."""

    type: ClassVar[str] = "registry.permit.granted.v1"

    application_id: UUID


class PermitRecorded(PermitEvent):
    """A permit granted before this platform existed was imported from a ledger."""

    type: ClassVar[str] = "registry.permit.recorded.v1"

    source: str


class PermitSuspended(PermitEvent):
    """A permit was suspended until `suspended_until`, when the suspension ends automatically. Without `exception`, it
    follows a penalty decision; otherwise `exception` is requested_by_holder or emergency."""

    type: ClassVar[str] = "registry.permit.suspended.v1"

    cause: str
    legal_basis: str
    exception: str | None = None


class PermitReinstated(PermitEvent):
    """A suspension was lifted before its end."""

    type: ClassVar[str] = "registry.permit.reinstated.v1"

    cause: str


class PermitRevoked(PermitEvent):
    """A permit was revoked after a penalty decision (吊销), or on an `exception` (撤销): obtained_by_deception or
    granted_unlawfully. `notice_id` is the notice about it."""

    type: ClassVar[str] = "registry.permit.revoked.v1"

    cause: str
    legal_basis: str
    notice_id: UUID
    exception: str | None = None


class PermitRenewed(PermitEvent):
    """A permit was renewed to a later `valid_to`."""

    type: ClassVar[str] = "registry.permit.renewed.v1"

    previous_valid_to: date | None


class PermitCancelled(PermitEvent):
    """A permit was cancelled (注销) without blame; `ground` is one of 行政许可法 art. 70. Older facts lack it."""

    type: ClassVar[str] = "registry.permit.cancelled.v1"

    cause: str
    ground: str | None = None
