"""`make demo` on a running platform: the report's table, after an interruption and again; and the district's year."""

import asyncio
import signal
from pathlib import Path

import pytest

from deploy.demo.report import FIGURES
from deploy.local.ports import Ports
from tests.system.local_run import command, ended, started, words

BEGUN = "  violations investigated: "
"""Said in the middle of the play: between the two wings."""


@pytest.mark.slow
@pytest.mark.timeout(420)
async def test_the_report_is_told_after_an_interruption_and_other_data_are_left_alone(folder: Path) -> None:
    ports = Ports.free()
    with (folder / "said").open("wb") as said, ended() as running:
        await started(folder, ports, said, running)
        demo = await command(["deploy.demo"], folder, ports, said)
        running.append(demo)
        async with asyncio.timeout(180):
            while BEGUN not in words(folder):
                assert demo.returncode is None, words(folder)
                await asyncio.sleep(0.1)
        demo.send_signal(signal.SIGINT)
        assert await asyncio.wait_for(demo.wait(), 30) == 1, words(folder)
        assert "Interrupted: make demo goes on from here." in words(folder)
        demo = await command(["deploy.demo"], folder, ports, said)
        running.append(demo)
        assert await asyncio.wait_for(demo.wait(), 240) == 0, words(folder)
        assert f"{len(FIGURES)} figures equal, 0 differ" in words(folder)
        for size in ("full", "city"):
            other = await command(["deploy.demo", f"--size={size}"], folder, ports, said)
            running.append(other)
            assert await asyncio.wait_for(other.wait(), 60) == 1, words(folder)
    assert words(folder).count("nothing was touched") == 2


@pytest.mark.slow
@pytest.mark.timeout(240)
async def test_the_made_up_city_is_filled_and_then_left_alone(folder: Path) -> None:
    ports = Ports.free()
    with (folder / "said").open("wb") as said, ended() as running:
        await started(folder, ports, said, running)
        for expected in ("filled. See the dashboard", "The city is there already."):
            demo = await command(["deploy.demo", "--size=city"], folder, ports, said)
            running.append(demo)
            assert await asyncio.wait_for(demo.wait(), 180) == 0, words(folder)
            assert expected in words(folder)
    for step in ("violation verified by a re-visit", "complaints answered", "proposals accepted", "schools"):
        assert f"  {step}: " in words(folder)
