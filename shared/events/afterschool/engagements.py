"""White lists of counties, and people from outside, by pseudonymous id."""

from datetime import date, datetime
from typing import ClassVar
from uuid import UUID

from shared.events import Event


class ProviderListed(Event):
    """An institution is on the white list of a county; `price` is fen per lesson."""

    type: ClassVar[str] = "afterschool.provider_listing.listed.v1"
    topic: ClassVar[str] = "afterschool.engagements.v1"

    listing_id: UUID
    institution_id: UUID
    district: str
    price: int
    valid_from: date
    at: datetime


class ProviderUnlisted(Event):
    """An institution was taken off the white list of a county."""

    type: ClassVar[str] = "afterschool.provider_listing.unlisted.v1"
    topic: ClassVar[str] = "afterschool.engagements.v1"

    listing_id: UUID
    institution_id: UUID
    district: str
    at: datetime


class OutsidePersonEntered(Event):
    """A person from outside was entered for an institution."""

    type: ClassVar[str] = "afterschool.outside_person.entered.v1"
    topic: ClassVar[str] = "afterschool.engagements.v1"

    person_id: UUID
    institution_id: UUID
    at: datetime


class OutsidePersonChecked(Event):
    """The background of a person from outside was checked."""

    type: ClassVar[str] = "afterschool.outside_person.checked.v1"
    topic: ClassVar[str] = "afterschool.engagements.v1"

    person_id: UUID
    institution_id: UUID
    checked_on: date
    valid_to: date
    at: datetime
