"""After-school decides which child has a place in which course, and who is next when one is given back.

Its slices lie in wings. A slice imports slices of its own wing and of the wings below it, and never in a circle. A use
case that exists because wings meet is a story; only `app`, `worker`, `subscriptions` and other stories import one.
"""

from typing import Final

WINGS: Final = ("stories", "finance", "quality", "delivery", "placement", "programme", "roster", "rulebook")
"""From top to bottom."""
