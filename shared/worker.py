"""A service's worker process: relay, consumer, imports, and health on a port of its own.

Any number of these may run: leader locks save double work and the compare-and-set on offsets keeps them apart.
"""

import asyncio
import getpass
import math
import os
import signal
import sys
import time
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

from shared.data.abandoned import watch_abandoned
from shared.data.database import open_engine, open_sessions
from shared.data.leadership import pause
from shared.domain.clock import utc_now
from shared.facts import parking
from shared.facts.consumer import Consumer
from shared.facts.inbox import Inbox
from shared.facts.relay import Relay
from shared.http import idempotency
from shared.http.health import Check, Lifecycle, database_answers, health_app, migrations_at_head
from shared.imports.runner import Importer, ImportRunner
from shared.process import memory
from shared.process.logs import configure_logging
from shared.process.settings import ServiceSettings
from shared.process.telemetry import configure_metrics

try:
    import uvloop
except ImportError:  # there is none for Windows
    uvloop = None  # type: ignore[assignment]  # as the import says

log = structlog.get_logger(__name__)

GRACE = 20.0
"""Seconds a task may take to finish what it has begun; what is cut off then is repeated, not lost."""
MEASURE_EVERY = 5.0
PURGE_EVERY = 3600.0
TELL_EVERY = 60.0
KEYS_KEPT = timedelta(days=7)

_meter = metrics.get_meter("shared.worker")
_pending = _meter.create_gauge("outbox.pending", unit="{record}", description="Facts the broker has not acknowledged.")
_age = _meter.create_gauge("outbox.age", unit="s", description="Age of the oldest pending fact.")
_parked = _meter.create_gauge("consumer.parked", unit="{record}", description="Records set aside; see the runbook.")
_standing = _meter.create_gauge(
    "consumer.standing", unit="s", description="For how long the slowest partition has not moved while records wait."
)

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
    """Run until SIGTERM or SIGINT, then finish what has begun. `jobs` are a service's own loops.

    If a part ends by itself, the process ends with exit code 1, so that its supervisor restarts it. For operators: `…
    worker parked`, `… worker replay`, `… worker discard <id> [reason]`.
    """
    if len(sys.argv) > 1:
        configure_logging(settings.service, settings.log_level, sys.stderr)
        sys.exit(asyncio.run(operate(sys.argv[1:], settings, inbox)))
    configure_logging(settings.service, settings.log_level)
    configure_metrics(settings.service)
    with asyncio.Runner(loop_factory=uvloop.new_event_loop if uvloop else None) as runner:
        well = runner.run(_work(settings, inbox, importers or {}, jobs))
    sys.exit(0 if well else 1)


USAGE = """\
parked                  list the records set aside, a JSON object a line
replay                  try all of them again, after a fix
discard <id> [reason]   give one up for good; it is kept in the table `discarded`, with who and why"""


async def operate(command: Sequence[str], settings: ServiceSettings, inbox: Inbox | None) -> int:
    """Run an operator's command; returns its exit code."""
    known = list(command) in (["parked"], ["replay"]) or (
        command[0] == "discard" and len(command) >= 2 and command[1].isdecimal()
    )
    if not known or inbox is None:
        print(USAGE if inbox is not None else "This service listens to nothing.", file=sys.stderr)  # noqa: T201  # a command's answer
        return 2
    engine = open_engine(settings)
    try:
        said, code = await _operate(command, open_sessions(engine), inbox)
    finally:
        await engine.dispose()
    print(said)  # noqa: T201  # a command's answer
    return code


async def _operate(command: Sequence[str], sessions: async_sessionmaker[AsyncSession], inbox: Inbox) -> tuple[str, int]:
    if command[0] == "replay":
        done, left = await parking.replay(sessions, inbox)
        return f"{done} records done with, {left} still parked", 0
    if command[0] == "discard":
        because = " ".join(command[2:]) or None
        released = await parking.discard(sessions, inbox, int(command[1]), by=_operator(), because=because)
        if released is None:
            return f"nothing is parked under {command[1]}", 1
        return f"discarded {command[1]}; {released} records behind it are done with", 0
    async with sessions() as session:
        rows = await parking.parked_records(session, inbox.consumer)
    told = [{str(name): value for name, value in row._mapping.items()} for row in rows]
    return "\n".join(orjson.dumps(one, default=str).decode() for one in told) or "nothing is parked", 0


def _operator() -> str:
    """The account at the keyboard; in a container, only a number."""
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return f"uid {os.getuid()}"


