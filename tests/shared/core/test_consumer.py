"""The loop's judgement: slow work is cut, contended work repeated, standing still is seen, and who acts is kept."""

import asyncio
import time
from collections.abc import Sequence
from typing import Any

import pytest
from aiokafka import AIOKafkaProducer, TopicPartition
from sqlalchemy import select, text
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession, async_sessionmaker

from deploy.topics import Topic, create_topics
from shared.data.database import new_id, open_engine, open_sessions
from shared.data.outages import Fault, database_fault
from shared.facts import consumer, parking
from shared.facts.consumer import Consumer
from shared.facts.inbox import Delivery, Inbox, Record, TryAgain, handle_each
from shared.facts.journal import Fact, journal, record_many
from shared.facts.progress import STANDS_STILL, Progress
from tests.infrastructure import Broker as InfrastructureBroker
from tests.shared.core.conftest import (
    ExampleSettings,
    Happened,
    as_records,
    count,
    effects,
    example_inbox,
    numbers_of,
    write_effects,
)
from tests.shared.core.test_inbox import messages_of, ready, reasons

Sessions = async_sessionmaker[AsyncSession]
TOPIC = Happened.topic
PARTITION = TopicPartition(TOPIC, 0)
TRACE = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"


def feeding(settings: ExampleSettings, engine: AsyncEngine, sessions: Sessions, inbox: Inbox) -> Consumer:
    return Consumer(settings.model_copy(update={"kafka_groups": False}), engine, sessions, inbox)


