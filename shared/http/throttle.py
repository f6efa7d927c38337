"""A ceiling on what one address may ask without a token. Each process counts for itself; a gateway counts for all."""

import math
import time

from limits import parse
from limits.storage import MemoryStorage
from limits.strategies import SlidingWindowCounterRateLimiter
from starlette.requests import Request

from shared.http.problems import EdgeProblem


class Throttle:
    """`rate` as `120/minute`. Behind a gateway, `trusted_proxies` must name the gateway."""

    def __init__(self, rate: str) -> None:
        self._item = parse(rate)
        self._limiter = SlidingWindowCounterRateLimiter(MemoryStorage())

    def admit(self, request: Request) -> None:
        """Count this request; 429 if its address has asked too often."""
        address = request.client.host if request.client else "unknown"
        if not self._limiter.hit(self._item, address):
            wait = max(1, math.ceil(self._limiter.get_window_stats(self._item, address).reset_time - time.time()))
            raise EdgeProblem(429, "too-many-requests", headers={"Retry-After": str(wait)})
