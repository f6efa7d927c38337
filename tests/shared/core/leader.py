"""A process that leads and says so: `python -m tests.shared.core.leader DATABASE_URL`."""

import asyncio
import sys

from shared.data.database import open_engine
from shared.data.leadership import run_as_leader
from tests.shared.core.conftest import ExampleSettings


async def main(database_url: str) -> None:
    settings = ExampleSettings(
        database_url=database_url, kafka_bootstrap_servers="127.0.0.1:1", issuer="http://issuer", jwks_url="http://i"
    )

    async def work() -> None:
        print("leads", flush=True)
        await asyncio.sleep(600)

    await run_as_leader(open_engine(settings), "example", work, asyncio.Event())


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1]))
