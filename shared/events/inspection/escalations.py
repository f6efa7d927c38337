"""Escalations of overdue duties."""

from datetime import date, datetime
from typing import ClassVar
from uuid import UUID

from shared.events import Event


class EscalationRaised(Event):
    """Work that is late was told to somebody: `role` is one of the three responsibilities or the bureau, `officer` his
    account, null where the responsibility is vacant. `subject_id` is what `step` is about: the visit, violation, case,
    complaint, re-check; of targets that a team has not set out for, the campaign."""

    type: ClassVar[str] = "inspection.escalation.raised.v1"
    topic: ClassVar[str] = "inspection.escalations.v1"

    escalation_id: UUID
    step: str
    subject_id: UUID
    level: str
    role: str
    officer: str | None
    institution_id: UUID | None
    district: str | None
    street: str | None
    team: str | None
    due_on: date
    days_late: int
    at: datetime
