"""Every service's migrations: up, nothing left to generate, down to nothing, up again."""

import asyncio
import os
import sys
from pathlib import Path

import pytest

from tests.infrastructure import ScratchDatabase

ROOT = Path(__file__).parents[1]
STEPS = (("upgrade", "head"), ("check",), ("downgrade", "base"), ("upgrade", "head"))


@pytest.mark.parametrize("service", ["registry", "inspection", "afterschool", "metrics"])
async def test_up_check_down_up(service: str, scratch_database: ScratchDatabase) -> None:
    url = await scratch_database(service, migrate=False)
    # One process for all steps: importing the service is most of the time.
    script = f"""
from alembic.config import main
for step in {STEPS!r}:
    main(["--name", {service!r}, *step], prog="alembic")
"""
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-c",
        script,
        cwd=ROOT,
        env={**os.environ, "DATABASE_URL": url},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    said, _ = await process.communicate()
    assert process.returncode == 0, said.decode()