@pytest.fixture(autouse=True)
def _in_a_hurry(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(consumer, "FIRST_PAUSE", 0.0)


@pytest.fixture
async def hasty(engine: AsyncEngine, settings: ExampleSettings) -> Any:
    """Sessions whose statements may take 0.2 s."""
    quick = open_engine(settings.model_copy(update={"statement_timeout": 0.2}))
    yield open_sessions(quick)
    await quick.dispose()


async def test_a_batch_that_is_too_slow_is_taken_in_halves(
    engine: AsyncEngine, sessions: Sessions, hasty: Sessions, settings: ExampleSettings
) -> None:
    sizes: list[int] = []

    async def slow(session: AsyncSession, deliveries: list[Delivery]) -> None:
        sizes.append(len(deliveries))
        await session.execute(text("SELECT pg_sleep(:seconds)"), {"seconds": len(deliveries) * 0.02})
        await write_effects(session, deliveries)

    records = as_records(await messages_of(engine, sessions, *((new_id(), 1, 1) for _ in range(32))))
    inbox = await ready(sessions, example_inbox(slow))
    await feeding(settings, engine, hasty, inbox)._take(None, PARTITION, 0, records)
    assert sizes[0] == 32
    assert sizes.count(8) == 4
    async with sessions() as session:
        assert await count(session, effects) == 32
        assert await inbox.position(session, TOPIC, 0) == 32
    assert await reasons(sessions) == []


async def test_a_record_that_is_too_slow_by_itself_is_parked(
    engine: AsyncEngine, sessions: Sessions, hasty: Sessions, settings: ExampleSettings
) -> None:
    one, other = new_id(), new_id()

    async def slow(session: AsyncSession, deliveries: list[Delivery]) -> None:
        if any(delivery.envelope.key == one for delivery in deliveries):
            await session.execute(text("SELECT pg_sleep(2)"))
        await write_effects(session, deliveries)

    records = as_records(await messages_of(engine, sessions, (one, 1, 1), (other, 1, 1)))
    inbox = await ready(sessions, example_inbox(slow))
    await feeding(settings, engine, hasty, inbox)._take(None, PARTITION, 0, records)
    assert await reasons(sessions) == ["too-slow"]
    async with sessions() as session:
        assert await count(session, effects) == 1


@pytest.mark.parametrize("times", [2, 100])
async def test_what_is_contended_is_repeated_and_never_parked(
    engine: AsyncEngine, sessions: Sessions, settings: ExampleSettings, times: int
) -> None:
    met = 0

    async def contended(session: AsyncSession, deliveries: list[Delivery]) -> None:
        nonlocal met
        met += 1
        if met <= times:
            await session.execute(text("DO $$ BEGIN RAISE EXCEPTION USING ERRCODE = 'lock_not_available'; END $$"))
        await write_effects(session, deliveries)

    records = as_records(await messages_of(engine, sessions, (new_id(), 1, 3)))
    inbox = await ready(sessions, example_inbox(contended))
    taking = feeding(settings, engine, sessions, inbox)._take(None, PARTITION, 0, records)
    if times == 2:
        await taking
    else:
        with pytest.raises(Exception, match=r"lock_not_available|LockNotAvailable") as raised:
            await taking
        assert database_fault(raised.value) is Fault.CONTENDED
        assert met < 20
    assert await reasons(sessions) == []


async def test_a_batch_that_met_another_one_is_repeated_as_a_whole(
    engine: AsyncEngine, sessions: Sessions, settings: ExampleSettings
) -> None:
    sizes: list[int] = []

    async def too_late(session: AsyncSession, deliveries: list[Delivery]) -> None:
        sizes.append(len(deliveries))
        await write_effects(session, deliveries)
        if len(sizes) <= 2:
            raise TryAgain

    records = as_records(await messages_of(engine, sessions, *((new_id(), 1, 1) for _ in range(32))))
    inbox = await ready(sessions, example_inbox(too_late))
    await feeding(settings, engine, sessions, inbox)._take(None, PARTITION, 0, records)
    assert sizes == [32, 32, 32]
    async with sessions() as session:
        assert await count(session, effects) == 32
    assert await reasons(sessions) == []


async def test_a_record_that_is_always_too_late_is_not_parked(
    engine: AsyncEngine, sessions: Sessions, settings: ExampleSettings
) -> None:
    async def too_late(session: AsyncSession, deliveries: list[Delivery]) -> None:
        raise TryAgain

    records = as_records(await messages_of(engine, sessions, (new_id(), 1, 1)))
    inbox = await ready(sessions, example_inbox(too_late))
    with pytest.raises(TryAgain):
        await feeding(settings, engine, sessions, inbox)._take(None, PARTITION, 0, records)
    assert await reasons(sessions) == []


# -- who acts --------------------------------------------------------------------------------------


async def tell_on(session: AsyncSession, event: Happened, envelope: Any) -> None:
    await record_many(session, [Fact(envelope.key, envelope.sequence + 1000, Happened(number=event.number))])


def traced(record: Record, trace: str) -> Record:
    headers = [*((n, c) for n, c in record.headers if n != "ce_traceparent"), ("ce_traceparent", trace.encode())]
    return Record(record.topic, record.partition, record.offset, headers, record.value, record.key)


@pytest.mark.parametrize("path", ["batch", "one by one", "replay"])
async def test_the_journal_says_who_and_from_which_trace_on_every_path(
    engine: AsyncEngine, sessions: Sessions, settings: ExampleSettings, path: str
) -> None:
    key = new_id()
    one, two = as_records(await messages_of(engine, sessions, (key, 1, 2)))
    other = TRACE.replace("b7ad", "c8be")
    records = [traced(one, TRACE), traced(two, other)]
    inbox = await ready(sessions, example_inbox(handle_each({Happened: tell_on})))
    feeder = feeding(settings, engine, sessions, inbox)
    match path:
        case "batch":
            await feeder._take(None, PARTITION, 0, records)
        case "one by one":
            await feeder._one_by_one(records, 0)
        case "replay":
            for start, record in enumerate(records):
                async with sessions.begin() as session:
                    await inbox.park(session, record, "a fault of ours", start=start)
            assert await parking.replay(sessions, inbox) == (2, 0)
    async with sessions() as session:
        told = await session.execute(
            select(journal.c.actor, journal.c.traceparent).where(journal.c.key_version > 1000).order_by(journal.c.id)
        )
    assert [tuple(row) for row in told] == [("consumer:example", TRACE), ("consumer:example", other)]


# -- standing still --------------------------------------------------------------------------------


def test_progress_knows_lag_and_for_how_long_nothing_moved() -> None:
    progress: Progress[str] = Progress()
    assert progress.lag is None, "never read is not the same as nothing to read"
    progress.note({"a": 10, "b": 5}, {"a": 10, "b": 5}, 100.0)
    assert progress.standing(900.0) == 0.0, "nothing to do is not standing still"
    progress.note({"a": 10, "b": 5}, {"a": 13, "b": 5}, 1000.0)
    assert progress.lag == 3
    assert progress.standing(1000.0) == 0.0
    progress.note({"a": 10, "b": 6}, {"a": 14, "b": 6}, 1020.0)
    assert (progress.standing(1020.0), progress.standing(1050.0)) == (20.0, 50.0), "its clock runs without a measure"
    assert progress.stuck(1000 + STANDS_STILL) == {"a": 10}
    progress.note({"a": 11, "b": 6}, {"a": 14, "b": 6}, 1060.0)
    assert progress.standing(1060.0) == 0.0
    progress.note({"a": 20}, {"a": 14}, 1070.0)
    assert progress.lag == 0, "never below nothing"


class Broker:
    """What a measurement needs of a client."""

    def __init__(self, **ends: int) -> None:
        self._ends = {TopicPartition(TOPIC, int(name[1:])): end for name, end in ends.items()}

    def assignment(self) -> Sequence[TopicPartition]:
        return list(self._ends)

    async def end_offsets(self, partitions: Sequence[TopicPartition]) -> dict[TopicPartition, int]:
        return {partition: self._ends[partition] for partition in partitions}


async def test_who_stands_still_while_records_wait_is_failing(
    engine: AsyncEngine, sessions: Sessions, settings: ExampleSettings, monkeypatch: pytest.MonkeyPatch
) -> None:
    inbox = await ready(sessions, example_inbox())
    feeder = feeding(settings, engine, sessions, inbox)
    feeder._away, feeder._kafka = False, Broker(p0=7, p1=0, p9=100)
    await feeder.measure()
    assert feeder.progress.lag == 7, "a partition never read is not known"
    assert not feeder.failing
    now = time.monotonic()
    monkeypatch.setattr("shared.facts.consumer.time.monotonic", lambda: now + STANDS_STILL + 1)
    await feeder.measure()
    assert feeder.failing
    async with sessions.begin() as session:
        await session.execute(text("UPDATE consumer_offset SET next = 3"))
    await feeder.measure()
    assert not feeder.failing


async def test_who_fails_again_and_again_is_failing_between_its_lives(
    engine: AsyncEngine, sessions: Sessions, settings: ExampleSettings
) -> None:
    feeder = feeding(settings, engine, sessions, example_inbox())
    feeder._away, feeder._failures = False, 1
    assert not feeder.failing, "once is nothing"
    feeder._failures = 2
    assert feeder.failing


@pytest.mark.kafka
async def test_poison_on_the_wire_is_parked_and_the_partition_goes_on(
    engine: AsyncEngine, sessions: Sessions, kafka_settings: ExampleSettings, broker: InfrastructureBroker
) -> None:
    await create_topics(broker.bootstrap, [Topic(TOPIC, 3)])
    key, inbox, stop = new_id(), example_inbox(), asyncio.Event()
    (genuine,) = await messages_of(engine, sessions, (key, 1, 1))
    _, subject, value, headers = genuine
    producer = AIOKafkaProducer(bootstrap_servers=broker.bootstrap, acks="all", enable_idempotence=False)
    await producer.start()
    poison: list[tuple[bytes | None, bytes | None, list[tuple[str, bytes | None]]]] = [
        (None, b"\xff not json", [("nothing", None)]),
        (subject, None, [(name, None) for name, _ in headers]),
        (b"\0", b"\0", [("ce_specversion", b"1.0"), ("\0", b"\0")]),
        (subject, value, [(name, b"9" * 30 if name == "ce_sequence" else content) for name, content in headers]),
    ]
    for record_key, content, told in poison:
        await producer.send_and_wait(TOPIC, content, key=record_key, headers=told, partition=0)
    await producer.send_and_wait(TOPIC, value, key=subject, headers=headers, partition=0)
    await producer.stop()
    feeder = Consumer(kafka_settings, engine, sessions, inbox)
    running = asyncio.create_task(feeder.run(stop))
    async with asyncio.timeout(30):
        while True:
            async with sessions() as session:
                if await numbers_of(session, key) == [1]:
                    break
            await asyncio.sleep(0.05)
    await feeder.measure()
    assert feeder.progress.lag == 0
    assert not feeder.failing
    assert len(await reasons(sessions)) >= len(poison)
    stop.set()
    await asyncio.wait_for(running, 10)
