"""The long commands of `python -m deploy.local`."""

import asyncio
import contextlib
import os
import signal
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

from deploy.failures import StartFailed
from deploy.local.apache import JARS, ApacheKafka
from deploy.local.launch import die_with
from deploy.local.migrations import migrate
from deploy.local.platform import ROOT, BrokerKind, Platform
from deploy.local.ports import SERVICES, Ports
from deploy.local.postgres import EmbeddedPostgres
from deploy.local.processes import spawn
from deploy.topics import create_declared_topics


async def keep_running(folder: Path, broker: BrokerKind, workers: int) -> None:
    begin = time.monotonic()
    stopping = stop_signal()
    if "MAKELEVEL" in os.environ:  # a killed `make run` must not leave us behind
        die_with(os.getppid(), signal.SIGTERM)
    platform = Platform(
        folder,
        broker=broker,
        workers=workers,
        database_url=os.environ.get("DATABASE_URL") or None,
        kafka=os.environ.get("KAFKA_BOOTSTRAP_SERVERS") or None,
    )
    say = platform.console.say
    say(f"Double Wings starts; its data is in {folder}")
    if broker == "apache" and not JARS.exists():
        say("Apache Kafka is fetched from Maven Central; this happens once.")
    starting = asyncio.create_task(platform.start())
    if not await first_of(starting, stopping):
        say("Stopped before it was ready.")
        return
    say(f"Ready after {time.monotonic() - begin:.1f} s.\n\n{addresses(platform)}\n")
    await stopping.wait()
    say("\nStopping: the services finish what they began, within 25 s.")
    begin = time.monotonic()
    await platform.stop()
    say(f"Stopped after {time.monotonic() - begin:.1f} s.")


async def first_of(starting: "asyncio.Task[None]", stopping: asyncio.Event) -> bool:
    """Whether the start came to its end before somebody stopped it."""
    told = asyncio.create_task(stopping.wait())
    await asyncio.wait({starting, told}, return_when=asyncio.FIRST_COMPLETED)
    told.cancel()
    if starting.done():
        starting.result()
        return True
    starting.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await starting
    return False


def addresses(platform: Platform) -> str:
    lines = [f"  {'portal':<12} {platform.issuer}"]
    lines += [f"  {service:<12} {platform.url(service)}/docs" for service in SERVICES]
    lines += [
        f"  {'PostgreSQL':<12} {platform.database_url('registry', driver=None)}",
        f"  {'Kafka':<12} {platform.bootstrap}",
        "",
        "  A token and a first question:",
        "    TOKEN=$(make token role=bureau)",
        f'    curl -H "Authorization: Bearer $TOKEN" {platform.url("registry")}/v1/institutions',
        "",
        "  Something to see, in under a minute: make demo",
        "",
        "  Ctrl-C stops everything; the data stays and the next run continues with it.",
    ]
    return "\n".join(lines)


async def keep_kafka(folder: Path) -> None:
    stopping = stop_signal()
    broker = ApacheKafka(folder, Ports.from_environment().broker)
    try:
        await broker.start()
        await create_declared_topics(broker.bootstrap)
        print(f"Apache Kafka is ready at {broker.bootstrap}; Ctrl-C stops it.", flush=True)
        await stopping.wait()
    finally:
        await broker.stop()


async def create_and_tell(servers: str, replication: int) -> None:
    created = await create_declared_topics(servers, within=10, replication=replication)
    print(f"Created: {', '.join(created)}." if created else "All topics are there already.")


def stop_signal() -> asyncio.Event:
    stopping = asyncio.Event()
    for sig in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        asyncio.get_running_loop().add_signal_handler(sig, stopping.set)
    return stopping


async def migrate_databases(folder: Path, services: Sequence[str]) -> None:
    platform = Platform(folder, database_url=os.environ.get("DATABASE_URL") or None, services=services)
    if platform.postgres is not None:
        await platform.postgres.start()
    try:
        await platform.prepare_databases()
    finally:
        if platform.postgres is not None:
            await platform.postgres.stop()
    print(f"At the newest revision: {', '.join(services)}.")


async def write_revision(service: str, message: str) -> None:
    """On a throw-away server: the difference must not depend on what somebody's database happens to hold."""
    with tempfile.TemporaryDirectory(prefix="double-wings-") as folder:
        server = EmbeddedPostgres(Path(folder) / "postgres", durable=False)
        await server.start()
        try:
            await server.create_database(service)
            await migrate(service, server.url(service))
            alembic = [sys.executable, "-m", "alembic", "--name", service, "revision", "--autogenerate", "-m", message]
            process = await spawn(alembic, cwd=ROOT, env=os.environ | {"DATABASE_URL": server.url(service)})
            if await process.wait() != 0:
                raise StartFailed("Alembic wrote no revision; what it said stands above.")
        finally:
            await server.stop("immediate")
