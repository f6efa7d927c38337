"""Whether a consumer moves: its offsets in PostgreSQL held against the ends of the broker's log.

Offsets are read first and ends afterwards, so that what arrives in between never makes the distance negative.
"""

from collections.abc import Hashable, Mapping
from dataclasses import dataclass
from typing import Generic, TypeVar

Partition = TypeVar("Partition", bound=Hashable)

STANDS_STILL = 30.0
"""Seconds without a step, while records wait, after which somebody should look. A batch takes a second or two."""


@dataclass(frozen=True, slots=True)
class _Seen:
    position: int
    waiting: int
    since: float


class Progress(Generic[Partition]):
    """What was last seen of each partition, and since when it has stood there."""

    def __init__(self) -> None:
        self._seen: dict[Partition, _Seen] = {}

    def note(self, positions: Mapping[Partition, int], ends: Mapping[Partition, int], now: float) -> None:
        """Store a measurement of this consumer's partitions; a partition never read has no position and is left out."""
        seen = {}
        for partition, position in positions.items():
            waiting = max(ends.get(partition, position) - position, 0)
            before = self._seen.get(partition)
            stands = before is not None and waiting and before.waiting and before.position == position
            seen[partition] = _Seen(position, waiting, before.since if before and stands else now)
        self._seen = seen

    def forget(self) -> None:
        self._seen = {}

    @property
    def lag(self) -> int | None:
        """The number of waiting records; None if no position is known."""
        return sum(one.waiting for one in self._seen.values()) if self._seen else None

    def standing(self, now: float) -> float:
        """For how many seconds the slowest partition has not moved while records wait."""
        return max((now - one.since for one in self._seen.values() if one.waiting), default=0.0)

    def stuck(self, now: float) -> Mapping[Partition, int]:
        """Partitions that stand still, with their positions."""
        return {
            partition: one.position
            for partition, one in self._seen.items()
            if one.waiting and now - one.since >= STANDS_STILL
        }
