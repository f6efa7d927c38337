"""Bring a service's database to the newest revision, by the same command an operator uses."""

import asyncio
import os
import sys
from pathlib import Path

from deploy.failures import StartFailed
from deploy.local.processes import spawn

ROOT = Path(__file__).parents[2]


async def migrate(service: str, url: str, revision: str = "head") -> None:
    """`url` names the driver asyncpg."""
    process = await spawn(
        [sys.executable, "-m", "alembic", "--name", service, "upgrade", revision],
        cwd=ROOT,
        env=os.environ | {"DATABASE_URL": url},
        output=asyncio.subprocess.PIPE,
    )
    said, _ = await process.communicate()
    if process.returncode != 0:
        last = said.decode(errors="replace").strip().splitlines() or ["no reason given"]
        raise StartFailed(f"The migrations of {service} failed: {last[-1]}")
