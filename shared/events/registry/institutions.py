"""Institutions: entries of the ledger, and doubts about them."""

from datetime import datetime
from typing import ClassVar
from uuid import UUID

from shared.events import Event


class InstitutionEvent(Event):
    """Every fact of an institution carries its whole public state: a consumer needs no earlier one to understand it.

    `lon`, `lat` are degrees in WGS 84. No telephone and no person: those stay in the registry.
    """

    topic: ClassVar[str] = "registry.institutions.v1"

    institution_id: UUID
    name: str
    uscc: str | None
    permit_no: str | None
    kind: str
    mode: str
    profit: str
    stages: list[str]
    status: str
    district: str | None
    street: str | None
    address: str
    lon: float | None
    lat: float | None
    capacity: int | None
    external_ref: str | None
    at: datetime


class InstitutionRegistered(InstitutionEvent):
    """An institution entered the ledger."""

    type: ClassVar[str] = "registry.institution.registered.v1"


class InstitutionChanged(InstitutionEvent):
    """Something in the ledger entry changed; `changed` names the fields."""

    type: ClassVar[str] = "registry.institution.changed.v1"

    changed: list[str]


class InstitutionMerged(InstitutionEvent):
    """Two entries were one institution: this one ends (`status` is `merged`), `merged_into` goes on with both files."""

    type: ClassVar[str] = "registry.institution.merged.v1"

    merged_into: UUID


class QualityFindingDismissed(Event):
    """An official looked at a doubt about the ledger and found nothing wrong; it is not raised again."""

    type: ClassVar[str] = "registry.quality_finding.dismissed.v1"
    topic: ClassVar[str] = "registry.institutions.v1"

    dismissal_id: UUID
    code: str
    institution_id: UUID
    other_id: UUID | None
    at: datetime
