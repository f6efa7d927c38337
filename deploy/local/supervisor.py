"""Keep child processes up: stream what they say, start again what died, stop in order."""

import asyncio
import contextlib
import json
import os
import signal
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncIterator, Coroutine, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import httpx

from deploy.failures import StartFailed
from deploy.local import processes
from deploy.local.console import Console
from deploy.local.processes import command_line, identity_of, spawn, started_at

FIRST_PAUSE = 0.3
LONGEST_PAUSE = 5.0
STEADY_AFTER = 4.0
DEATHS_BEFORE_READY = 3


@dataclass(frozen=True)
class Command:
    """One child to keep up."""

    name: str
    argv: Sequence[str]
    env: Mapping[str, str] = field(default_factory=dict)
    """Added to our own environment."""
    ready_url: str | None = None
    """Answers 200 when the child is ready; without one, a started child is a ready one."""
    drain_within: float = 25.0
    death_signal: signal.Signals = signal.SIGKILL
    """Sent by the kernel when we die. A child that has children needs one it can handle."""
    cwd: Path | None = None


class Child:
    """One command, kept up until it is told to stop."""

    def __init__(self, command: Command, console: Console) -> None:
        self.command = command
        self.deaths = 0
        self._console = console
        self._process: Process | None = None
        self._stopping = asyncio.Event()
        self._upkeep: asyncio.Task[None] | None = None
        self._last_line = ""

    @property
    def name(self) -> str:
        return self.command.name

    @property
    def pid(self) -> int | None:
        alive = self._process is not None and self._process.returncode is None
        return self._process.pid if alive and self._process else None

    @property
    def wanted(self) -> bool:
        """Whether it is up, or will be in a moment."""
        return self._upkeep is not None

    def start(self) -> None:
        if self._upkeep is None:
            self._stopping.clear()
            self._upkeep = asyncio.create_task(self._keep_up(), name=f"upkeep of {self.name}")

    async def stop(self, within: float | None = None) -> None:
        """Let it drain; it is killed when that takes too long."""
        self._stopping.set()
        if self._process is not None:
            limit = self.command.drain_within if within is None else within
            await processes.stop(self._process, signal.SIGTERM, within=limit)
        if self._upkeep is not None:
            await self._upkeep
            self._upkeep = None

    async def kill(self) -> None:
        """kill -9; it is started again."""
        if self._process is not None:
            await processes.kill(self._process)

    async def ready(self, within: float) -> None:
        """Return when the child answers that it is ready."""
        if self.command.ready_url is None:
            return
        before = self.deaths
        try:
            async with asyncio.timeout(within), httpx.AsyncClient(trust_env=False, timeout=5) as http:
                while not await self._answers(http, self.command.ready_url):
                    if self.deaths - before >= DEATHS_BEFORE_READY:
                        raise StartFailed(f"{self.name} ends again and again: {self._last_line or 'no words'}")
                    await asyncio.sleep(0.1)
        except TimeoutError as error:
            raise StartFailed(f"{self.name} was not ready within {within:.0f} s.") from error

    @staticmethod
    async def _answers(http: httpx.AsyncClient, url: str) -> bool:
        try:
            return (await http.get(url)).status_code == httpx.codes.OK
        except httpx.HTTPError:
            return False

    async def _keep_up(self) -> None:
        loop = asyncio.get_running_loop()
        pause = FIRST_PAUSE
        while not self._stopping.is_set():
            begin = loop.time()
            code = await self._live_once()
            if self._stopping.is_set():
                return
            self.deaths += 1
            pause = FIRST_PAUSE if loop.time() - begin > STEADY_AFTER else min(pause * 2, LONGEST_PAUSE)
            self._console.say(f"{self.name} {how_it_ended(code)}; it is started again in {pause:.1f} s")
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._stopping.wait(), pause)

    async def _live_once(self) -> int:
        process = self._process = await spawn(
            self.command.argv,
            env={**os.environ, "PYTHONUNBUFFERED": "1", **self.command.env},
            cwd=self.command.cwd,
            death_signal=self.command.death_signal,
            output=PIPE,
        )
        if self._stopping.is_set():  # we were told to stop while it was being started
            await processes.kill(process)
        assert process.stdout is not None
        async for line in lines(process.stdout):
            self._last_line = line or self._last_line
            self._console.relay(self.name, line)
        return await process.wait()


