"""Registry decides which institutions exist, what the ledger says of each, and who may teach what and where.

It is a house of wings. A slice imports slices of its own wing and of the wings below it, and no two slices import each
other. What needs two wings at once, and belongs to neither, is a story: only the service's own edges import one.
"""

from typing import Final

WINGS: Final = ("stories", "overview", "supervision", "licensing", "rulebook", "ledger")
"""From top to bottom."""
