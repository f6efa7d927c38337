"""The eight processes of the services, forked from a parent that has imported them, so that a kill costs milliseconds.

They run what `make run` runs; only the way they are born differs, because 80 cold starts would leave no time for work.
"""

import asyncio
import multiprocessing
import os
import runpy
import signal
import sys
from collections import Counter
from collections.abc import Iterable, Mapping
from contextlib import suppress
from multiprocessing.context import ForkServerProcess
from pathlib import Path

import httpx
import uvicorn
from sqlalchemy.engine import make_url

from deploy.local.launch import die_with
from deploy.local.platform import Platform
from deploy.local.ports import SERVICES
from tests.shared.core.proxy import SilentProxy

PARTS = ("api", "worker")
STANDBYS_BEYOND = 20
"""Ports between a worker and its stand-by."""
STANDBY = "standby"
"""A second worker, which takes over from one that stands still."""
_context = multiprocessing.get_context("forkserver")
_context.set_forkserver_preload(
    [
        "tests.faults.fleet",
        *(f"services.{service}.{module}" for service in SERVICES for module in ("app", "subscriptions")),
    ]
)


def live(service: str, part: str, environment: Mapping[str, str], port: int, output: str) -> None:
    """The life of one child, which ends with its parent's."""
    die_with(os.getppid(), signal.SIGKILL)
    with Path(output).open("ab") as file:
        os.dup2(file.fileno(), 1)
        os.dup2(file.fileno(), 2)
    os.environ.update(environment)
    if part == "api":
        uvicorn.run(
            f"services.{service}.app:create_app",
            factory=True,
            host="127.0.0.1",
            port=port,
            access_log=False,
            log_config=None,
            timeout_graceful_shutdown=20,
        )
    else:
        sys.argv = [f"services.{service}.worker"]
        runpy.run_module(f"services.{service}.worker", run_name="__main__")


class Fleet:
    """Keeps the children up and counts how often they were killed.

    `through` leads their lines to PostgreSQL through a proxy, `standbys` gives each service a second worker."""

    def __init__(self, platform: Platform, *, through: SilentProxy | None = None, standbys: bool = False) -> None:
        self._platform, self._proxy = platform, through
        self._parts = (*PARTS, STANDBY) if standbys else PARTS
        self.take_overs: list[float] = []
        """Seconds until the stand-bys did the work of frozen leaders."""
        self._children: dict[str, ForkServerProcess] = {}
        self._upkeep: asyncio.Task[None] | None = None
        self.kills: Counter[str] = Counter()

    @property
    def names(self) -> list[str]:
        return [f"{service}.{part}" for service in SERVICES for part in self._parts]

    async def start(self) -> None:
        for name in self.names:
            self._spawn(name)
        self._upkeep = asyncio.create_task(self._keep_up())
        await self.ready()

    async def ready(self, within: float = 90.0) -> None:
        async with asyncio.timeout(within), httpx.AsyncClient(trust_env=False, timeout=5) as http:
            for name in self.names:
                while not await self._answers(http, name):
                    await asyncio.sleep(0.1)

    async def kill(self, name: str) -> None:
        child = self._children[name]
        if child.is_alive():
            child.kill()
            self.kills[name] += 1

    def freeze(self, names: Iterable[str]) -> None:
        self._signal(names, signal.SIGSTOP)

    def thaw(self, names: Iterable[str]) -> None:
        self._signal(names, signal.SIGCONT)

    def _signal(self, names: Iterable[str], number: signal.Signals) -> None:
        for name in names:
            pid = self._children[name].pid
            if pid is not None:
                with suppress(ProcessLookupError):
                    os.kill(pid, number)

    def silence(self) -> None:
        assert self._proxy is not None, "the lines of this phase lead through a proxy"
        self._proxy.silence()

    async def stop(self) -> None:
        self.thaw(self.names)
        if self._upkeep is not None:
            self._upkeep.cancel()
            with suppress(asyncio.CancelledError):
                await self._upkeep
        for child in self._children.values():
            child.terminate()
        for child in self._children.values():
            await asyncio.to_thread(child.join, 25)

    async def _keep_up(self) -> None:
        while True:
            for name, child in list(self._children.items()):
                if not child.is_alive():
                    self._spawn(name)
            await asyncio.sleep(0.05)

    def _spawn(self, name: str) -> None:
        service, part = name.split(".")
        ports = self._platform.ports
        environment = {
            **self._platform.service_environment(service),
            "LOG_LEVEL": "WARNING",
            "WORKER_PORT": str(self._worker_port(name)),
        }
        if self._proxy is not None:
            url = make_url(environment["DATABASE_URL"]).set(host="127.0.0.1", port=self._proxy.port)
            environment["DATABASE_URL"] = url.render_as_string(hide_password=False)
        output = str(self._platform.folder / f"{name}.log")
        child = _context.Process(
            target=live, args=(service, part, environment, ports.api(service), output), name=name, daemon=True
        )
        child.start()
        self._children[name] = child

    def _worker_port(self, name: str) -> int:
        service, part = name.split(".")
        return self._platform.ports.worker(service) + (STANDBYS_BEYOND if part == STANDBY else 0)

    async def _answers(self, http: httpx.AsyncClient, name: str) -> bool:
        service, part = name.split(".")
        url = self._platform.url(service) if part == "api" else f"http://127.0.0.1:{self._worker_port(name)}"
        with suppress(httpx.HTTPError):
            return (await http.get(f"{url}/readyz")).status_code == httpx.codes.OK
        return False
