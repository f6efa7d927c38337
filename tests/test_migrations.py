"""Every service's migrations: up, nothing left to generate, down to nothing, up again."""

import asyncio
import os
import sys
from pathlib import Path

import asyncpg
import pytest

from deploy.failures import StartFailed
from deploy.local.migrations import migrate
from tests.infrastructure import ScratchDatabase

ROOT = Path(__file__).parents[1]
STEPS = (("upgrade", "head"), ("check",), ("downgrade", "base"), ("upgrade", "head"))


@pytest.mark.slow
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


async def test_a_database_of_another_version_is_refused_with_what_to_do(scratch_database: ScratchDatabase) -> None:
    url = await scratch_database("metrics", migrate=False)
    connection = await asyncpg.connect(url.replace("postgresql+asyncpg", "postgresql", 1))
    await connection.execute("CREATE TABLE alembic_version AS SELECT '0042' AS version_num")
    await connection.close()
    with pytest.raises(StartFailed, match=r"metrics is at revision 0042, which this version does not know.*make clean"):
        await migrate("metrics", url)
