"""Registry decides which institutions exist, what the ledger says of each, and who may teach what and where.

Its slices lie in wings. A slice imports slices of its own wing and of the wings below it, and never in a circle. A use
case that exists because wings meet is a story; only `app`, `worker`, `subscriptions` and other stories import one.
"""

from typing import Final

WINGS: Final = ("stories", "overview", "supervision", "licensing", "rulebook", "ledger")
"""From top to bottom."""
