"""`make demo` on a running platform, from the first grid to the suspended permit."""

import asyncio
from pathlib import Path

import pytest

from deploy.local.ports import Ports
from tests.system.local_run import command, ended, started, words


@pytest.mark.slow
@pytest.mark.timeout(240)
async def test_the_made_up_city_is_filled_and_then_left_alone(folder: Path) -> None:
    ports = Ports.free()
    with (folder / "said").open("wb") as said, ended() as running:
        await started(folder, ports, said, running)
        for expected in ("filled. See the dashboard", "The city is there already."):
            demo = await command(["deploy.demo"], folder, ports, said)
            running.append(demo)
            assert await asyncio.wait_for(demo.wait(), 180) == 0, words(folder)
            assert expected in words(folder)
    for step in ("violation verified by a re-visit", "complaints answered", "proposals accepted", "schools"):
        assert f"  {step}: " in words(folder)
