"""What every test may stand on: a PostgreSQL, scratch databases migrated once per service, a broker, topics.

The embedded parts are the default. `DATABASE_URL` (any database of a server where we may create some) and
`KAFKA_BOOTSTRAP_SERVERS` replace them; `KAFKA=apache` starts a real Apache Kafka.
"""

import asyncio
import os
import shutil
import tempfile
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any
from uuid import uuid4

import asyncpg
import pytest

from deploy.local import migrations
from deploy.local.apache import ApacheKafka
from deploy.local.broker import EmbeddedBroker
from deploy.local.postgres import EmbeddedPostgres, create_database
from deploy.topics import Topic, create_topics
from shared.data.database import Connection
from shared.domain import clock
from tests.clock import DayClock, wanted_origin
from tests.infrastructure import Broker, DatabaseServer, ExternalBroker, ExternalPostgres, ScratchDatabase, Topics

clock.machine_time = DayClock(wanted_origin())  # before any test module computes a day

MEMORY = Path("/dev/shm")
ROOM = 3 * 1024**3
"""Bytes of memory that a run's databases may take; with less free they go to the disk, and a clone takes 0.3 s."""


@pytest.fixture(scope="session", autouse=True)
def openers_of_connections() -> Iterator[None]:
    """A connection that nobody closes is reported when it is collected, often in a later test: name its opener."""
    plain = Connection.__init__

    def remember(self: Connection, *args: Any, **more: Any) -> None:
        plain(self, *args, **more)
        test, task = os.environ.get("PYTEST_CURRENT_TEST"), asyncio.current_task()
        self._source_traceback = (  # type: ignore[attr-defined]  # the stubs of the driver leave it out
            f"{test}, in {task.get_name() if task else None}"
        )

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Connection, "__init__", remember)
        yield


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The worlds of a file of the edge are built once: its tests stay in one worker, and come first."""
    for item in items:
        if item.path.parent.name == "edge":
            item.add_marker(pytest.mark.xdist_group(item.path.stem))
    items.sort(key=lambda item: item.get_closest_marker("xdist_group") is None)


@pytest.fixture(scope="session")
def scratch_folder() -> Iterator[Path]:
    """Not pytest's own temporary folder: that one is closed to the unprivileged user PostgreSQL runs as."""
    in_memory = MEMORY.is_dir() and os.access(MEMORY, os.W_OK) and shutil.disk_usage(MEMORY).free > ROOM
    folder = Path(tempfile.mkdtemp(prefix="double-wings-", dir=MEMORY if in_memory else None))
    yield folder
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="session")
async def postgres(scratch_folder: Path) -> AsyncIterator[DatabaseServer]:
    external = os.environ.get("DATABASE_URL")
    if external:
        yield ExternalPostgres(external)
        return
    server = EmbeddedPostgres(scratch_folder / "postgres", durable=False)
    await server.start()
    yield server
    await server.stop("immediate")


@pytest.fixture(scope="session")
async def scratch_database(postgres: DatabaseServer) -> AsyncIterator[ScratchDatabase]:
    """`await scratch_database("registry")` gives the URL of a fresh database cloned from a migrated template.

    `migrate=False` gives an empty one. All are dropped at the end of the session."""
    run = uuid4().hex[:8]
    server = postgres.url("postgres", driver=None)
    templates: dict[str, asyncio.Task[str]] = {}
    created: list[str] = []

    async def template_of(service: str) -> str:
        name = f"template_{service}_{run}"
        created.append(name)
        await create_database(server, name)
        await migrations.migrate(service, postgres.url(name))
        return name

    async def scratch(service: str, *, migrate: bool = True) -> str:
        template = None
        if migrate:
            if service not in templates:
                templates[service] = asyncio.create_task(template_of(service))
            template = await templates[service]
        name = f"{service}_{run}_{len(created)}"
        created.append(name)
        await create_database(server, name, template)
        return postgres.url(name)

    yield scratch
    connection = await asyncpg.connect(server)
    for name in created:
        await connection.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')
    await connection.close()


@pytest.fixture
async def fresh_database(postgres: DatabaseServer, scratch_database: ScratchDatabase) -> AsyncIterator[ScratchDatabase]:
    """As `scratch_database`, but what it gave is dropped when the test ends."""
    given: list[str] = []

    async def fresh(service: str, *, migrate: bool = True) -> str:
        given.append(await scratch_database(service, migrate=migrate))
        return given[-1]

    yield fresh
    connection = await asyncpg.connect(postgres.url("postgres", driver=None))
    for url in given:
        await connection.execute(f'DROP DATABASE IF EXISTS "{url.rpartition("/")[2]}" WITH (FORCE)')
    await connection.close()


@pytest.fixture(scope="session")
async def broker(scratch_folder: Path) -> AsyncIterator[Broker]:
    """A broker of this session, with `.bootstrap` and `.idempotence`."""
    external = os.environ.get("KAFKA_BOOTSTRAP_SERVERS")
    if external:
        yield ExternalBroker(external)
        return
    apache = os.environ.get("KAFKA") == "apache"
    started = ApacheKafka(scratch_folder / "kafka") if apache else EmbeddedBroker()
    await started.start()
    yield started
    await started.stop()


@pytest.fixture(scope="session")
def topics(broker: Broker) -> Topics:
    """`await topics("registry.institutions.v1", partitions=3)` creates a topic for one test and gives its
    name, which begins with the stem."""

    async def create(stem: str = "topic", *, partitions: int = 3) -> str:
        name = f"{stem}-{uuid4().hex[:8]}"
        await create_topics(broker.bootstrap, [Topic(name, partitions)])
        return name

    return create
