"""`make run` as a process of a test."""

import asyncio
import os
import signal
import sys
from asyncio.subprocess import Process
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from deploy.local.ports import Ports

ROOT = Path(__file__).parents[2]


@contextmanager
def ended() -> Iterator[list[Process]]:
    """What a failed test leaves running is ended with it."""
    running: list[Process] = []
    try:
        yield running
    finally:
        for process in running:
            if process.returncode is None:
                process.send_signal(signal.SIGTERM)


async def started(folder: Path, ports: Ports, said: IO[bytes], running: list[Process]) -> Process:
    """`make run` on this folder, ready."""
    before = words(folder).count("Ready after")
    process = await command(["deploy.local", "run"], folder, ports, said)
    running.append(process)
    async with asyncio.timeout(150):
        while words(folder).count("Ready after") == before:
            assert process.returncode is None, words(folder)
            await asyncio.sleep(0.05)
    return process


async def command(words: Sequence[str], folder: Path, ports: Ports, said: IO[bytes]) -> Process:
    """`python -m` with these words, on embedded parts whatever the tests themselves run on."""
    ours = ("DATABASE_URL", "MAKELEVEL", "KAFKA_BOOTSTRAP_SERVERS")
    environment = {key: value for key, value in os.environ.items() if key not in ours}
    return await asyncio.create_subprocess_exec(
        *[sys.executable, "-m", *words, f"--folder={folder}"],
        cwd=ROOT,
        env=environment | {"PORT_BASE": str(ports.base)},
        stdout=said,
        stderr=said,
    )


def words(folder: Path) -> str:
    return (folder / "said").read_text(encoding="utf-8")
