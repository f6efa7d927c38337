"""A process that a crash test may lose: a relay, a consumer, or the API of the example service.

`python -m tests.shared.core.child relay|consumer|api DATABASE_URL BOOTSTRAP PORT`; `FAILPOINTS` arms its windows.
"""

import asyncio
import json
import os
import sys

import uvicorn
from joserfc import jwk

from shared.data.database import open_engine, open_sessions
from shared.facts.consumer import Consumer
from shared.facts.relay import Relay
from tests.shared import edge_example
from tests.shared.core.conftest import ExampleSettings, example_inbox


async def main(part: str, database_url: str, bootstrap: str, idempotence: str) -> None:
    full = idempotence == "true"
    settings = ExampleSettings(
        database_url=database_url,
        kafka_bootstrap_servers=bootstrap,
        kafka_idempotence=full,
        kafka_groups=full,
        issuer="http://issuer",
        jwks_url="http://issuer/jwks",
    )
    engine = open_engine(settings)
    if part == "relay":
        await Relay(settings, engine).run(asyncio.Event())
    else:
        await Consumer(settings, engine, open_sessions(engine), example_inbox()).run(asyncio.Event())


if __name__ == "__main__":
    if sys.argv[1] == "api":
        edge_example.KEY = jwk.ECKey.import_key(json.loads(os.environ["EXAMPLE_KEY"]))
        uvicorn.run(edge_example.example_app(sys.argv[2]), host="127.0.0.1", port=int(sys.argv[4]), log_level="error")
    else:
        asyncio.run(main(*sys.argv[1:]))
