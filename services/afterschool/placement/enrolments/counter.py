"""The counter at which seats are given: the decision alone, as a transaction of its own, in one round trip.

Measured against the same statement between BEGIN and COMMIT through the ORM's session: four times as many decisions,
because a hot offering's row stays locked for the statement only, not for two more messages.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import asyncpg
from fastapi import FastAPI

from services.afterschool.placement.enrolments.decision import Ask, Decision, decide
from shared.data.database import DriverPool
from shared.http.problems import EdgeProblem
from shared.process.settings import ServiceSettings


class Counter:
    """Connections that do nothing but decide, opened at the first use."""

    def __init__(self, settings: ServiceSettings) -> None:
        self._pool = DriverPool(settings, "counter")

    async def decide(self, ask: Ask) -> Decision:
        """When this returns, the decision is final: the statement is its own transaction."""
        async with self._pool.connection() as connection:
            try:
                return await decide(connection, ask)
            except (asyncpg.PostgresConnectionError, OSError, TimeoutError) as error:
                # The link broke under the statement: nobody knows whether it was the last thing the server did.
                raise EdgeProblem(503, "outcome-unknown", headers={"Retry-After": "1"}) from error

    async def close(self) -> None:
        await self._pool.close()


@asynccontextmanager
async def open_counter(app: FastAPI) -> AsyncIterator[None]:
    """`app.state.counter`, as long as the application lives."""
    app.state.counter = counter = Counter(app.state.settings)
    try:
        yield
    finally:
        await counter.close()
