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
    """The institution of an advertisement was identified."""

    type: ClassVar[str] = "registry.advertisement.identified.v1"


class AdvertisementRemovalOrdered(AdvertisementEvent):
    """The removal of an advertisement by a day was ordered."""

    type: ClassVar[str] = "registry.advertisement.removal_ordered.v1"

    due_on: date


class AdvertisementRemoved(AdvertisementEvent):
    """The removal of an advertisement was reported."""

    type: ClassVar[str] = "registry.advertisement.removed.v1"

    removed_on: date


class AdvertisementVerified(AdvertisementEvent):
    """A removal was verified: the advertisement is gone (`holds`), or still there and under order again."""

    type: ClassVar[str] = "registry.advertisement.verified.v1"

    holds: bool
