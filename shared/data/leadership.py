"""One of many: a lease that saves work, with an end. Nothing here is needed for safety.

A leader holds a row of `lease` until a time of the database's clock, and moves that time on while it lives. One that
is frozen, or whose host vanished, moves nothing: after `LASTS` seconds another worker takes over, whatever the kernel
of the first still acknowledges. An advisory lock would stay as long as its connection.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from uuid import uuid4
from weakref import WeakKeyDictionary

import structlog
from aiokafka.errors import KafkaError
from sqlalchemy import Column, DateTime, Table, Text, TextClause, Uuid, bindparam, text
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from shared.data.database import private_connection, shared_metadata
from shared.data.outages import Fault, database_fault
from shared.process.pace import Pace

log = structlog.get_logger(__name__)

LASTS = 12.0
"""Seconds a lease holds after its last renewal. With `ASK_EVERY`, the longest time nobody leads."""
RENEW_EVERY = 3.0
ASK_EVERY = 1.0
ANSWER_WITHIN = 4.0
FIRST_PAUSE = 0.5
LONGEST_PAUSE = 5.0
STEADY_AFTER = 30.0

lease = Table(
    "lease",
    shared_metadata,
    Column("task", Text, primary_key=True),
    Column("holder", Uuid, nullable=False),
    Column("until", DateTime(timezone=True), nullable=False),
)

_HOLDER = bindparam("holder", type_=Uuid)
_TAKE = text(
    """
    INSERT INTO lease (task, holder, until)
    VALUES (:task, :holder, clock_timestamp() + make_interval(secs => :lasts))
    ON CONFLICT (task) DO UPDATE SET holder = excluded.holder, until = excluded.until
    WHERE lease.holder = excluded.holder OR lease.until < clock_timestamp()
    RETURNING true
    """
).bindparams(_HOLDER)
_RENEW = text(
    """
    UPDATE lease SET until = clock_timestamp() + make_interval(secs => :lasts)
    WHERE task = :task AND holder = :holder AND until > clock_timestamp() RETURNING true
    """
).bindparams(_HOLDER)
_GIVE_BACK = text("DELETE FROM lease WHERE task = :task AND holder = :holder RETURNING true").bindparams(_HOLDER)

Work = Callable[[], Awaitable[None]]


class _Line:
    """The connection on which all leases of a process are kept; it is not the pool's, and there is one per engine."""

    def __init__(self) -> None:
        self._connection: AsyncConnection | None = None
        self._turn = asyncio.Lock()
        self.users = 0

    async def ask(self, engine: AsyncEngine, statement: TextClause, values: Mapping[str, object]) -> bool:
        async with self._turn:
            try:
                async with asyncio.timeout(ANSWER_WITHIN):
                    if self._connection is None:
                        self._connection = await private_connection(engine)
                    return (await self._connection.execute(statement, values)).first() is not None
            except BaseException:
                await self._drop()
                raise

    async def close(self) -> None:
        async with self._turn:
            await self._drop()

    async def _drop(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            with suppress(Exception):
                await asyncio.wait_for(connection.close(), 2)


_lines: WeakKeyDictionary[AsyncEngine, _Line] = WeakKeyDictionary()


class Lease:
    """One claim to lead a task, held or not."""

    def __init__(self, engine: AsyncEngine, task: str) -> None:
        self._engine, self.task, self._holder = engine, task, uuid4()
        self._line = _lines.setdefault(engine, _Line())

    async def __aenter__(self) -> "Lease":
        self._line.users += 1
        return self

    async def __aexit__(self, *_: object) -> None:
        self._line.users -= 1
        if self._line.users == 0:
            await self._line.close()

    async def take(self) -> bool:
        try:
            return await self._ask(_TAKE)
        except Exception as error:
            log.warning("the lease cannot be asked for", task=self.task, error=type(error).__name__)
            return False

    async def keep(self) -> None:
        """Renew the lease; returns when it is lost, or could not be renewed before it ended."""
        loop = asyncio.get_running_loop()
        held_until = loop.time() + LASTS
        while loop.time() < held_until:
            await asyncio.sleep(RENEW_EVERY)
            asked = loop.time()
            try:
                if not await self._ask(_RENEW):
                    return
                held_until = asked + LASTS
            except Exception as error:
                log.warning("lease not renewed", task=self.task, error=type(error).__name__)

    async def give_back(self) -> None:
        """End the lease at once, so that the next leader need not wait."""
        with suppress(Exception):
            await self._ask(_GIVE_BACK)

    async def _ask(self, statement: TextClause) -> bool:
        return await self._line.ask(
            self._engine, statement, {"task": self.task, "holder": self._holder, "lasts": LASTS}
        )


async def run_as_leader(
    engine: AsyncEngine, task: str, work: Work, stop: asyncio.Event, *, standing_by: Callable[[], None] | None = None
) -> None:
    """Until told to stop: wait to lead `task`, then do `work`; again when it ends, fails, or the lease is lost.

    `work` watches `stop` itself and returns soon after. It is cancelled only when another process leads. `standing_by`
    is called each time another process leads.
    """
    loop = asyncio.get_running_loop()
    wait = FIRST_PAUSE
    async with Lease(engine, task) as lease:
        while not stop.is_set():
            if not await lease.take():
                if standing_by is not None:
                    standing_by()
                await pause(stop, ASK_EVERY)
                continue
            begun = loop.time()
            try:
                await _lead(lease, work)
            except Exception as error:
                fault = database_fault(error)
                if fault is Fault.SLOW or (fault is None and not isinstance(error, KafkaError)):
                    log.exception("work of the leader failed", task=task)
                else:
                    log.warning("work of the leader interrupted", task=task, error=type(error).__name__)
                wait = FIRST_PAUSE if loop.time() - begun > STEADY_AFTER else min(wait * 2, LONGEST_PAUSE)
                await pause(stop, wait)


async def look_while_leading(
    engine: AsyncEngine, task: str, look: Callable[[], Awaitable[int]], stop: asyncio.Event, pace: Pace
) -> None:
    """In the one worker that leads `task`, look for work again and again; `look` does what it finds, and counts it.

    The next look follows at once if there was work, else after the pause that `pace` gives.
    """

    async def work() -> None:
        while not stop.is_set():
            found = await look() > 0
            wait = pace.after(found=found)
            if not found:
                await pause(stop, wait)

    await run_as_leader(engine, task, work, stop)


async def _lead(lease: Lease, work: Work) -> None:
    keeping = asyncio.create_task(lease.keep())
    working = asyncio.ensure_future(work())
    try:
        await asyncio.wait({keeping, working}, return_when=asyncio.FIRST_COMPLETED)
        if working.done():
            await working
        else:
            log.warning("another worker leads", task=lease.task)
    finally:
        for running in (keeping, working):
            running.cancel()
        await asyncio.gather(keeping, working, return_exceptions=True)
        await lease.give_back()


async def pause(stop: asyncio.Event, seconds: float) -> None:
    """Wait so long, or until the process is told to stop."""
    with suppress(TimeoutError):
        await asyncio.wait_for(stop.wait(), seconds)
