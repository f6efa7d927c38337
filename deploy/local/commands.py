"""The commands that make up the platform: four APIs, four workers, and the portal."""

import signal
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Protocol

from deploy.local.ports import Ports
from deploy.local.processes import HOST
from deploy.local.supervisor import Command

ROOT = Path(__file__).parents[2]
DRAIN_SECONDS = "20"
"""Less than the 25 s after which a child is killed; an open stream would otherwise hold a stop for ever."""


class Launched(Protocol):
    """The platform, as far as its commands need to know it."""

    services: Sequence[str]
    ports: Ports
    workers: int
    folder: Path

    @property
    def issuer(self) -> str: ...

    def url(self, service: str) -> str: ...

    def worker_url(self, service: str) -> str: ...

    def service_environment(self, service: str) -> dict[str, str]: ...


def standard_commands(platform: Launched) -> list[Command]:
    apis = [api_command(platform, service) for service in platform.services]
    workers = [worker_command(platform, service) for service in platform.services]
    return [portal_command(platform), *apis, *workers]


def api_command(platform: Launched, service: str) -> Command:
    return Command(
        f"{service}.api",
        [*uvicorn(f"services.{service}.app:create_app", platform.ports.api(service)), f"--workers={platform.workers}"],
        env=platform.service_environment(service),
        ready_url=f"{platform.url(service)}/readyz",
        # With several workers uvicorn has children itself, which SIGKILL would leave behind.
        death_signal=signal.SIGKILL if platform.workers == 1 else signal.SIGTERM,
        cwd=ROOT,
    )


def worker_command(platform: Launched, service: str) -> Command:
    port = str(platform.ports.worker(service))
    return Command(
        f"{service}.worker",
        [sys.executable, "-m", f"services.{service}.worker"],
        env=platform.service_environment(service) | {"WORKER_PORT": port},
        ready_url=f"{platform.worker_url(service)}/readyz",
        cwd=ROOT,
    )


def portal_command(platform: Launched) -> Command:
    return Command(
        "portal",
        [*uvicorn("deploy.local.portal:create_portal", platform.ports.portal), "--log-level", "warning"],
        env={"PORT_BASE": str(platform.ports.base), "PLATFORM_FOLDER": str(platform.folder)},
        ready_url=f"{platform.issuer}/readyz",
        cwd=ROOT,
    )


def uvicorn(factory: str, port: int) -> list[str]:
    return [
        *[sys.executable, "-m", "uvicorn", "--factory", factory, "--host", HOST, "--port", str(port)],
        *[
            "--timeout-graceful-shutdown",
            DRAIN_SECONDS,
            "--no-access-log",
            "--no-proxy-headers",
            "--loop",
            "uvloop",
            "--http",
            "httptools",
        ],
    ]
