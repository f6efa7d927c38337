"""Guardianships: who may act for a child. Guardians appear by the id of the guardianship only."""

from datetime import datetime
from typing import ClassVar
from uuid import UUID

from shared.events import Event


class GuardianshipEvent(Event):
    """Every fact of a guardianship says what it allows now."""

    topic: ClassVar[str] = "afterschool.guardianships.v1"

    guardianship_id: UUID
    student_id: UUID
    school_id: UUID
    district: str | None
    street: str | None
    relation: str
    may_act: bool
    may_see: bool
    barred: bool
    at: datetime


class GuardianshipEntered(GuardianshipEvent):
    """A guardian of a child was entered."""

    type: ClassVar[str] = "afterschool.guardianship.entered.v1"


class GuardianshipChanged(GuardianshipEvent):
    """A guardianship was changed, limited, barred or ended."""

    type: ClassVar[str] = "afterschool.guardianship.changed.v1"


class GuardianshipProven(GuardianshipEvent):
    """A guardian proved the guardianship with a code from the school."""

    type: ClassVar[str] = "afterschool.guardianship.proven.v1"
