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
from collections.abc import Mapping
from contextlib import suppress
from multiprocessing.context import ForkServerProcess
from pathlib import Path

import httpx
import uvicorn

from deploy.local.launch import die_with
from deploy.local.platform import Platform
from deploy.local.ports import SERVICES

PARTS = ("api", "worker")
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
    """Keeps the children up and counts how often they were killed."""

    def __init__(self, platform: Platform) -> None:
        self._platform = platform
        self._children: dict[str, ForkServerProcess] = {}
        self._upkeep: asyncio.Task[None] | None = None
        self.kills: Counter[str] = Counter()

    @property
    def names(self) -> list[str]:
        return [f"{service}.{part}" for service in SERVICES for part in PARTS]

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

    async def stop(self) -> None:
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
            "WORKER_PORT": str(ports.worker(service)),
        }
        output = str(self._platform.folder / f"{name}.log")
        child = _context.Process(
            target=live, args=(service, part, environment, ports.api(service), output), name=name, daemon=True
        )
        child.start()
        self._children[name] = child

    async def _answers(self, http: httpx.AsyncClient, name: str) -> bool:
        service, part = name.split(".")
        url = self._platform.url(service) if part == "api" else self._platform.worker_url(service)
        with suppress(httpx.HTTPError):
            return (await http.get(f"{url}/readyz")).status_code == httpx.codes.OK
        return False
