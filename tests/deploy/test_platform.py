"""The platform with its real engines and stand-ins for the services."""

import asyncio
import os
import signal
import socket
import sys
from collections.abc import AsyncIterator, Callable, Sequence
from pathlib import Path

import asyncpg
import pytest

from deploy.failures import StartFailed
from deploy.local import platform as module
from deploy.local.platform import Platform
from deploy.local.ports import Ports
from deploy.local.postgres import is_postgres, postmaster_lines
from deploy.local.processes import HOST
from deploy.local.supervisor import Command
from deploy.topics import create_topics, declared_topics
from tests.deploy import standins
from tests.infrastructure import Broker

ROOT = Path(__file__).parents[2]


def stand_ins(platform: Platform) -> Sequence[Command]:
    journal = str(platform.folder / "journal")
    api, worker = platform.ports.api("registry"), platform.ports.worker("registry")
    return [
        Command(
            name,
            [sys.executable, str(standins.__file__), name, str(port), journal],
            ready_url=f"http://{HOST}:{port}/readyz",
        )
        for name, port in (("registry.api", api), ("registry.worker", worker))
    ]


@pytest.fixture
def forgotten(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The databases that were told to say everything again."""
    told: list[str] = []

    async def forget_log(url: str) -> None:
        told.append(url.rpartition("/")[2])

    async def migrate(service: str, url: str) -> None:
        """The stand-ins have no tables."""

    monkeypatch.setattr(module, "forget_log", forget_log)
    monkeypatch.setattr(module, "migrate", migrate)
    return told


def make_platform(folder: Path, ports: Ports, kafka: str | None = None) -> Platform:
    return Platform(
        folder, ports=ports, durable=False, commands=stand_ins, services=["registry"], kafka=kafka, quiet=True
    )


@pytest.fixture
async def platform(scratch_folder: Path, tmp_path: Path, forgotten: list[str]) -> AsyncIterator[Platform]:
    async with make_platform(scratch_folder / tmp_path.name, Ports.free()) as platform:
        yield platform


def happened(platform: Platform) -> list[str]:
    return (platform.folder / "journal").read_text().splitlines()


async def until(condition: Callable[[], bool]) -> None:
    """Wait for what the platform does by itself."""
    async with asyncio.timeout(15):
        while not condition():
            await asyncio.sleep(0.05)


async def answers(url: str) -> bool:
    connection = await asyncpg.connect(url)
    await connection.close()
    return True


async def test_a_second_start_on_the_folder_is_refused(platform: Platform) -> None:
    with pytest.raises(StartFailed, match="is in use by another run; stop that one first"):
        await make_platform(platform.folder, Ports.free()).start()


async def test_a_lost_broker_comes_back_and_the_workers_after_it(platform: Platform, forgotten: list[str]) -> None:
    assert forgotten == ["registry"], "the embedded log is always fresh at a start"
    assert platform.broker is not None
    assert platform.broker.process is not None
    api = platform.pid("registry.api")
    os.killpg(platform.broker.process.pid, signal.SIGKILL)
    await until(lambda: happened(platform).count("registry.worker started") == 2)
    assert forgotten == ["registry", "registry"]
    assert happened(platform)[-2:] == ["registry.worker stopped", "registry.worker started"]
    assert platform.pid("registry.api") == api
    assert await create_topics(platform.bootstrap, declared_topics()) == []


async def test_a_crashed_database_is_started_again(platform: Platform) -> None:
    data = platform.folder / "postgres"
    before = postmaster_lines(data)[0]
    os.kill(int(before), signal.SIGQUIT)
    await until(lambda: postmaster_lines(data)[-1:] == ["ready"] and postmaster_lines(data)[0] != before)
    assert await answers(platform.database_url("registry", driver=None))


async def test_engines_stopped_on_purpose_stay_down_until_started(platform: Platform) -> None:
    await platform.stop_postgres("immediate")
    await platform.kill_broker()
    await asyncio.sleep(0.5)
    assert platform.postgres is not None
    assert platform.broker is not None
    assert platform.postgres.process is None
    assert platform.broker.process is None
    await platform.start_postgres()
    await platform.start_broker()
    assert await answers(platform.database_url("registry", driver=None))
    await until(lambda: happened(platform).count("registry.worker started") == 2)


async def test_a_stop_ends_services_before_their_engines(
    scratch_folder: Path, tmp_path: Path, forgotten: list[str]
) -> None:
    platform = make_platform(scratch_folder / tmp_path.name, Ports.free())
    await platform.start()
    postmaster = int(postmaster_lines(platform.folder / "postgres")[0])
    await platform.stop()
    assert sorted(happened(platform)[-2:]) == ["registry.api stopped", "registry.worker stopped"]
    assert not is_postgres(postmaster)
    platform.ports.require_free()
    await platform.start()  # the same folder again
    assert happened(platform).count("registry.api started") == 2
    await platform.stop()


async def test_make_run_says_which_port_is_taken(tmp_path: Path) -> None:
    ports = Ports.free()
    with socket.socket() as other:
        other.bind((HOST, ports.api("inspection")))
        other.listen()
        run = await asyncio.create_subprocess_exec(
            *[sys.executable, "-m", "deploy.local", "run", f"--folder={tmp_path}"],
            cwd=ROOT,
            env=os.environ | {"PORT_BASE": str(ports.base)},
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
        )
        _, said = await run.communicate()
    assert run.returncode == 1
    port = ports.api("inspection")
    assert said.decode() == f"Port {port}, needed for the API of inspection, is in use by another program.\n"


async def test_another_log_than_the_last_one_makes_the_journals_speak_again(
    scratch_folder: Path, tmp_path: Path, forgotten: list[str], broker: Broker
) -> None:
    folder = scratch_folder / tmp_path.name
    async with make_platform(folder, Ports.free()):
        pass
    forgotten.clear()
    async with make_platform(folder, Ports.free(), broker.bootstrap):
        assert forgotten == ["registry"]
    async with make_platform(folder, Ports.free(), broker.bootstrap):
        assert forgotten == ["registry"], "the same log: the positions hold"
