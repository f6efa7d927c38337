"""How a visit can end, and what each outcome means. A new outcome is decided here."""

from enum import StrEnum
from typing import Final


class Outcome(StrEnum):
    """How a visit ended. Every outcome but `newly_found` can be the reason for closing a campaign target."""

    INSPECTED = "inspected"
    CLOSED_DOOR = "closed_door"
    MOVED = "moved"
    DUPLICATE = "duplicate"
    REFUSED = "refused"
    NEWLY_FOUND = "newly_found"


SEEN: Final = frozenset({Outcome.INSPECTED, Outcome.MOVED, Outcome.DUPLICATE, Outcome.REFUSED})
"""Outcomes that count as visited."""

SAW_NOTHING: Final = frozenset(Outcome) - SEEN - {Outcome.NEWLY_FOUND}
"""Outcomes that tell nothing new: whoever requested the visit needs another one."""
NEEDS_INSTITUTION: Final = frozenset({Outcome.CLOSED_DOOR, Outcome.MOVED, Outcome.DUPLICATE, Outcome.REFUSED})
"""Outcomes that only a visit to a known institution can have."""
