"""Institutions: entries of the ledger, and doubts about them."""

from datetime import datetime
from typing import ClassVar
from uuid import UUID

from shared.events import Event


class InstitutionEvent(Event):
    """Every fact of an institution carries its whole public state, so a consumer needs no earlier fact.

    `lon` and `lat` are degrees in WGS 84. Telephone numbers and persons are not published.
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
    """An institution was entered in the ledger."""

    type: ClassVar[str] = "registry.institution.registered.v1"


class InstitutionChanged(InstitutionEvent):
    """The entry of an institution changed; `changed` names the fields."""

    type: ClassVar[str] = "registry.institution.changed.v1"

    changed: list[str]


class InstitutionMerged(InstitutionEvent):
    """An institution was merged as a duplicate: it ends (`status` is `merged`), and `merged_into` continues with both
    files."""

    type: ClassVar[str] = "registry.institution.merged.v1"

    merged_into: UUID


class QualityFindingDismissed(Event):
    """A doubt about an entry was dismissed as unfounded; it is not raised again."""

    type: ClassVar[str] = "registry.quality_finding.dismissed.v1"
    topic: ClassVar[str] = "registry.institutions.v1"

    dismissal_id: UUID
    code: str
    institution_id: UUID
    other_id: UUID | None
    at: datetime
