"""Versions of catalogue items."""

from datetime import date, datetime
from typing import ClassVar
from uuid import UUID

from shared.events import Event


class CatalogueItemEvent(Event):
    """Every fact of a version of a catalogue item."""

    topic: ClassVar[str] = "afterschool.catalogue.v1"

    item_id: UUID
    code: str
    at: datetime


class CatalogueItemEnacted(CatalogueItemEvent):
    """A version of a catalogue item was enacted: its category, its part of the path, and its first day."""

    type: ClassVar[str] = "afterschool.catalogue_item.enacted.v1"

    title: str
    category: str
    path: str
    source: str
    valid_from: date


class CatalogueItemRepealed(CatalogueItemEvent):
    """A version of a catalogue item was repealed; `valid_to` is its last day."""

    type: ClassVar[str] = "afterschool.catalogue_item.repealed.v1"

    valid_to: date


class CatalogueItemWithdrawn(CatalogueItemEvent):
    """A version of a catalogue item was withdrawn, as if it had never been enacted."""

    type: ClassVar[str] = "afterschool.catalogue_item.withdrawn.v1"

    valid_from: date


class CatalogueItemContinued(CatalogueItemEvent):
    """The next version was withdrawn, so this one stays in force; `valid_to` is its last day, or null if it has
    none."""

    type: ClassVar[str] = "afterschool.catalogue_item.continued.v1"

    valid_to: date | None
