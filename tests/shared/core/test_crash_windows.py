"""Every crash window W1 to W13, by SIGKILL in a process of its own: nothing lost, nothing twice, nothing out of order.

The same windows by exception: test_idempotency.py (W1 to W4), test_relay.py (W5 to W7), test_inbox.py (W9, W10, W13).
"""

import asyncio
import json
import os
import socket
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

import httpx
import pytest
from aiokafka import AIOKafkaConsumer, TopicPartition
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession, async_sessionmaker

from deploy.topics import Topic, create_topics
from shared.data.database import new_id
from shared.facts.consumer import Consumer
from shared.facts.inbox import Delivery
from shared.facts.journal import outbox_pending
from shared.facts.relay import Relay
from shared.process.failpoints import InjectedFault, armed
from tests.infrastructure import Broker
from tests.shared import edge_example
from tests.shared.core.conftest import ExampleSettings, Happened, count, example_inbox, numbers_of, tell, write_effects

pytestmark = pytest.mark.kafka
Sessions = async_sessionmaker[AsyncSession]
EXAMPLE_KEY = {"EXAMPLE_KEY": json.dumps(edge_example.KEY.as_dict(private=True))}
"""The children's issuer is this process."""


@asynccontextmanager
async def child(*arguments: str, failpoints: str = "") -> AsyncIterator[asyncio.subprocess.Process]:
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "tests.shared.core.child",
        *arguments,
        env={**os.environ, **EXAMPLE_KEY, "FAILPOINTS": failpoints},
    )
    try:
        yield process
    finally:
        with suppress(ProcessLookupError):
            process.kill()
        await process.wait()


@asynccontextmanager
async def running(part: Relay | Consumer) -> AsyncIterator[None]:
    """The same part in this process: the one that comes after the one that died."""
    stop = asyncio.Event()
    task = asyncio.create_task(part.run(stop))
    try:
        yield
    finally:
        stop.set()
        await asyncio.wait_for(task, 20)


async def until(condition: object, *, seconds: float = 30.0) -> None:
    async with asyncio.timeout(seconds):
        while not await condition():  # type: ignore[operator]  # an async callable
            await asyncio.sleep(0.05)


@pytest.fixture(scope="module")
async def topic(broker: Broker) -> str:
    """The example's topic on the session's broker; made once, read by partitions' ends."""
    await create_topics(broker.bootstrap, [Topic(Happened.topic, 3)])
    return Happened.topic


async def versions_in_log(broker: Broker, topic: str, key: object) -> list[int]:
    """Versions of one key in the order of the log, repeats included."""
    kafka = AIOKafkaConsumer(bootstrap_servers=broker.bootstrap, auto_offset_reset="earliest")
    await kafka.start()
    try:
        partitions = [TopicPartition(topic, number) for number in range(3)]
        kafka.assign(partitions)
        ends = await kafka.end_offsets(partitions)
        versions = []
        for partition, end in ends.items():
            kafka.seek(partition, 0)
            while await kafka.position(partition) < end:
                for records in (await kafka.getmany(partition, timeout_ms=200)).values():
                    versions += [
                        int(dict(record.headers)["ce_sequence"])
                        for record in records
                        if record.key == str(key).encode()
                    ]
        return versions
    finally:
        await kafka.stop()


def argument(broker: Broker) -> str:
    return "true" if broker.idempotence else "false"


@pytest.mark.slow
@pytest.mark.parametrize("window", ["W5", "W6", "W7"])
async def test_a_killed_relay(
    engine: AsyncEngine,
    sessions: Sessions,
    kafka_settings: ExampleSettings,
    url: str,
    broker: Broker,
    topic: str,
    window: str,
) -> None:
    key = new_id()
    async with sessions.begin() as session:
        await tell(session, key, 1, 20)

    async def sent() -> bool:
        async with sessions() as session:
            return await count(session, outbox_pending) == 0

    arguments = ("relay", url, broker.bootstrap, argument(broker))
    async with child(*arguments, failpoints=f"{window}=kill") as relay:
        assert await asyncio.wait_for(relay.wait(), 20) == -9
    assert not await sent()
    async with running(Relay(kafka_settings, engine)):
        await until(sent)
    versions = await versions_in_log(broker, topic, key)
    firsts = [version for place, version in enumerate(versions) if version not in versions[:place]]
    assert firsts == list(range(1, 21))


