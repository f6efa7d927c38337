"""Institutions as inspection finds them: placed in a grid, or discovered and unknown to the registry."""

from datetime import datetime
from typing import ClassVar
from uuid import UUID

from shared.events import Event


class TargetPlaced(Event):
    """An institution was placed in the grid, or found to lie in none (`grid` null, `blind_spot` says why).

    `cause` is registered, relocated (its entry changed), grids_changed (a new set, by its coordinates) or succeeded (a
    new set, by what became of its grid); `moved_from` the grid it was in. Older facts say neither.
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
    """A visit of no campaign found an institution that no list knew; the ledger enters it under `ledger_id`."""

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
