"""The explanation of each choice for the family: its own key, the last admitted key, and the reason."""

from collections.abc import Iterator, Mapping
from enum import StrEnum
from typing import NamedTuple

from services.afterschool.placement.allocations.lottery import Key
from services.afterschool.placement.allocations.market import GENERAL, Child, Offering
from services.afterschool.placement.allocations.mechanism import CutOff, Seat


class Reason(StrEnum):
    """Why the child got this choice or did not."""

    ADMITTED = "admitted"
    REFUSED = "refused"
    """The child's key is worse than the last admitted key."""
    PLACED_HIGHER = "placed_higher"
    """The child has a seat that it ranked higher."""
    LEFT = "left"
    """The child has a seat in a block that takes this slot."""


class Explanation(NamedTuple):
    """One choice of one child. `rank` counts from 1; `pool` is the one in which the child counts here.

    A child of a reserve group may also take a seat for everybody, so `last_general` decides beside `last`.
    """

    rank: int
    offering: str
    pool: str
    key: Key
    last: Key | None
    last_general: Key | None
    reason: Reason


def explain(
    child: Child,
    number: bytes,
    seat: Seat | None,
    offerings: Mapping[str, Offering],
    cutoffs: Mapping[tuple[str, str], CutOff],
    *,
    left: bool = False,
) -> Iterator[Explanation]:
    """Every choice, best first. `cutoffs` are by offering and pool."""
    higher = False
    for rank, choice in enumerate(child.choices, 1):
        pool = offerings[choice].pool_of(child.groups)
        here = seat is not None and seat.offering == choice
        if left:
            reason = Reason.LEFT
        elif here:
            reason = Reason.ADMITTED
        else:
            reason = Reason.PLACED_HIGHER if higher else Reason.REFUSED
        higher = higher or here
        last, general = cutoffs[choice, pool].last, cutoffs[choice, GENERAL].last
        yield Explanation(rank, choice, pool, Key(child.credit, number), last, general, reason)
