"""Institutions in inspection: their placement in a grid, and discoveries unknown to the registry."""

from datetime import datetime
from typing import ClassVar
from uuid import UUID

from shared.events import Event


class TargetPlaced(Event):
    """An institution was placed in a grid, or in none (`grid` is null and `blind_spot` says why).

    `cause` is registered, relocated (its entry changed), grids_changed (a new version of the grids, by its coordinates)
    or succeeded (a new version, by the successor of its grid); `moved_from` is its former grid. Older facts lack both.
    """

    type: ClassVar[str] = "inspection.target.placed.v1"
    topic: ClassVar[str] = "inspection.targets.v1"

    institution_id: UUID
    grid: str | None
    blind_spot: str | None
    at: datetime
    moved_from: str | None = None
    cause: str | None = None


class InstitutionDiscovered(Event):
    """A visit outside campaigns found an institution that was not in the ledger; it is entered there under
    `ledger_id`."""

    type: ClassVar[str] = "inspection.institution.discovered.v1"
    topic: ClassVar[str] = "inspection.discoveries.v1"

    discovery_id: UUID
    visit_id: UUID
    grid: str | None
    team: str | None
    district: str | None
    street: str | None
    name: str | None
    address: str | None
    kind: str | None
    lon: float | None
    lat: float | None
    ledger_id: UUID
    at: datetime