async def _work(
    settings: ServiceSettings, inbox: Inbox | None, importers: Mapping[str, Importer], jobs: Sequence[JobFactory]
) -> bool:
    """Run the parts; returns whether they ended because they were told to."""
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    engine = open_engine(settings)
    sessions = open_sessions(engine)
    relay = Relay(settings, engine)
    parts: dict[str, Coroutine[None, None, None]] = {
        "relay": relay.run(stop),
        "measures": _measure(engine, stop),
        "purge": _purge(sessions, stop),
        "abandoned": watch_abandoned(engine, settings.service, stop),
    }
    checks: dict[str, Check] = {
        "database": database_answers(engine),
        "migrations": migrations_at_head(engine, settings.service),
    }
    consumer = None
    if inbox is not None:
        consumer = Consumer(settings, engine, sessions, inbox)
        parts |= {"consumer": consumer.run(stop), "progress": _watch_progress(consumer, stop)}
    if importers:
        parts["imports"] = ImportRunner(engine, sessions, importers).run(stop)
    for job in jobs:
        made = job(settings, engine, sessions)
        parts[type(made).__name__] = made.run(stop)
    checks["broker"] = _at_work(relay)
    if consumer is not None:
        checks["consumer"] = _at_work(consumer)
    lifecycle = Lifecycle(started=True)
    server = _health_server(settings, lifecycle, checks)
    if server is not None:
        parts["health"] = server.serve()
    memory.freeze()
    log.info("worker started")

    def drain() -> None:
        lifecycle.draining = True
        if server is not None:
            server.should_exit = True

    well, late = await supervise(parts, stop, drain)
    with suppress(Exception):
        await asyncio.wait_for(engine.dispose(), 2)
    log.info("worker stopped", cut_off=late)
    if late:
        # A client library that ignores cancellation must not keep the process; all it held will be repeated.
        sys.stdout.flush()
        os._exit(0 if well else 1)
    return well


async def supervise(
    parts: Mapping[str, Coroutine[None, None, None]],
    stop: asyncio.Event,
    drain: Callable[[], None],
    *,
    grace: float = GRACE,
) -> tuple[bool, list[str]]:
    """Run all parts until told to stop, or until one ends by itself. Returns whether it was told to stop, and which
    parts were cut off."""
    running = {asyncio.create_task(part, name=name) for name, part in parts.items()}
    told = asyncio.create_task(stop.wait())
    await asyncio.wait({*running, told}, return_when=asyncio.FIRST_COMPLETED)
    well = stop.is_set()
    for task in running:
        if not well and task.done():
            error = None if task.cancelled() else task.exception()
            log.critical("a part of the worker ended", part=task.get_name(), exc_info=error)
    stop.set()
    drain()
    await told
    _, late = await asyncio.wait(running, timeout=grace)
    for task in late:
        task.cancel()
    for task in running - late:
        if well and not task.cancelled() and task.exception() is not None:
            log.error("a part of the worker failed at the end", part=task.get_name(), exc_info=task.exception())
    return well, sorted(task.get_name() for task in late)


def _at_work(part: Relay | Consumer) -> Check:
    async def check() -> None:
        """A stand-by worker leads nothing and is ready for it; only a leader can be unwell."""
        if part.failing:
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
        await pause(stop, MEASURE_EVERY)


async def _purge(sessions: async_sessionmaker[AsyncSession], stop: asyncio.Event) -> None:
    """Delete stored answers that nobody will ask for again."""
    while not stop.is_set():
        try:
            async with sessions.begin() as session:
                await idempotency.purge(session, before=utc_now() - KEYS_KEPT)
        except Exception as error:  # an hour later is soon enough
            log.warning("old keys of requests not removed", error=type(error).__name__)
        await pause(stop, PURGE_EVERY)


async def _watch_progress(consumer: Consumer, stop: asyncio.Event) -> None:
    """Measure how far the consumer is behind and whether it moves; a standstill is logged once a minute."""

    def lag(_: object) -> Iterator[metrics.Observation]:
        if consumer.progress.lag is not None:  # of what is not known, or another worker's, nothing is said
            yield metrics.Observation(consumer.progress.lag)

    _meter.create_observable_gauge(
        "consumer.lag",
        [lag],
        unit="{record}",
        description="Records between PostgreSQL's offsets and the ends of the log.",
    )
    told = -math.inf
    while not stop.is_set():
        with suppress(Exception):  # while the database or the broker is away, the last measure holds and its clock runs
            await consumer.measure()
        now = time.monotonic()
        _standing.set(consumer.progress.standing(now))
        stuck = consumer.progress.stuck(now)
        if stuck and now - told >= TELL_EVERY:
            told = now
            log.error(
                "consumer stands still",
                consumer=consumer.inbox.consumer,
                seconds=round(consumer.progress.standing(now)),
                partitions={f"{tp.topic}[{tp.partition}]": position for tp, position in stuck.items()},
            )
        await pause(stop, MEASURE_EVERY)
