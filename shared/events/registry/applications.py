"""Applications for permits, from draft to decision."""

from datetime import date, datetime
from typing import ClassVar
from uuid import UUID

from pydantic import Field

from shared.events import Event


class ApplicationEvent(Event):
    """Every fact of a permit application; `institution_id` is null until a newcomer is entered in the ledger.

    `state` is the state after the fact: draft, submitted, returned, accepted, site_visit_requested, site_visited,
    granted, refused, withdrawn. `due_on` is the last statutory day of that state, or null if no clock runs.
    """

    topic: ClassVar[str] = "registry.permits.v1"

    application_id: UUID
    institution_id: UUID | None
    matter: str
    kind: str
    district: str | None
    street: str | None
    state: str
    due_on: date | None
    at: datetime


class ApplicationDrafted(ApplicationEvent):
    """An application was drafted."""

    type: ClassVar[str] = "registry.application.drafted.v1"


class ApplicationChanged(ApplicationEvent):
    """A draft or a returned application was changed; `changed` names the fields."""

    type: ClassVar[str] = "registry.application.changed.v1"

    changed: list[str]


class ApplicationSubmitted(ApplicationEvent):
    """An application was submitted. This procedure governs it to its end."""

    type: ClassVar[str] = "registry.application.submitted.v1"

    procedure_id: UUID


class ApplicationReturned(ApplicationEvent):
    """An application was returned with the codes of missing documents (行政许可法 art. 32). `untold` lists required
    documents that are missing but not asked for; `told_late` lists those named after the time limit."""

    type: ClassVar[str] = "registry.application.returned.v1"

    missing: list[str]
    note: str | None
    untold: list[str] = Field(default_factory=list)
    told_late: list[str] = Field(default_factory=list)


class ApplicationAccepted(ApplicationEvent):
    """An application was accepted as complete; its overall clock started (行政许可法 art. 42)."""

    type: ClassVar[str] = "registry.application.accepted.v1"

    overall_due_on: date
    accepted_on: date | None = None


class ApplicationExtended(ApplicationEvent):
    """The time for the decision was extended once, with a reason told to the applicant (行政许可法 art. 42)."""

    type: ClassVar[str] = "registry.application.extended.v1"

    overall_due_on: date
    cause: str


class SiteVisitRequested(ApplicationEvent):
    """A site visit was requested from inspection; its answer is the visit whose `reference_id` is the application."""

    type: ClassVar[str] = "registry.application.site_visit_requested.v1"

    address: str
    lon: float | None
    lat: float | None


class SiteVisitConcluded(ApplicationEvent):
    """The site visit ended; `passed` is null if the premises could not be inspected (`outcome` says why)."""

    type: ClassVar[str] = "registry.application.site_visit_concluded.v1"

    visit_id: UUID
    outcome: str
    passed: bool | None


class ApplicationGranted(ApplicationEvent):
    """The permit was granted."""

    type: ClassVar[str] = "registry.application.granted.v1"

    permit_id: UUID


class ApplicationRefused(ApplicationEvent):
    """The permit was refused, with the grounds and their legal provision."""

    type: ClassVar[str] = "registry.application.refused.v1"

    grounds: str
    legal_basis: str


class ApplicationWithdrawn(ApplicationEvent):
    """The applicant withdrew the application."""

    type: ClassVar[str] = "registry.application.withdrawn.v1"
