import asyncio
import io
import json
import os
import shutil
import signal
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from deploy.failures import StartFailed
from deploy.local.console import Console
from deploy.local.processes import command_line, free_port, identity_of, started_at
from deploy.local.supervisor import Command, Supervisor
from tests.deploy import standins

SCRIPT = standins.__file__


class Stage:
    """A supervisor with stand-ins and what they wrote down."""

    def __init__(self, folder: Path) -> None:
        self.journal = folder / "journal"
        self.screen = io.StringIO()
        self.supervisor = Supervisor(Console(stream=self.screen), folder / "children.json")

    def add(self, name: str, how: str = "well", *, drain_within: float = 5) -> Command:
        port = free_port()
        command = Command(
            name,
            [sys.executable, str(SCRIPT), name, str(port), str(self.journal), how],
            ready_url=f"http://127.0.0.1:{port}/readyz",
            drain_within=drain_within,
        )
        self.supervisor.add(command)
        return command

    async def up(self, *names: str) -> None:
        self.supervisor.start(names)
        await self.supervisor.wait_ready(names, within=10)

    @property
    def happened(self) -> list[str]:
        return self.journal.read_text().splitlines()


@pytest.fixture
async def stage(tmp_path: Path) -> AsyncIterator[Stage]:
    stage = Stage(tmp_path)
    yield stage
    await stage.supervisor.stop(stage.supervisor.children, within=0.5)


async def test_children_start_in_the_order_asked_and_their_words_carry_their_name(stage: Stage) -> None:
    stage.add("a.api")
    stage.add("b.api")
    await stage.up("a.api")
    await stage.up("b.api")
    assert stage.happened == ["a.api started", "b.api started"]
    assert "a.api               | a.api says hello\n" in stage.screen.getvalue()


async def test_a_killed_child_is_started_again_and_a_line_says_so(stage: Stage) -> None:
    stage.add("a.api")
    await stage.up("a.api")
    child = stage.supervisor.children["a.api"]
    first = child.pid
    await child.kill()
    await stage.supervisor.wait_ready(["a.api"], within=10)
    assert child.pid not in (None, first)
    assert "a.api was ended by SIGKILL; it is started again" in stage.screen.getvalue()


async def test_a_stopped_child_stays_down_until_it_is_started(stage: Stage) -> None:
    stage.add("a.api")
    await stage.up("a.api")
    await stage.supervisor.stop(["a.api"])
    await asyncio.sleep(0.5)
    assert stage.happened == ["a.api started", "a.api stopped"]
    assert stage.supervisor.children["a.api"].pid is None
    await stage.up("a.api")
    assert stage.happened[-1] == "a.api started"


async def test_a_child_that_does_not_drain_is_killed(stage: Stage) -> None:
    stage.add("a.api", "stubborn", drain_within=0.3)
    await stage.up("a.api")
    await asyncio.wait_for(stage.supervisor.stop(["a.api"]), 3)
    assert stage.supervisor.children["a.api"].pid is None


async def test_a_child_that_cannot_start_is_one_sentence_with_its_last_words(stage: Stage) -> None:
    stage.add("a.api", "dies")
    with pytest.raises(StartFailed, match=r"^a\.api ends again and again: ValueError: no such setting$"):
        await stage.up("a.api")


def remember(folder: Path, pids: dict[str, int], **wrong: str) -> None:
    children = {name: {"pid": pid, "started": wrong.get("started", started_at(pid))} for name, pid in pids.items()}
    (folder / "children.json").write_text(json.dumps({"folder": identity_of(folder), "children": children}))


async def test_left_overs_of_a_killed_run_are_ended(stage: Stage, tmp_path: Path) -> None:
    command = stage.add("a.api")
    left_over = await asyncio.create_subprocess_exec(*command.argv, start_new_session=True)
    other = await asyncio.create_subprocess_exec("sleep", "60", start_new_session=True)
    stage.add("b.api")
    remember(tmp_path, {"a.api": left_over.pid, "b.api": other.pid})
    while str(SCRIPT) not in (command_line(left_over.pid) or ""):
        await asyncio.sleep(0.01)
    stage.supervisor.kill_left_overs()
    assert await asyncio.wait_for(left_over.wait(), 5) == -signal.SIGKILL
    assert other.returncode is None, "a process id in use by another program is left alone"
    other.kill()
    await other.wait()


async def test_a_copied_folder_names_processes_that_are_not_its_own(stage: Stage, tmp_path: Path) -> None:
    stage.add("a.api")
    await stage.up("a.api")
    pid = stage.supervisor.children["a.api"].pid
    assert pid is not None
    copied = tmp_path.with_name(f"{tmp_path.name}-copied")
    shutil.copytree(tmp_path, copied)
    copy = Stage(copied)
    copy.supervisor.add(stage.supervisor.children["a.api"].command)
    assert copy.supervisor.kill_left_overs(), "the run it was copied from did not stop"
    assert is_running(pid), "the original goes on"
    assert not (copied / "children.json").exists()


@pytest.mark.parametrize("content", ['{"a.api": 1}', "[]", "x", '{"folder": null, "children": {}}'])
async def test_a_note_of_another_kind_ends_nothing(stage: Stage, tmp_path: Path, content: str) -> None:
    (tmp_path / "children.json").write_text(content)
    assert stage.supervisor.kill_left_overs()


async def test_a_process_that_took_over_the_id_is_left_alone(stage: Stage, tmp_path: Path) -> None:
    command = stage.add("a.api")
    other = await asyncio.create_subprocess_exec(*command.argv, start_new_session=True)
    remember(tmp_path, {"a.api": other.pid}, started="an hour ago")
    while str(SCRIPT) not in (command_line(other.pid) or ""):
        await asyncio.sleep(0.01)
    stage.supervisor.kill_left_overs()
    assert is_running(other.pid)
    other.kill()
    await other.wait()


async def test_kill_9_of_the_parent_leaves_no_child(tmp_path: Path) -> None:
    script = f"""
import asyncio
from pathlib import Path
from tests.deploy.test_supervisor import Stage
async def main():
    stage = Stage(Path({str(tmp_path)!r}))
    stage.add("a.api")
    stage.add("b.worker", "stubborn")
    await stage.up("a.api", "b.worker")
    print(*[child.pid for child in stage.supervisor.children.values()], flush=True)
    await asyncio.sleep(60)
asyncio.run(main())
"""
    parent = await asyncio.create_subprocess_exec(
        sys.executable, "-c", script, stdout=asyncio.subprocess.PIPE, cwd=Path(__file__).parents[2]
    )
    assert parent.stdout is not None
    pids = [int(word) for word in (await asyncio.wait_for(parent.stdout.readline(), 15)).split()]
    assert len(pids) == 2
    os.kill(parent.pid, signal.SIGKILL)
    await parent.communicate()
    for _ in range(100):
        if not any(is_running(pid) for pid in pids):
            return
        await asyncio.sleep(0.05)
    raise AssertionError("children outlived their parent")


def is_running(pid: int) -> bool:
    """A zombie nobody reaped yet is no running process; it has no command line."""
    return bool(command_line(pid))
