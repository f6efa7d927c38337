"""Schools."""

from datetime import datetime
from typing import ClassVar
from uuid import UUID

from shared.events import Event


class SchoolRegistered(Event):
    """A school of compulsory education was registered for after-school service."""

    type: ClassVar[str] = "afterschool.school.registered.v1"
    topic: ClassVar[str] = "afterschool.schools.v1"

    school_id: UUID
    code: str
    name: str
    district: str | None
    street: str | None
    at: datetime
