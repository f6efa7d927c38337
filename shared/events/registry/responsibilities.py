"""The officers responsible for institutions."""

from datetime import datetime
from typing import ClassVar
from uuid import UUID

from shared.events import Event


class ResponsibilityAssigned(Event):
    """One of the three responsibilities for an institution was assigned to an officer, or vacated (`officer` is null).

    `role`: district_officer, street_officer or industry_department; `department` is the industry department's code.
    """

    type: ClassVar[str] = "registry.responsibility.assigned.v1"
    topic: ClassVar[str] = "registry.responsibilities.v1"

    responsibility_id: UUID
    institution_id: UUID
    role: str
    officer: str | None
    department: str | None
    district: str | None
    street: str | None
    at: datetime
