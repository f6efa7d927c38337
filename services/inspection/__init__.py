"""Inspection decides who visits whom, what a visit finds, and what follows from it.

`WINGS` names its wings from top to bottom: a wing imports only wings below it. A use case that exists only because two
wings meet is a story.
"""

from typing import Final

WINGS: Final = (
    "accountability",
    "stories",
    "oversight",
    "penalties",
    "planning",
    "findings",
    "rounds",
    "field",
    "rulebook",
)
