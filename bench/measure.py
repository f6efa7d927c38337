"""A measure's line, and a load that costs little itself."""

import asyncio
import statistics
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Self

from bench.sizes import WrongResult

Seconds = float


@dataclass(frozen=True)
class Measure:
    """One line: our figure beside the limit of this machine, and the share of it that was promised.

    `more_is_better` figures (rates) aim at a ratio of at least `target`, the others (seconds) at most.
    """

    name: str
    figure: float
    limit: float
    target: float
    unit: str
    more_is_better: bool = True

    @property
    def ratio(self) -> float:
        return self.figure / self.limit

    @property
    def reached(self) -> bool:
        return self.ratio >= self.target if self.more_is_better else self.ratio <= self.target

    def line(self, *, judged: bool = True) -> str:
        """`judged` says whether the figure reached its target, which means nothing in a smoke run."""
        sign = "≥" if self.more_is_better else "≤"
        verdict = ("reached" if self.reached else "short") if judged else "ran"
        return (
            f"{self.name:<58} {self.figure:>12,.1f} {self.limit:>12,.1f} {self.unit:<9} "
            f"{self.ratio:>7.2f} {sign} {self.target:<5g} {verdict}"
        )


HEADING = f"{'measure':<58} {'figure':>12} {'limit':>12} {'unit':<9} {'ratio':>7}   {'target':<5} verdict"


async def alternate(contestants: Mapping[str, Callable[[], Awaitable[float]]], *, rounds: int) -> dict[str, float]:
    """The median of each, taken in turns, so that a slow moment of the machine hits all alike."""
    figures: dict[str, list[float]] = {name: [] for name in contestants}
    for _ in range(rounds):
        for name, contest in contestants.items():
            figures[name].append(await contest())
    return {name: statistics.median(found) for name, found in figures.items()}


class Line:
    """A keep-alive connection that reads whole answers and looks at nothing in them: about 40 µs a request."""

    def __init__(self, streams: tuple[asyncio.StreamReader, asyncio.StreamWriter], headers: Mapping[str, str]) -> None:
        self._reader, self._writer = streams
        self._head = "".join(f"{name}: {value}\r\n" for name, value in headers.items())

    @classmethod
    @asynccontextmanager
    async def to(cls, port: int, headers: Mapping[str, str]) -> AsyncIterator[Self]:
        streams = await asyncio.open_connection("127.0.0.1", port, limit=1 << 20)
        try:
            yield cls(streams, headers)
        finally:
            streams[1].close()

    async def get(self, path: str) -> bytes:
        """The body; raises unless the answer is a 200."""
        self._writer.write(f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\n{self._head}\r\n".encode())
        answer = await self._reader.readuntil(b"\r\n\r\n")
        if not answer.startswith(b"HTTP/1.1 200"):
            raise WrongResult(answer.decode())
        return await self._body(answer)

    async def post(self, path: str, body: bytes, headers: str = "") -> tuple[int, bytes]:
        """Status and body, whatever they are; `headers` end with a line break each."""
        self._writer.write(
            f"POST {path} HTTP/1.1\r\nHost: 127.0.0.1\r\n{self._head}{headers}Content-Type: application/json\r\n"
            f"Content-Length: {len(body)}\r\n\r\n".encode()
            + body
        )
        answer = await self._reader.readuntil(b"\r\n\r\n")
        return int(answer[9:12]), await self._body(answer)

    async def _body(self, answer: bytes) -> bytes:
        lowered = answer.lower()
        begin = lowered.index(b"content-length:") + 15
        return await self._reader.readexactly(int(lowered[begin : lowered.index(b"\r\n", begin)]))


async def requests_per_second(
    port: int, path: str, headers: Mapping[str, str], *, seconds: Seconds, connections: int = 8
) -> float:
    """Keep-alive GETs over raw sockets, one a connection at least; every answer must be a 200."""
    end = time.perf_counter() + seconds

    async def ask() -> int:
        done = 0
        async with Line.to(port, headers) as line:
            while done == 0 or time.perf_counter() < end:
                await line.get(path)
                done += 1
        return done

    began = time.perf_counter()
    counts = await asyncio.gather(*(ask() for _ in range(connections)))
    return sum(counts) / (time.perf_counter() - began)
