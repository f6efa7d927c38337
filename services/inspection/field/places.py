"""A place: where something is found or inspected, and whose work it is."""

from dataclasses import dataclass
from typing import Final
from uuid import UUID


@dataclass(frozen=True, slots=True)
class Place:
    """A place where something was found or is to be inspected, and the team whose work it is."""

    institution_id: UUID | None
    grid: str | None
    district: str | None
    street: str | None
    team: str | None


NOWHERE: Final = ""
"""The district of an institution that has none: no team's."""
