"""Offerings of schools."""

from datetime import datetime
from typing import ClassVar
from uuid import UUID

from pydantic import Field

from shared.events import Event


class OfferingPublished(Event):
    """A school offers a course with a number of places."""

    type: ClassVar[str] = "afterschool.offering.published.v1"
    topic: ClassVar[str] = "afterschool.offerings.v1"

    offering_id: UUID
    school_id: UUID
    name: str
    category: str
    capacity: int
    district: str | None = None
    street: str | None = None
    at: datetime


class OfferingChanged(Event):
    """An offering was changed. `changed` names the fields; `capacity` is the present number of places."""

    type: ClassVar[str] = "afterschool.offering.changed.v1"
    topic: ClassVar[str] = "afterschool.offerings.v1"

    offering_id: UUID
    school_id: UUID
    name: str | None = None
    capacity: int
    changed: list[str] = Field(default_factory=list)
    at: datetime
