"""No name and no telephone number reaches a log, whatever fails with it in its hands."""

import asyncio
import io
import json
import logging
import sys
from collections.abc import AsyncIterator, Iterator
from datetime import datetime
from typing import ClassVar
from uuid import uuid4

import asyncpg
import pytest
from pydantic import BaseModel
from sqlalchemy import insert, text
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession, async_sessionmaker

from shared.data.database import open_engine, open_sessions, shared_metadata
from shared.facts import consumer
from shared.facts.consumer import Consumer
from shared.imports.reader import Row
from shared.imports.runner import ImportRunner, RowReport
from shared.imports.tables import import_file, import_job
from shared.process.logs import configure_logging
from shared.process.tracebacks import without_values
from tests.infrastructure import ScratchDatabase
from tests.shared.core.conftest import ExampleSettings, as_records, example_inbox
from tests.shared.core.test_consumer import PARTITION
from tests.shared.core.test_inbox import messages_of, ready

NAME, PHONE = "金丝雀", "13812345678"
CANARIES = (NAME, PHONE, NAME.encode("unicode_escape").decode())


@pytest.fixture
def logs() -> Iterator[io.StringIO]:
    """What a process of ours writes, from `logging` and structlog."""
    root, hook = logging.getLogger(), sys.excepthook
    handlers, level, stream = list(root.handlers), root.level, io.StringIO()
    configure_logging("example", "DEBUG", stream)
    yield stream
    root.handlers, sys.excepthook = handlers, hook
    root.setLevel(level)


@pytest.fixture
async def engine(scratch_database: ScratchDatabase) -> AsyncIterator[AsyncEngine]:
    settings = _settings(await scratch_database("example", migrate=False))
    engine = open_engine(settings)
    async with engine.begin() as connection:
        await connection.run_sync(shared_metadata.create_all)
        await connection.execute(text("CREATE TABLE person (phone text UNIQUE, name text)"))
        await connection.execute(text("INSERT INTO person VALUES (:phone, :name)"), {"phone": PHONE, "name": NAME})
    yield engine
    await engine.dispose()


def _settings(url: str) -> ExampleSettings:
    return ExampleSettings(
        database_url=url, kafka_bootstrap_servers="127.0.0.1:1", issuer="http://issuer", jwks_url="http://issuer/jwks"
    )


async def enter_again(session: AsyncSession) -> None:
    await session.execute(text("INSERT INTO person VALUES (:phone, :name)"), {"phone": PHONE, "name": NAME})


class Broken(BaseModel):
    phone: int


async def fail_in_many_ways(session: AsyncSession, way: int) -> None:
    match way:
        case 0:
            await enter_again(session)
        case 1:
            await session.execute(text("SELECT CAST(CAST(:name AS text) AS integer)"), {"name": NAME})
        case 2:
            Broken.model_validate({"phone": NAME})
        case 3:
            int(NAME)
        case 4:
            raise RuntimeError(f"{NAME} has no {PHONE}")
        case _:
            await session.execute(text("SELECT CAST(:phone AS uuid)"), {"phone": PHONE})


class PeopleImporter:
    fields: ClassVar[frozenset[str]] = frozenset({"name"})
    table: ClassVar[str] = "person"

    def __init__(self, way: int) -> None:
        self._way = way

    async def apply(
        self, session: AsyncSession, rows: list[Row], *, scope: str | None, dry_run: bool, at: datetime
    ) -> list[RowReport]:
        await fail_in_many_ways(session, self._way)
        raise AssertionError("it fails")


@pytest.mark.parametrize("way", range(6))
async def test_an_import_that_fails_tells_no_value(engine: AsyncEngine, logs: io.StringIO, way: int) -> None:
    sessions, job = open_sessions(engine), uuid4()
    async with sessions.begin() as session:
        mapping = {"columns": {"name": "name"}, "constants": {}}
        values = {"id": job, "kind": "people", "state": "queued", "dry_run": False, "filename": "a.csv"}
        await session.execute(insert(import_job).values(**values, mapping=mapping, actor="somebody"))
        await session.execute(insert(import_file).values(job_id=job, content=f"name\n{NAME}\n".encode()))
    runner = ImportRunner(engine, sessions, {"people": PeopleImporter(way)})  # type: ignore[dict-item]  # lists, not sequences
    assert await runner.run_next()
    assert_nothing_told(logs, "import failed")


@pytest.mark.parametrize("way", range(6))
async def test_a_consumer_that_fails_tells_no_value(
    engine: AsyncEngine, logs: io.StringIO, way: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(consumer, "FIRST_PAUSE", 0.0)
    sessions: async_sessionmaker[AsyncSession] = open_sessions(engine)

    async def handle(session: AsyncSession, deliveries: object) -> None:
        await fail_in_many_ways(session, way)

    records = as_records(await messages_of(engine, sessions, (uuid4(), 1, 1)))
    inbox = await ready(sessions, example_inbox(handle))
    settings = _settings(str(engine.url)).model_copy(update={"kafka_groups": False})
    await Consumer(settings, engine, sessions, inbox)._take(None, PARTITION, 0, records)
    assert_nothing_told(logs, "record parked")


def assert_nothing_told(logs: io.StringIO, event: str) -> None:
    said = logs.getvalue()
    lines = [json.loads(line) for line in said.splitlines()]
    assert event in [line["event"] for line in lines]
    assert any("Traceback" in line.get("exception", "") or "File" in line.get("exception", "") for line in lines)
    assert [canary for canary in CANARIES if canary in said] == []


async def test_what_nobody_caught_tells_no_value(logs: io.StringIO) -> None:
    async def forgotten() -> None:
        raise ValueError(NAME)

    task = asyncio.create_task(forgotten())
    await asyncio.wait({task})
    asyncio.get_running_loop().call_exception_handler(
        {"message": "Task exception was never retrieved", "exception": task.exception(), "future": task}
    )
    try:
        raise KeyError(PHONE)
    except KeyError as error:
        sys.excepthook(KeyError, error, error.__traceback__)
    assert "Task exception was never retrieved" in logs.getvalue()
    assert [canary for canary in CANARIES if canary in logs.getvalue()] == []


def test_a_traceback_says_where_and_which_constraint() -> None:
    error = asyncpg.UniqueViolationError(f"Key (phone)=({PHONE}) already exists.")
    error.constraint_name, error.table_name = "uq_person_phone", "person"
    try:
        try:
            raise error
        except asyncpg.UniqueViolationError as cause:
            raise RuntimeError(NAME) from cause
    except RuntimeError as raised:
        told = without_values(raised)
    assert "constraint_name=uq_person_phone" in told
    assert "test_logs.py" in told
    assert told.index("UniqueViolationError") < told.rindex("RuntimeError")
    assert PHONE not in told


async def test_no_engine_prints_parameters(engine: AsyncEngine) -> None:
    assert engine.sync_engine.hide_parameters
