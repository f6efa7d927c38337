"""Sets of grids: scheduled, in force, ended, withdrawn; and each grid with its names and its shape."""

from datetime import date, datetime
from typing import Any, ClassVar
from uuid import UUID

from shared.events import Event


class GridPublished(Event):
    """A grid of a set: its code, its names, and its area for maps.

    `polygon` is a GeoJSON geometry (RFC 7946, WGS 84), simplified to about 30 m; neighbours keep their common border.
    It is not meant for placing points.
    """

    type: ClassVar[str] = "inspection.grid.published.v1"
    topic: ClassVar[str] = "inspection.grids.v1"

    grid_id: UUID
    grid_set_id: UUID
    number: int
    code: str
    name: str
    name_en: str | None
    district: str | None
    valid_from: date
    polygon: dict[str, Any]
    at: datetime


class GridSetActivated(Event):
    """A version of the street grid came into force and replaced the one before; `codes` are its grids."""

    type: ClassVar[str] = "inspection.grid_set.activated.v1"
    topic: ClassVar[str] = "inspection.grids.v1"

    grid_set_id: UUID
    number: int
    codes: list[str]
    valid_from: date
    at: datetime


class GridSetScheduled(Event):
    """A version of the street grid was imported that begins on a later day."""

    type: ClassVar[str] = "inspection.grid_set.scheduled.v1"
    topic: ClassVar[str] = "inspection.grids.v1"

    grid_set_id: UUID
    number: int
    codes: list[str]
    valid_from: date
    at: datetime


class GridSetWithdrawn(Event):
    """A version of the street grid was withdrawn before its first day, as if it had never been imported."""

    type: ClassVar[str] = "inspection.grid_set.withdrawn.v1"
    topic: ClassVar[str] = "inspection.grids.v1"

    grid_set_id: UUID
    number: int
    valid_from: date
    at: datetime


class GridSetEndSet(Event):
    """The end of a version of the street grid was set: the next one begins on `valid_to`. Null means that the next one
    was withdrawn."""

    type: ClassVar[str] = "inspection.grid_set.end_set.v1"
    topic: ClassVar[str] = "inspection.grids.v1"

    grid_set_id: UUID
    number: int
    valid_to: date | None
    at: datetime
