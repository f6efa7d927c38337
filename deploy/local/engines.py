"""Keep PostgreSQL and the broker up: one that dies by itself is started again, one stopped on purpose is not."""

import asyncio
from asyncio.subprocess import Process
from collections.abc import Awaitable, Callable
from typing import Protocol

from aiokafka.errors import KafkaError
from sqlalchemy.exc import DBAPIError

from deploy.failures import StartFailed
from deploy.local.console import Console

LOOK_EVERY = 0.1
FIRST_PAUSE = 0.2
LONGEST_PAUSE = 10.0


class Engine(Protocol):
    @property
    def process(self) -> Process | None:
        """The running process, or the one that died; None when it was stopped."""
        ...

    async def start(self) -> None: ...
    async def stop(self) -> None: ...
    async def kill(self) -> None: ...


class KeptUp:
    """An engine under watch. `start` does all that a start of this engine means for the platform."""

    def __init__(self, name: str, engine: Engine, start: Callable[[], Awaitable[None]], console: Console) -> None:
        self._name = name
        self._engine = engine
        self._start = start
        self._console = console
        # Whoever starts or stops holds it, so that the watch never takes an intended stop for a death.
        self._lock = asyncio.Lock()
        self._watch: asyncio.Task[None] | None = None

    async def start(self) -> None:
        async with self._lock:
            await self._start()
        if self._watch is None:
            self._watch = asyncio.create_task(self._look_after(), name=f"watch of {self._name}")

    async def halt(self, how: Callable[[], Awaitable[None]]) -> None:
        """Stop it, by one of its own methods, until the next `start`."""
        async with self._lock:
            await how()

    async def leave_alone(self) -> None:
        """No longer start it again."""
        if self._watch is not None:
            self._watch.cancel()
            await asyncio.gather(self._watch, return_exceptions=True)
            self._watch = None

    async def end(self) -> None:
        await self.leave_alone()
        await self._engine.stop()

    async def _look_after(self) -> None:
        while True:
            await asyncio.sleep(LOOK_EVERY)
            async with self._lock:
                process = self._engine.process
                if process is not None and process.returncode is not None:
                    self._console.say(f"{self._name} died (exit code {process.returncode})")
                    await self._revive()

    async def _revive(self) -> None:
        pause = FIRST_PAUSE
        while True:
            try:
                await self._engine.kill()  # whatever half a start left
                await self._start()
            except (StartFailed, OSError, TimeoutError, DBAPIError, KafkaError) as error:
                self._console.say(f"{self._name} is not up again yet: {error}")
                pause = min(pause * 2, LONGEST_PAUSE)
                await asyncio.sleep(pause)
            else:
                self._console.say(f"{self._name} is up again")
                return
