"""Bring a service's database to the newest revision, by the same command an operator uses."""

import asyncio
import os
import re
import sys
from pathlib import Path

from deploy.failures import StartFailed
from deploy.local.processes import spawn

ROOT = Path(__file__).parents[2]
UNKNOWN_REVISION = re.compile(r"Can't locate revision identified by '(\w+)'")


async def migrate(service: str, url: str, revision: str = "head") -> None:
    """`url` names the driver asyncpg. A database whose revision this version does not know raises StartFailed."""
    process = await spawn(
        [sys.executable, "-m", "alembic", "--name", service, "upgrade", revision],
        cwd=ROOT,
        env=os.environ | {"DATABASE_URL": url},
        output=asyncio.subprocess.PIPE,
    )
    said, _ = await process.communicate()
    if process.returncode != 0:
        last = said.decode(errors="replace").strip().splitlines() or ["no reason given"]
        if unknown := UNKNOWN_REVISION.search(last[-1]):
            raise StartFailed(
                f"The database of {service} is at revision {unknown[1]}, which this version does not know: another "
                f"version made it, and its data cannot be used. Remove the local data with `make clean` (on your own "
                f"server, drop the database `{service}`) and start again."
            )
        raise StartFailed(f"The migrations of {service} failed: {last[-1]}")
