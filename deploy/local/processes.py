"""Child processes of the local platform: started so that they die with us, stopped within a time limit."""

import asyncio
import contextlib
import os
import signal
import socket
import subprocess
import sys
from asyncio.subprocess import Process
from collections.abc import AsyncIterator, Mapping, Sequence
from pathlib import Path
from typing import IO

from deploy.failures import StartFailed

HOST = "127.0.0.1"
LAUNCHER = Path(__file__).with_name("launch.py")


async def spawn(
    command: Sequence[str | Path],
    *,
    env: Mapping[str, str] | None = None,
    cwd: Path | None = None,
    user: str | None = None,
    death_signal: signal.Signals = signal.SIGKILL,
    output: IO[bytes] | int | None = None,
) -> Process:
    """Start `command` in a session of its own: Ctrl-C in the terminal reaches the supervisor alone."""
    launch = [
        sys.executable,
        "-I",
        "-S",
        str(LAUNCHER),
        str(int(death_signal)),
        str(os.getpid()),
        user or "-",
    ]
    return await asyncio.create_subprocess_exec(
        *launch,
        *map(str, command),
        env=None if env is None else dict(env),
        cwd=cwd,
        stdin=asyncio.subprocess.DEVNULL,
        stdout=output,
        stderr=None if output is None else asyncio.subprocess.STDOUT,
        start_new_session=True,
    )


async def stop(process: Process, sig: signal.Signals = signal.SIGTERM, *, within: float = 25.0) -> None:
    """Ask the process to end with `sig`; kill it when it has not ended in time."""
    if process.returncode is None:
        with contextlib.suppress(ProcessLookupError):
            process.send_signal(sig)
    try:
        await asyncio.wait_for(process.wait(), within)
    except TimeoutError:
        await kill(process)


async def kill(process: Process) -> None:
    """End the process and whatever it started, at once."""
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    await process.wait()


def command_line(pid: int) -> str | None:
    """What the process was started with; None when there is no such process."""
    if Path("/proc/self").exists():
        try:
            return Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
        except OSError:
            return None
    shown = subprocess.run(["ps", "-p", str(pid), "-o", "args="], capture_output=True, text=True, check=False)
    return shown.stdout.strip() or None


def started_at(pid: int) -> str | None:
    """When the process began, in words that no other process with its id shares; None when there is none."""
    if Path("/proc/self").exists():
        try:
            # The name of the program, in brackets, may hold spaces; the 22nd field is the start in ticks since boot.
            fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
            return f"{Path('/proc/sys/kernel/random/boot_id').read_text().strip()} {fields[19]}"
        except (OSError, IndexError):
            return None
    shown = subprocess.run(["ps", "-p", str(pid), "-o", "lstart="], capture_output=True, text=True, check=False)
    return shown.stdout.strip() or None


def identity_of(folder: Path) -> str | None:
    """The folder itself, whatever it is called: a copy is another one, a folder that was moved is the same."""
    try:
        found = folder.stat()
    except OSError:
        return None
    return f"{found.st_dev}:{found.st_ino}"


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        port: int = probe.getsockname()[1]
        return port


def require_free_port(port: int, *, purpose: str) -> None:
    """Say at once which port is taken, and for what we wanted it."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError as error:
            raise StartFailed(f"Port {port}, needed for {purpose}, is in use by another program.") from error


@contextlib.asynccontextmanager
async def ready_within(seconds: float, what: str) -> AsyncIterator[None]:
    try:
        async with asyncio.timeout(seconds):
            yield
    except TimeoutError as error:
        raise StartFailed(f"{what} was not ready within {seconds:.0f} s.") from error


async def accepts_connections(port: int) -> bool:
    try:
        _, writer = await asyncio.open_connection(HOST, port)
    except OSError:
        return False
    writer.close()
    with contextlib.suppress(OSError):
        await writer.wait_closed()
    return True
