"""A scratch database with the shared tables, and events of a service that does not exist."""

from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import ClassVar
from uuid import UUID

import pytest
from sqlalchemy import BigInteger, Column, MetaData, Table, Uuid, func, insert, select
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession, async_sessionmaker

from shared.data.database import new_id, open_engine, open_sessions, shared_metadata
from shared.events import Event
from shared.facts.inbox import Delivery, Inbox, Record
from shared.facts.journal import Fact, record_many
from shared.facts.relay import Message
from shared.process.settings import ServiceSettings
from tests.infrastructure import Broker, ScratchDatabase


class Happened(Event):
    type: ClassVar[str] = "example.thing.happened.v1"
    topic: ClassVar[str] = "example.things.v1"
    number: int


class Ignored(Event):
    type: ClassVar[str] = "example.thing.ignored.v1"
    topic: ClassVar[str] = "example.things.v1"


class ExampleSettings(ServiceSettings):
    service: ClassVar[str] = "example"


effects = Table(
    "effect",
    MetaData(),
    Column("place", BigInteger, primary_key=True, autoincrement=True),
    Column("key", Uuid, nullable=False),
    Column("number", BigInteger, nullable=False),
)
"""Where handlers of these tests write: a duplicate or a reordering is visible here."""


@dataclass
class Thing:
    """The least an aggregate must have."""

    id: UUID = field(default_factory=new_id)
    version: int = 0


async def write_effects(session: AsyncSession, deliveries: list[Delivery]) -> None:
    await session.execute(
        insert(effects),
        [{"key": delivery.envelope.key, "number": delivery.event.number} for delivery in deliveries],  # type: ignore[attr-defined]  # all are Happened
    )


CATALOGUE: dict[str, type[Event]] = {event.type: event for event in (Happened, Ignored)}


def example_inbox(handle: object = write_effects, consumer: str = "example") -> Inbox:
    return Inbox(consumer, CATALOGUE, frozenset({Happened}), handle, frozenset({Happened.topic}))  # type: ignore[arg-type]  # tests pass partial handlers


@pytest.fixture
async def url(scratch_database: ScratchDatabase) -> str:
    return await scratch_database("example", migrate=False)


@pytest.fixture
def settings(url: str) -> ExampleSettings:
    return ExampleSettings(
        database_url=url, kafka_bootstrap_servers="127.0.0.1:1", issuer="http://issuer", jwks_url="http://issuer/jwks"
    )


@pytest.fixture
async def engine(settings: ExampleSettings) -> AsyncIterator[AsyncEngine]:
    engine = open_engine(settings)
    async with engine.begin() as connection:
        await connection.run_sync(shared_metadata.create_all)
        await connection.run_sync(effects.metadata.create_all)
    yield engine
    await engine.dispose()


@pytest.fixture
def sessions(engine: AsyncEngine) -> async_sessionmaker[AsyncSession]:
    return open_sessions(engine)


@pytest.fixture
def kafka_settings(settings: ExampleSettings, broker: Broker) -> ExampleSettings:
    return settings.model_copy(
        update={
            "kafka_bootstrap_servers": broker.bootstrap,
            "kafka_idempotence": broker.idempotence,
            "kafka_groups": broker.idempotence,
        }
    )


async def tell(session: AsyncSession, key: UUID, first: int, count: int = 1) -> None:
    """Journal `count` facts of one thing, whose numbers are its versions."""
    await record_many(session, [Fact(key, n, Happened(number=n)) for n in range(first, first + count)])


async def numbers_of(session: AsyncSession, key: UUID) -> list[int]:
    found = await session.scalars(select(effects.c.number).where(effects.c.key == key).order_by(effects.c.place))
    return list(found)


async def count(session: AsyncSession, table: Table) -> int:
    return await session.scalar(select(func.count()).select_from(table)) or 0


def as_records(messages: list[Message], *, partition: int = 0, start: int = 0) -> list[Record]:
    """Messages as the broker would hand them to the consumer of one partition."""
    return [
        Record(topic, partition, start + place, headers, value)
        for place, (topic, _, value, headers) in enumerate(messages)
    ]
