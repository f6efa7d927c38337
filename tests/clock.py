"""The clock of the tests: begins at `CLOCK` (such as 2028-02-29T15:59:00Z) or now, and stays within that day.

Tests compute days when they are collected and again while they run. A run that crosses midnight in China would compare
two days, so near midnight the clock goes slower: it never goes back, and never reaches China's next day.
"""

import os
import time
from datetime import UTC, datetime, timedelta

from shared.domain.clock import CHINA

LONGEST_RUN = timedelta(minutes=40)


class DayClock:
    """Seconds pass as they do outside, unless the day would end within `LONGEST_RUN`."""

    def __init__(self, origin: datetime) -> None:
        midnight = datetime.combine(origin.astimezone(CHINA).date() + timedelta(days=1), datetime.min.time(), CHINA)
        left = midnight - origin - timedelta(seconds=1)
        self._origin, self._began = origin, time.monotonic()
        self._pace = min(1.0, left / LONGEST_RUN)

    def __call__(self) -> datetime:
        return self._origin + timedelta(seconds=(time.monotonic() - self._began) * self._pace)


def wanted_origin() -> datetime:
    """The instant that `CLOCK` names, or now."""
    wanted = os.environ.get("CLOCK")
    return datetime.fromisoformat(wanted).astimezone(UTC) if wanted else datetime.now(UTC)
