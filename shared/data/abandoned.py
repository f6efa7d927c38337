"""Ends the transactions of clients that fell silent between two messages of one statement.

The driver prepares a statement and executes it in two steps. A client that freezes or vanishes between them leaves a
backend that waits for it with all the transaction's locks. PostgreSQL has no limit for this wait: it is neither an
idle transaction (`idle_in_transaction_session_timeout`) nor a running statement (`statement_timeout`), and where a
kernel or a proxy goes on acknowledging, keepalives notice nothing.
"""

import asyncio
from contextlib import suppress
from typing import Final

import structlog
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from shared.data.leadership import pause

log = structlog.get_logger(__name__)

AFTER: Final = 20.0
"""Seconds: as long as an idle transaction may last. Between the two messages a client that lives needs milliseconds."""
LOOK_EVERY: Final = 5.0

# COPY reads from its client while it runs, and the limit of statements ends it.
_END_ABANDONED = text(
    """
    SELECT pid, pg_terminate_backend(pid) AS ended, left(query, 60) AS statement FROM pg_stat_activity
    WHERE datname = current_database() AND usename = current_user AND pid <> pg_backend_pid()
      AND (application_name = :service OR starts_with(application_name, :service || '-'))
      AND state = 'active' AND wait_event = 'ClientRead' AND query NOT ILIKE 'copy %'
      AND state_change < clock_timestamp() - make_interval(secs => :after)
    """
)


async def end_abandoned(engine: AsyncEngine, service: str, *, after: float) -> int:
    """Terminate backends of this service that have waited so many seconds in the middle of a statement; how many."""
    async with engine.connect() as connection:
        found = (await connection.execute(_END_ABANDONED, {"service": service, "after": after})).all()
    for one in found:
        log.warning("abandoned transaction ended", pid=one.pid, statement=one.statement)
    return len(found)


async def watch_abandoned(engine: AsyncEngine, service: str, stop: asyncio.Event) -> None:
    while not stop.is_set():
        with suppress(Exception):  # while the database is away there is nothing to end
            await end_abandoned(engine, service, after=AFTER)
        await pause(stop, LOOK_EVERY)
