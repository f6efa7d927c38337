"""The file of one market that is published after the draw; `deploy/verify/allocation.py` describes its members.

It shows groups such as hardship beside the ids of the children. So these ids must be pseudonyms made for one draw: who
learned a lasting id once could read every later file about that child.
"""

from typing import Any, Final

from services.afterschool.placement.allocations.lottery import Draw, Key, frozen
from services.afterschool.placement.allocations.sequence import Outcome
from services.afterschool.placement.allocations.swaps import wished_swaps
from shared.domain.canonical import canonical

FORMAT: Final = "double-wings-allocation-1"


def publication(outcome: Outcome, draw: Draw) -> dict[str, Any]:
    """All inputs and the result."""
    market, _, left, allocation = outcome
    return {
        "format": FORMAT,
        **frozen(market),
        "left": dict(left),
        "inputs": dict(draw.inputs),
        "commitment": draw.commitment,
        "secret": draw.secret.hex(),
        "public_value": draw.public_value,
        "seats": {child: {"offering": seat.offering, "pool": seat.pool} for child, seat in allocation.seats.items()},
        "cutoffs": [
            {**cut._asdict(), "last": shown(cut.last)} for cut in sorted(allocation.cutoffs, key=lambda cut: cut[:2])
        ],
        "wished_swaps": wished_swaps(market, allocation)._asdict(),
    }


def shown(key: Key | None) -> dict[str, Any] | None:
    return None if key is None else {"credit": key.credit, "number": key.number.hex()}


def published(outcome: Outcome, draw: Draw) -> bytes:
    """The bytes of the file, always the same for the same draw."""
    return canonical(publication(outcome, draw)) + b"\n"
