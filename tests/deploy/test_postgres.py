import asyncio
import shutil
import socket
import sys
from pathlib import Path

import asyncpg
import pytest

from deploy.failures import StartFailed
from deploy.local.postgres import EmbeddedPostgres, explain, is_postgres, postmaster_lines, stop_left_over
from deploy.local.processes import HOST, free_port
from tests.infrastructure import ScratchDatabase

ROOT = Path(__file__).parents[2]


async def fetch(url: str, query: str) -> object:
    connection = await asyncpg.connect(url)
    try:
        return await connection.fetchval(query)
    finally:
        await connection.close()


async def test_databases_are_created_once_and_cloned(scratch_folder: Path) -> None:
    server = EmbeddedPostgres(scratch_folder / "clones", durable=False)
    await server.start()
    try:
        assert await server.create_database("a")
        assert not await server.create_database("a")
        await fetch(server.url("a", driver=None), "CREATE TABLE t AS SELECT 7 AS n")
        assert await server.create_database("b", template="a")
        assert await fetch(server.url("b", driver=None), "SELECT n FROM t") == 7
    finally:
        await server.stop()


async def test_committed_rows_survive_a_crash_and_the_port_stays(scratch_folder: Path) -> None:
    server = EmbeddedPostgres(scratch_folder / "crash")
    await server.start()
    url = server.url("postgres", driver=None)
    try:
        await fetch(url, "CREATE TABLE t AS SELECT 1 AS n")
        await server.kill()
        await server.start()
        assert server.url("postgres", driver=None) == url
        assert await fetch(url, "SELECT n FROM t") == 1
        assert await fetch(url, "SHOW fsync") == "on"
    finally:
        await server.stop()


async def test_one_folder_has_one_server(scratch_folder: Path) -> None:
    first = EmbeddedPostgres(scratch_folder / "locked", durable=False)
    await first.start()
    try:
        with pytest.raises(StartFailed, match="in use by another run"):
            await EmbeddedPostgres(scratch_folder / "locked", durable=False).start()
    finally:
        await first.stop()


async def test_a_copied_folder_starts_beside_the_original(scratch_folder: Path) -> None:
    original = EmbeddedPostgres(scratch_folder / "original", durable=False)
    await original.start()
    try:
        shutil.copytree(original.folder, scratch_folder / "copied")
        await stop_left_over(scratch_folder / "copied")
        assert await fetch(original.url("postgres", driver=None), "SELECT 1") == 1
        assert postmaster_lines(scratch_folder / "copied") == []
        assert postmaster_lines(original.folder)
    finally:
        await original.stop()


async def test_a_left_over_server_is_stopped_first(scratch_folder: Path) -> None:
    killed = EmbeddedPostgres(scratch_folder / "left", durable=False)
    await killed.start()
    left_over = int(postmaster_lines(killed.folder)[0])
    killed._lock.release()  # what the kernel does when the owner dies
    after = EmbeddedPostgres(scratch_folder / "left", durable=False)
    await after.start()
    try:
        assert not is_postgres(left_over)
        assert await fetch(after.url("postgres", driver=None), "SELECT 1") == 1
    finally:
        await after.stop()
    assert killed.process is not None
    await killed.process.wait()


async def test_a_port_in_use_is_one_clear_sentence(scratch_folder: Path) -> None:
    port = free_port()
    with socket.socket() as other:
        other.bind((HOST, port))
        other.listen()
        with pytest.raises(StartFailed, match=rf"^Port {port}, needed for PostgreSQL, is in use"):
            await EmbeddedPostgres(scratch_folder / "port", port).start()


async def test_the_postmaster_does_not_outlive_its_parent(scratch_folder: Path) -> None:
    folder = scratch_folder / "orphan"
    script = f"""
import asyncio, os, signal
from pathlib import Path
from deploy.local.postgres import EmbeddedPostgres
async def main():
    await EmbeddedPostgres(Path({str(folder)!r}), durable=False).start()
    os.kill(os.getpid(), signal.SIGKILL)
asyncio.run(main())
"""
    parent = await asyncio.create_subprocess_exec(sys.executable, "-c", script, cwd=ROOT)
    assert await parent.wait() == -9
    for _ in range(200):
        if not postmaster_lines(folder):
            break
        await asyncio.sleep(0.05)
    assert postmaster_lines(folder) == []


@pytest.mark.parametrize(
    ("said", "sentence"),
    [
        ("FATAL: could not write: No space left on device", "The disk that holds /data is full."),
        ("could not create: Permission denied", "PostgreSQL may not write to /data: permission denied."),
        ("FATAL:  database files are incompatible with server", "was made by another version"),
        ("LOG: x\nFATAL:  no idea\n", "PostgreSQL did not start on /data: FATAL:  no idea"),
    ],
)
def test_failures_are_explained_in_one_sentence(said: str, sentence: str) -> None:
    assert sentence in explain(said, Path("/data"))


async def test_scratch_databases_are_separate(scratch_database: ScratchDatabase) -> None:
    first = await scratch_database("empty", migrate=False)
    second = await scratch_database("empty", migrate=False)
    assert first != second
    assert await fetch(first.replace("+asyncpg", ""), "SELECT 1") == 1