class Supervisor:
    """The children of one platform, by name, in the order in which they were added."""

    def __init__(self, console: Console, pid_file: Path) -> None:
        self.children: dict[str, Child] = {}
        self._console = console
        self._pid_file = pid_file

    def add(self, command: Command) -> None:
        if command.name in self.children:
            raise ValueError(f"two children are called {command.name}")
        self.children[command.name] = Child(command, self._console)

    def wanted(self) -> list[str]:
        return [name for name, child in self.children.items() if child.wanted]

    def start(self, names: Iterable[str]) -> None:
        for name in names:
            self.children[name].start()

    async def wait_ready(self, names: Iterable[str], *, within: float = 60.0) -> None:
        await together(self.children[name].ready(within) for name in names)
        self.remember()

    async def stop(self, names: Iterable[str], *, within: float | None = None) -> None:
        await together(self.children[name].stop(within) for name in names)

    def remember(self) -> None:
        """Write down who runs, for `kill_left_overs` of the next start."""
        pids = {child.name: child.pid for child in self.children.values() if child.pid}
        told = {
            "folder": identity_of(self._pid_file.parent),
            "children": {name: {"pid": pid, "started": started_at(pid)} for name, pid in pids.items()},
        }
        self._pid_file.write_text(json.dumps(told))

    def forget(self) -> None:
        self._pid_file.unlink(missing_ok=True)

    def kill_left_overs(self) -> bool:
        """End what a killed run on this very folder left behind where the kernel sends no signal at a parent's death;
        whether the last run was killed. A copy of the folder names the processes of another platform."""
        try:
            told = json.loads(self._pid_file.read_text())
            folder, children = (
                told["folder"],
                {name: (one["pid"], one["started"]) for name, one in told["children"].items()},
            )
        except FileNotFoundError:
            return False
        except (ValueError, KeyError, TypeError, AttributeError):
            folder, children = None, {}
        if folder is not None and folder == identity_of(self._pid_file.parent):
            for name, (pid, started) in children.items():
                if name in self.children and is_ours(pid, started, self.children[name].command):
                    self._console.say(f"{name} of an earlier run still runs (process {pid}); it is ended")
                    with contextlib.suppress(ProcessLookupError):
                        os.killpg(pid, signal.SIGKILL)
        self.forget()
        return True


def is_ours(pid: int, started: str | None, command: Command) -> bool:
    """Process ids are used again: the process must have begun when ours did, and by the same words."""
    running = command_line(pid)
    return (
        started is not None
        and started == started_at(pid)
        and running is not None
        and " ".join(command.argv[1:]) in running
    )


def how_it_ended(code: int) -> str:
    if code < 0:
        return f"was ended by {signal.Signals(-code).name}"
    return f"ended with exit code {code}"


async def together(coroutines: Iterable[Coroutine[object, object, None]]) -> None:
    """All at once; the first failure ends the others and is raised as itself."""
    try:
        async with asyncio.TaskGroup() as group:
            for coroutine in coroutines:
                group.create_task(coroutine)
    except ExceptionGroup as failures:
        raise failures.exceptions[0] from None


async def lines(stream: asyncio.StreamReader) -> AsyncIterator[str]:
    """Lines of any length: `readline` gives up on one longer than its buffer."""
    rest = b""
    while chunk := await stream.read(65536):
        *whole, rest = (rest + chunk).split(b"\n")
        for line in whole:
            yield line.decode(errors="replace")
    if rest:
        yield rest.decode(errors="replace")
