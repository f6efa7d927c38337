"""`python -m deploy.local run|token|topics|kafka|migrate|revision|clean`: what the Makefile calls.

Commands import what they need when they run: a token should not wait for the database drivers.
"""

import asyncio
import os
import shutil
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, NoReturn

import typer

from deploy.failures import run_command
from deploy.local import tokens
from deploy.local.locks import FolderLock
from deploy.local.ports import SERVICES, Ports
from deploy.local.processes import HOST

if TYPE_CHECKING:
    from deploy.local.platform import BrokerKind

LOCAL = Path(__file__).parents[2] / ".local"

cli = typer.Typer(
    add_completion=False,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    help="Double Wings on this machine.",
)

Folder = Annotated[Path, typer.Option(help="Where the data is kept.")]


@cli.command()
def run(
    folder: Folder = LOCAL,
    broker: Annotated[str, typer.Option(help="embedded or apache")] = "embedded",
    workers: Annotated[int, typer.Option(min=1, help="Processes per API.")] = 1,
) -> None:
    """Start the whole platform and keep it up until Ctrl-C."""
    from deploy.local.running import keep_running

    asyncio.run(keep_running(folder, broker_kind(broker), workers))


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
    from deploy.local.running import create_and_tell

    asyncio.run(create_and_tell(servers, replication))


@cli.command()
def kafka(folder: Path = LOCAL / "kafka" / "data") -> None:
    """Run only an Apache Kafka, until Ctrl-C."""
    from deploy.local.running import keep_kafka

    asyncio.run(keep_kafka(folder))


@cli.command()
def migrate(service: str = "", folder: Folder = LOCAL) -> None:
    """Bring the databases (or one) to the newest revision: those of DATABASE_URL's server, or the local ones."""
    from deploy.local.running import migrate_databases

    asyncio.run(migrate_databases(folder, [known_service(service)] if service else list(SERVICES)))


@cli.command()
def revision(service: str, message: str) -> None:
    """Write a migration from the difference between the code and its migrations so far."""
    from deploy.local.running import write_revision

    asyncio.run(write_revision(known_service(service), message))


@cli.command()
def clean(folder: Folder = LOCAL) -> None:
    """Remove the local data: databases, evidence, logs, the issuer's key. What was downloaded stays."""
    lock = FolderLock(folder / "run.lock")
    lock.acquire()
    for path in [
        *folder.glob("postgres*"),
        *folder.glob("*.json"),
        *folder.glob("*.log"),
        folder / "evidence",
        folder / "followed-log",
        folder / "kafka" / "data",
    ]:
        shutil.rmtree(path) if path.is_dir() else path.unlink(missing_ok=True)
    lock.release()
    print(f"The data in {folder} is removed.")


def known_service(name: str) -> str:
    return name if name in SERVICES else fail(f"The services are {', '.join(SERVICES)}; {name!r} is none.")


def broker_kind(name: str) -> "BrokerKind":
    if name == "apache":
        return "apache"
    if name in ("embedded", ""):
        return "embedded"
    return fail(f"broker is embedded or apache, not {name!r}.")


def fail(sentence: str) -> NoReturn:
    """Leave with one sentence for the person at the keyboard."""
    print(sentence, file=sys.stderr)
    raise typer.Exit(1)


if __name__ == "__main__":
    run_command(cli)
