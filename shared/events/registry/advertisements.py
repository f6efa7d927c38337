"""Advertisements found and removed."""

from datetime import date, datetime
from typing import ClassVar
from uuid import UUID

from shared.events import Event


class AdvertisementEvent(Event):
    """Every fact of a training advertisement; `state`: found, removal_ordered, removed, verified."""

    topic: ClassVar[str] = "registry.advertisements.v1"

    advertisement_id: UUID
    institution_id: UUID | None
    source: str
    medium: str
    place: str
    district: str | None
    street: str | None
    found_on: date
    state: str
    at: datetime


class AdvertisementFound(AdvertisementEvent):
    """An advertisement was found by a visit, a complaint or a patrol."""

    type: ClassVar[str] = "registry.advertisement.found.v1"

    visit_id: UUID | None


class AdvertisementIdentified(AdvertisementEvent):
    """It became known whose advertisement it is."""

    type: ClassVar[str] = "registry.advertisement.identified.v1"


class AdvertisementRemovalOrdered(AdvertisementEvent):
    """Its removal was ordered by a day."""

    type: ClassVar[str] = "registry.advertisement.removal_ordered.v1"

    due_on: date


class AdvertisementRemoved(AdvertisementEvent):
    """It is said to be gone."""

    type: ClassVar[str] = "registry.advertisement.removed.v1"

    removed_on: date


class AdvertisementVerified(AdvertisementEvent):
    """Somebody looked: gone (`holds`), or still there and under order again."""

    type: ClassVar[str] = "registry.advertisement.verified.v1"

    holds: bool
