"""Offerings of schools."""

from datetime import datetime
from typing import ClassVar
from uuid import UUID

from pydantic import Field

from shared.events import Event


class OfferingPublished(Event):
    """A school offers a course with a number of seats."""

    type: ClassVar[str] = "afterschool.offering.published.v1"
    topic: ClassVar[str] = "afterschool.offerings.v1"

    offering_id: UUID
    school_id: UUID
    name: str
    category: str
    item: str | None = None
    capacity: int
    term: str | None = None
    mode: str | None = None
    provider_id: UUID | None = None
    district: str | None = None
    street: str | None = None
    at: datetime


class OfferingChanged(Event):
    """An offering was changed. `changed` names the fields; `capacity` is the present number of seats."""

    type: ClassVar[str] = "afterschool.offering.changed.v1"
    topic: ClassVar[str] = "afterschool.offerings.v1"

    offering_id: UUID
    school_id: UUID
    name: str | None = None
    capacity: int
    changed: list[str] = Field(default_factory=list)
    at: datetime


class OfferingFrozen(Event):
    """Enrolment in an offering was stopped, for instance because its provider was suspended."""

    type: ClassVar[str] = "afterschool.offering.frozen.v1"
    topic: ClassVar[str] = "afterschool.offerings.v1"

    offering_id: UUID
    school_id: UUID
    frozen_for: str
    at: datetime


class OfferingUnfrozen(Event):
    """An offering is open again."""

    type: ClassVar[str] = "afterschool.offering.unfrozen.v1"
    topic: ClassVar[str] = "afterschool.offerings.v1"

    offering_id: UUID
    school_id: UUID
    at: datetime
