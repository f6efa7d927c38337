"""Whoever looks for losses sees one: each check ends red where one effect is taken away."""

import asyncio
import sys
from pathlib import Path

import pytest

from bench.__main__ import PARTS

ROOT = Path(__file__).parents[2]


@pytest.mark.slow
@pytest.mark.timeout(600)
@pytest.mark.parametrize(
    ("module", "options", "wanted"),
    [
        ("tests.faults", "--only consumers --seconds 6", ["0 of 1 phases lost nothing"]),
        ("tests.system.street", "--institutions 40 --kills 0", ["BROKEN  operations with one verdict"]),
        ("bench", "--smoke", [f"WRONG in {part.__name__.removeprefix('bench.')}" for part in PARTS]),
    ],
    ids=["faults", "campaign", "bench"],
)
async def test_a_planted_loss_is_seen(module: str, options: str, wanted: list[str]) -> None:
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", module, "--plant-loss", *options.split()),
        cwd=ROOT,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    said = (await process.communicate())[0].decode()
    assert process.returncode == 1, said
    assert [line for line in wanted if line not in said] == [], said
