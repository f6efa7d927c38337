"""A place: where something is found or inspected, and whose work it is; and the outcomes of going there."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final
from uuid import UUID


@dataclass(frozen=True, slots=True)
class Place:
    """Where something was found or is to be looked at, and whose work it is."""

    institution_id: UUID | None
    grid: str | None
    district: str | None
    street: str | None
    team: str | None


class Outcome(StrEnum):
    """How a visit ended. Every outcome but `newly_found` can be the reason for closing a campaign target."""

    INSPECTED = "inspected"
    CLOSED_DOOR = "closed_door"
    MOVED = "moved"
    DUPLICATE = "duplicate"
    REFUSED = "refused"
    NEWLY_FOUND = "newly_found"


NOWHERE: Final = ""
"""The district of an institution that has none: no team's."""
