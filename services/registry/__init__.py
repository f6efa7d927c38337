"""Registry decides which institutions exist, what the ledger says of each, and who may teach what and where.

It is a house of wings. A slice of a wing imports slices of its own wing and of the wings below it, never of one above.
"""

from typing import Final

WINGS: Final = ("stories", "overview", "supervision", "licensing", "rulebook", "ledger")
"""From top to bottom."""
