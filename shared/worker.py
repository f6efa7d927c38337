"""A service's worker process: relay, consumer, imports, and health on a port of its own.

Any number of these may run: leader locks save double work and the compare-and-set on offsets keeps them apart.
"""

import asyncio
import os
import signal
import sys
from collections.abc import Callable, Coroutine, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from datetime import timedelta
from typing import Protocol

import orjson
import structlog
import uvicorn
from opentelemetry import metrics
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession, async_sessionmaker

from shared import idempotency, memory, parking
from shared.clock import utc_now
from shared.consumer import Consumer
from shared.database import open_engine, open_sessions
from shared.health import Check, Lifecycle, database_answers, health_app, migrations_at_head
from shared.imports.runner import Importer, ImportRunner
from shared.inbox import Inbox
from shared.logs import configure_logging
from shared.relay import Relay
from shared.settings import ServiceSettings
from shared.telemetry import configure_metrics

log = structlog.get_logger(__name__)

GRACE = 20.0
"""Seconds a task may take to finish what it has begun; what is cut off then is repeated, not lost."""
MEASURE_EVERY = 5.0
PURGE_EVERY = 3600.0
KEYS_KEPT = timedelta(days=7)

_meter = metrics.get_meter("shared.worker")
_pending = _meter.create_gauge("outbox.pending", unit="{record}", description="Facts the broker has not acknowledged.")
_age = _meter.create_gauge("outbox.age", unit="s", description="Age of the oldest pending fact.")
_parked = _meter.create_gauge("consumer.parked", unit="{record}", description="Records set aside; see the runbook.")
_lag = _meter.create_gauge("consumer.lag", unit="{record}", description="Records fetched by nobody yet.")

_OUTBOX = text(
    "SELECT count(*) AS pending, coalesce(extract(epoch FROM now() - min(at)), 0)::float AS age "
    "FROM outbox_pending JOIN journal ON journal.id = journal_id"
)
_PARKED = text("SELECT count(*) FROM parked")


class Job(Protocol):
    """A loop of a service's own that ends when told to."""

    def run(self, stop: asyncio.Event) -> Coroutine[None, None, None]: ...


JobFactory = Callable[[ServiceSettings, AsyncEngine, async_sessionmaker[AsyncSession]], Job]


class NotRunning(Exception):
    """A part of the worker is not at work (yet)."""


def run_worker(
    settings: ServiceSettings,
    *,
    inbox: Inbox | None = None,
    importers: Mapping[str, Importer] | None = None,
    jobs: Sequence[JobFactory] = (),
) -> None:
    """Run until SIGTERM or SIGINT, then finish what is begun. `jobs` are a service's own loops.

    For operators: `… worker parked` lists the records set aside, `… worker replay` tries them again, after a fix.
    """
    if sys.argv[1:2] in (["parked"], ["replay"]):
        print(asyncio.run(_operate(sys.argv[1], settings, inbox)))  # noqa: T201  # a command's answer
        return
    configure_logging(settings.service, settings.log_level)
    configure_metrics(settings.service)
    with asyncio.Runner() as runner:
        runner.run(_work(settings, inbox, importers or {}, jobs))


async def _operate(command: str, settings: ServiceSettings, inbox: Inbox | None) -> str:
    if inbox is None:
        return "this service listens to nothing"
    engine = open_engine(settings)
    sessions = open_sessions(engine)
    try:
        if command == "replay":
            applied, left = await parking.replay(sessions, inbox)
            return f"{applied} records applied, {left} still parked"
        async with sessions() as session:
            rows = await parking.parked_records(session, inbox.consumer)
        return "\n".join(orjson.dumps(dict(row._mapping)).decode() for row in rows) or "nothing is parked"
    finally:
        await engine.dispose()


async def _work(
    settings: ServiceSettings, inbox: Inbox | None, importers: Mapping[str, Importer], jobs: Sequence[JobFactory]
) -> None:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    engine = open_engine(settings)
    sessions = open_sessions(engine)
    relay = Relay(settings, engine)
    tasks: list[Coroutine[None, None, None]] = [relay.run(stop), _measure(engine, stop), _purge(sessions, stop)]
    checks: dict[str, Check] = {
        "database": database_answers(engine),
        "migrations": migrations_at_head(engine, settings.service),
    }
    consumer = None
    if inbox is not None:
        consumer = Consumer(settings, engine, sessions, inbox)
        tasks += [consumer.run(stop), _measure_lag(consumer, stop)]
    if importers:
        tasks.append(ImportRunner(engine, sessions, importers).run(stop))
    tasks += [job(settings, engine, sessions).run(stop) for job in jobs]
    checks["broker"] = _at_work(relay, consumer)
    lifecycle = Lifecycle(started=True)
    server = _health_server(settings, lifecycle, checks)
    if server is not None:
        tasks.append(server.serve())
    running = [asyncio.create_task(task) for task in tasks]
    memory.settle()
    log.info("worker started")
    await stop.wait()
    lifecycle.draining = True
    if server is not None:
        server.should_exit = True
    _, late = await asyncio.wait(running, timeout=GRACE)
    for task in late:
        task.cancel()
    with suppress(Exception):
        await asyncio.wait_for(engine.dispose(), 2)
    log.info("worker stopped", cut_off=len(late))
    if late:
        # A client library that ignores cancellation must not keep the process; all it held will be repeated.
        os._exit(0)


def _at_work(relay: Relay, consumer: Consumer | None) -> Check:
    async def check() -> None:
        """A stand-by worker leads nothing and is ready to; only the one that leads can be unwell."""
        if relay.failing or (consumer is not None and consumer.failing):
            raise NotRunning

    return check


def _health_server(
    settings: ServiceSettings, lifecycle: Lifecycle, checks: Mapping[str, Check]
) -> uvicorn.Server | None:
    if settings.worker_port is None:
        return None
    config = uvicorn.Config(
        health_app(lifecycle, checks),
        host=settings.worker_host,
        port=settings.worker_port,
        log_config=None,
        access_log=False,
        lifespan="off",
    )
    return _SideServer(config)


class _SideServer(uvicorn.Server):
    """Leaves the signals to the worker."""

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


async def _measure(engine: AsyncEngine, stop: asyncio.Event) -> None:
    while not stop.is_set():
        with suppress(Exception):  # a measurement missed is not a fault of the worker
            async with engine.connect() as connection:
                outbox = (await connection.execute(_OUTBOX)).one()
                parked = await connection.scalar(_PARKED)
            _pending.set(outbox.pending)
            _age.set(outbox.age)
            _parked.set(parked or 0)
        await _pause(stop)


async def _purge(sessions: async_sessionmaker[AsyncSession], stop: asyncio.Event) -> None:
    """Forget answers that nobody will ask for again."""
    while not stop.is_set():
        with suppress(Exception):  # an hour later is soon enough
            async with sessions.begin() as session:
                await idempotency.purge(session, before=utc_now() - KEYS_KEPT)
        await _pause(stop, PURGE_EVERY)


async def _measure_lag(consumer: Consumer, stop: asyncio.Event) -> None:
    while not stop.is_set():
        _lag.set(consumer.lag)
        await _pause(stop)


async def _pause(stop: asyncio.Event, seconds: float = MEASURE_EVERY) -> None:
    with suppress(TimeoutError):
        await asyncio.wait_for(stop.wait(), seconds)
