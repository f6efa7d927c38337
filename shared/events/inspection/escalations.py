"""Escalations of overdue duties."""

from datetime import date, datetime
from typing import ClassVar
from uuid import UUID

from shared.events import Event


class EscalationRaised(Event):
    """Overdue work was escalated. `role` is one of the three responsibilities or the bureau; `officer` is the account
    told, or null if the responsibility is vacant. `subject_id` is the subject of `step`: the visit, violation, case,
    complaint or re-check; for open targets without a visit, the campaign."""

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
