"""`python -m deploy.local run|token|topics|kafka|clean`: what the Makefile calls."""

import asyncio
import contextlib
import errno
import os
import shutil
import signal
import sys
import time
from collections.abc import Coroutine
from pathlib import Path
from typing import Annotated, NoReturn

import typer

from deploy.local import tokens
from deploy.local.apache import ApacheKafka
from deploy.local.locks import FolderLock
from deploy.local.platform import LOCAL, BrokerKind, Platform
from deploy.local.ports import SERVICES, Ports
from deploy.local.processes import HOST, StartFailed
from deploy.local.topics import create_declared_topics

cli = typer.Typer(add_completion=False, no_args_is_help=True, help="Double Wings on this machine.")

Folder = Annotated[Path, typer.Option(help="Where the data is kept.")]


@cli.command()
def run(
    folder: Folder = LOCAL,
    broker: Annotated[str, typer.Option(help="embedded or apache")] = "embedded",
    workers: Annotated[int, typer.Option(min=1, help="Processes per API.")] = 1,
) -> None:
    """Start the whole platform and keep it up until Ctrl-C."""
    attempt(keep_running(folder, broker_kind(broker), workers))


@cli.command()
def token(
    role: Annotated[list[str], typer.Option(help="Repeat it or separate with commas.")],
    subject: str = "",
    district: str = "",
    street: str = "",
    team: str = "",
    school: str = "",
    institution: str = "",
    lifetime: Annotated[int, typer.Option(min=1, max=tokens.LONGEST_LIFETIME, help="Seconds.")] = tokens.LIFETIME,
    folder: Folder = LOCAL,
) -> None:
    """Print an access token and nothing else."""
    places = {"district": district, "street": street, "team": team, "school": school, "institution": institution}
    issuer = os.environ.get("ISSUER") or f"http://{HOST}:{Ports.from_environment().portal}"
    try:
        key = tokens.signing_key(folder)
        roles = tokens.split_roles(role)
        print(tokens.mint(key, issuer, roles, places | {"subject": subject}, lifetime=lifetime))
    except tokens.UnknownRole as error:
        fail(f"{str(error).capitalize()}; the roles are: {', '.join(tokens.ROLES)}.")


@cli.command()
def topics(bootstrap: str = "", replication: int = 1) -> None:
    """Create the topics of deploy/topics.yaml on a Kafka (KAFKA_BOOTSTRAP_SERVERS)."""
    servers = bootstrap or os.environ.get("KAFKA_BOOTSTRAP_SERVERS", "")
    if not servers:
        fail("Say where Kafka is: set KAFKA_BOOTSTRAP_SERVERS or give --bootstrap.")
    attempt(create_and_tell(servers, replication))


@cli.command()
def kafka(folder: Path = LOCAL / "kafka" / "data") -> None:
    """Run only an Apache Kafka, until Ctrl-C."""
    attempt(keep_kafka(folder))


@cli.command()
def clean(folder: Folder = LOCAL) -> None:
    """Remove the local data: databases, logs, the issuer's key. What was downloaded stays."""
    lock = FolderLock(folder / "run.lock")
    try:
        lock.acquire()
    except StartFailed as error:
        fail(str(error))
    for path in [*folder.glob("postgres*"), *folder.glob("*.json"), *folder.glob("*.log"), folder / "kafka" / "data"]:
        shutil.rmtree(path) if path.is_dir() else path.unlink(missing_ok=True)
    lock.release()
    print(f"The data in {folder} is removed.")


async def keep_running(folder: Path, broker: BrokerKind, workers: int) -> None:
    begin = time.monotonic()
    stopping = stop_signal()
    platform = Platform(
        folder,
        broker=broker,
        workers=workers,
        database_url=os.environ.get("DATABASE_URL") or None,
        kafka=os.environ.get("KAFKA_BOOTSTRAP_SERVERS") or None,
    )
    say = platform.console.say
    say(f"Double Wings starts; its data is in {folder}")
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


def broker_kind(name: str) -> BrokerKind:
    if name == "apache":
        return "apache"
    if name in ("embedded", ""):
        return "embedded"
    return fail(f"broker is embedded or apache, not {name!r}.")


def attempt(work: Coroutine[object, object, None]) -> None:
    """Run it; what a person can mend is told in one sentence."""
    try:
        asyncio.run(work)
    except StartFailed as error:
        fail(str(error))
    except TimeoutError:
        fail("A part did not answer in time; see platform.log in the data folder.")
    except OSError as error:
        if error.errno not in (errno.ENOSPC, errno.EDQUOT, errno.EACCES, errno.EROFS):
            raise
        fail(f"{error.strerror}: {error.filename}." if error.filename else f"{error.strerror}.")


def fail(sentence: str) -> NoReturn:
    """Leave with one sentence for the person at the keyboard."""
    print(sentence, file=sys.stderr)
    raise typer.Exit(1)


if __name__ == "__main__":
    cli()
