"""Alerts on numbers, and proofs that failed."""

from datetime import date, datetime
from typing import ClassVar
from uuid import UUID

from shared.events import Event


class AlertRaised(Event):
    """A number went beyond its threshold. `scope` is `district:…` or `school:…`; `owner` is the office that answers,
    until `due_on`."""

    type: ClassVar[str] = "metrics.alert.raised.v1"
    topic: ClassVar[str] = "metrics.alerts.v1"

    alert_id: UUID
    threshold: str
    indicator: str
    scope: str
    value: float
    limit: float
    owner: str
    due_on: date
    at: datetime


class AlertCleared(Event):
    """The number is within its threshold again."""

    type: ClassVar[str] = "metrics.alert.cleared.v1"
    topic: ClassVar[str] = "metrics.alerts.v1"

    alert_id: UUID
    threshold: str
    scope: str
    at: datetime


class ProofFailed(Event):
    """The numbers are not what the log gives when it is counted again; `cells` is how many differ. They are unproven
    until a later rebuild matches or takes their place."""

    type: ClassVar[str] = "metrics.proof.failed.v1"
    topic: ClassVar[str] = "metrics.proofs.v1"

    rebuild_id: UUID
    cells: int
    at: datetime
