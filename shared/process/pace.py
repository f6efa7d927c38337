"""How often a loop looks for work: often while there is some, seldom after a while without any."""

import time
from collections.abc import Callable

STAYS_QUICK = 2.0
"""Seconds for which a loop goes on looking often after the last work."""


class Pace:
    """The pause before the next look, in seconds: `shortest` while work was found lately, then twice as long each time,
    up to `longest`, which is the longest that new work waits for an idle loop. Without `longest`, always the same."""

    def __init__(
        self, shortest: float, longest: float | None = None, *, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._shortest, self._longest, self._clock = shortest, longest or shortest, clock
        self._worked_at = clock()
        self._pause = shortest

    def after(self, *, found: bool) -> float:
        """Seconds until the next look, after one that found work or did not."""
        now = self._clock()
        if found:
            self._worked_at = now
        if now - self._worked_at < STAYS_QUICK:
            self._pause = self._shortest
        else:
            self._pause = min(self._pause * 2, self._longest)
        return self._pause
