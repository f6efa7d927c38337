"""Versions of procedures."""

from datetime import date, datetime
from typing import ClassVar
from uuid import UUID

from shared.events import Event


class ProcedureEnacted(Event):
    """A procedure was enacted for matters that begin from a day on: documents, deciding office, days per state,
    steps."""

    type: ClassVar[str] = "registry.procedure.enacted.v1"
    topic: ClassVar[str] = "registry.norms.v1"

    procedure_id: UUID
    matter: str
    kind: str | None
    district: str | None
    valid_from: date
    documents: list[str]
    deciding_office: str
    days: dict[str, int]
    overall_days: int
    steps: list[str]
    source: str
    at: datetime


class ProcedureWithdrawn(Event):
    """A procedure was withdrawn; the earlier one governs new matters. A matter begun under it keeps it."""

    type: ClassVar[str] = "registry.procedure.withdrawn.v1"
    topic: ClassVar[str] = "registry.norms.v1"

    procedure_id: UUID
    matter: str
    kind: str | None
    district: str | None
    valid_from: date
    at: datetime
