"""Applications for permits, from draft to decision."""

from datetime import date, datetime
from typing import ClassVar
from uuid import UUID

from pydantic import Field

from shared.events import Event


class ApplicationEvent(Event):
    """Every fact of a permit application; `institution_id` is null until a newcomer is entered in the ledger.

    `state` after it: draft, submitted, returned, accepted, site_visit_requested, site_visited, granted, refused,
    withdrawn. `due_on` is the last statutory day of that state, null where no clock runs.
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
    """Somebody began to write an application."""

    type: ClassVar[str] = "registry.application.drafted.v1"


class ApplicationChanged(ApplicationEvent):
    """A draft, or one returned for completion, was rewritten; `changed` names the fields."""

    type: ClassVar[str] = "registry.application.changed.v1"

    changed: list[str]


class ApplicationSubmitted(ApplicationEvent):
    """The application reached the authority and runs under this procedure to its end."""

    type: ClassVar[str] = "registry.application.submitted.v1"

    procedure_id: UUID


class ApplicationReturned(ApplicationEvent):
    """The applicant was told what is missing: codes of documents (行政许可法 art. 32). `untold` is required, missing
    and not asked for; `told_late` was told after the days from the receipt."""

    type: ClassVar[str] = "registry.application.returned.v1"

    missing: list[str]
    note: str | None
    untold: list[str] = Field(default_factory=list)
    told_late: list[str] = Field(default_factory=list)


class ApplicationAccepted(ApplicationEvent):
    """The application is complete and under examination: the overall clock runs (行政许可法 art. 42)."""

    type: ClassVar[str] = "registry.application.accepted.v1"

    overall_due_on: date
    accepted_on: date | None = None


class ApplicationExtended(ApplicationEvent):
    """The time for the decision was extended once, with a reason told to the applicant (行政许可法 art. 42)."""

    type: ClassVar[str] = "registry.application.extended.v1"

    overall_due_on: date
    cause: str


class SiteVisitRequested(ApplicationEvent):
    """Inspection is asked to look at the premises; it answers by the visit whose `reference_id` is the application."""

    type: ClassVar[str] = "registry.application.site_visit_requested.v1"

    address: str
    lon: float | None
    lat: float | None


class SiteVisitConcluded(ApplicationEvent):
    """Inspection came back; `passed` is null where it could not look (`outcome` says why)."""

    type: ClassVar[str] = "registry.application.site_visit_concluded.v1"

    visit_id: UUID
    outcome: str
    passed: bool | None


class ApplicationGranted(ApplicationEvent):
    """The permit was granted."""

    type: ClassVar[str] = "registry.application.granted.v1"

    permit_id: UUID


class ApplicationRefused(ApplicationEvent):
    """The permit was refused, with the grounds and the provision they rest on."""

    type: ClassVar[str] = "registry.application.refused.v1"

    grounds: str
    legal_basis: str


class ApplicationWithdrawn(ApplicationEvent):
    """The applicant took it back."""

    type: ClassVar[str] = "registry.application.withdrawn.v1"