@pytest.mark.slow
@pytest.mark.parametrize("window", ["W9", "W10", "W11", "W12"])
async def test_a_killed_consumer(
    engine: AsyncEngine,
    sessions: Sessions,
    kafka_settings: ExampleSettings,
    url: str,
    broker: Broker,
    topic: str,
    window: str,
) -> None:
    key = new_id()
    async with sessions.begin() as session:
        await tell(session, key, 1, 50)

    async def applied_all() -> bool:
        async with sessions() as session:
            return len(await numbers_of(session, key)) >= 50

    arguments = ("consumer", url, broker.bootstrap, argument(broker))
    async with running(Relay(kafka_settings, engine)):
        async with child(*arguments, failpoints=f"{window}=kill") as consumer:
            assert await asyncio.wait_for(consumer.wait(), 30) == -9
        async with running(Consumer(kafka_settings, engine, sessions, example_inbox())):
            await until(applied_all)
    async with sessions() as session:
        assert await numbers_of(session, key) == list(range(1, 51))


@pytest.mark.parametrize("window", ["W9", "W10", "W11", "W12"])
async def test_a_consumer_whose_window_raises(
    engine: AsyncEngine, sessions: Sessions, kafka_settings: ExampleSettings, topic: str, window: str
) -> None:
    key, raised = new_id(), 0
    consumer = Consumer(kafka_settings, engine, sessions, example_inbox())

    async def caught_up() -> bool:
        """Other tests leave unreadable records on this topic; a batch that holds one is taken apart before W10."""
        await consumer.measure()
        return consumer.progress.lag == 0

    def raise_twice(name: str) -> None:
        nonlocal raised
        if raised < 2:
            raised += 1
            raise InjectedFault(name)

    async def hit_and_applied_all() -> bool:
        async with sessions() as session:
            return raised >= 1 and len(await numbers_of(session, key)) >= 50

    async with running(Relay(kafka_settings, engine)), running(consumer):
        await until(caught_up)
        with armed(window, raise_twice):
            async with sessions.begin() as session:
                await tell(session, key, 1, 50)
            await until(hit_and_applied_all)
    async with sessions() as session:
        assert await numbers_of(session, key) == list(range(1, 51))


async def test_a_zombie_consumer(
    engine: AsyncEngine, sessions: Sessions, kafka_settings: ExampleSettings, topic: str
) -> None:
    """W13: a worker that lost its partitions while it slept wakes up and applies what it had fetched."""
    key, asleep, wake = new_id(), asyncio.Event(), asyncio.Event()

    async def sleepy(session: AsyncSession, deliveries: list[Delivery]) -> None:
        if not asleep.is_set():
            asleep.set()
            await wake.wait()
        await write_effects(session, deliveries)

    async with sessions.begin() as session:
        await tell(session, key, 1, 10)

    # Without groups both own every partition, which is as bad as it gets: only the compare-and-set is left.
    alone = kafka_settings.model_copy(update={"kafka_groups": False})
    stop = asyncio.Event()
    zombie = Consumer(alone, engine, sessions, example_inbox(sleepy))
    rival = Consumer(alone, engine, sessions, example_inbox())

    async def applied_all() -> bool:
        async with sessions() as session:
            return len(await numbers_of(session, key)) >= 10

    async with running(Relay(kafka_settings, engine)):
        first = asyncio.create_task(zombie._consume(stop))
        await asyncio.wait_for(asleep.wait(), 20)
        second = asyncio.create_task(rival._consume(stop))
        await asyncio.sleep(0.5)
        wake.set()
        await until(applied_all)
        await asyncio.sleep(0.5)
        stop.set()
        await asyncio.gather(first, second, return_exceptions=True)
    async with sessions() as session:
        assert await numbers_of(session, key) == list(range(1, 11))


@pytest.mark.slow
@pytest.mark.parametrize("window", ["W1", "W2", "W3", "W4"])
async def test_a_killed_api(engine: AsyncEngine, sessions: Sessions, url: str, window: str) -> None:
    """The client never got an answer; it asks again with the same key and reads the one true answer."""
    async with engine.begin() as connection:
        await connection.run_sync(edge_example.ExampleBase.metadata.create_all)
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    address = f"http://127.0.0.1:{port}"

    async def answers() -> bool:
        with suppress(httpx.HTTPError):
            async with httpx.AsyncClient() as client:
                return (await client.get(f"{address}/livez")).status_code == 200
        return False

    async def write() -> httpx.Response:
        async with httpx.AsyncClient(timeout=10) as client:
            return await client.post(
                f"{address}/v1/notes",
                json={"name": window},
                headers={"Authorization": f"Bearer {edge_example.token()}", "Idempotency-Key": f"key-{window}"},
            )

    async with child("api", url, "", str(port), failpoints=f"{window}=kill") as api:
        await until(answers)
        with pytest.raises(httpx.HTTPError):
            await write()
        assert await asyncio.wait_for(api.wait(), 5) == -9
    async with child("api", url, "", str(port)):
        await until(answers)
        first, second = await write(), await write()
    assert first.status_code == second.status_code == 201
    assert first.json() == second.json()
    async with sessions() as session:
        assert await session.scalar(text("SELECT count(*) FROM note")) == 1
