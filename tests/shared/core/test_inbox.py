"""Effects exactly once and in order per key, whatever is delivered, and the seeded bugs each rule exists for."""

import random
from collections.abc import Sequence
from datetime import timedelta
from uuid import UUID

import pytest
from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession, async_sessionmaker

from shared.data.database import new_id
from shared.domain.refusals import Conflict
from shared.facts import parking
from shared.facts.inbox import Delivery, Fenced, Inbox, Record, Unreadable, applied, consumer_offset, parked
from shared.facts.relay import Message, relay_once
from shared.process.failpoints import InjectedFault, armed
from tests.shared.core.conftest import (
    Happened,
    as_records,
    count,
    effects,
    example_inbox,
    numbers_of,
    tell,
    write_effects,
)
from tests.shared.core.test_relay import Log, autocommit

Sessions = async_sessionmaker[AsyncSession]
TOPIC = Happened.topic


async def messages_of(engine: AsyncEngine, sessions: Sessions, *facts: tuple[UUID, int, int]) -> list[Message]:
    """Facts as the relay puts them on the wire."""
    log = Log()
    async with sessions.begin() as session:
        for key, first, number in facts:
            await tell(session, key, first, number)
    connection = await autocommit(engine)
    await relay_once(connection, log.send, source="/example", batch=100_000)
    await connection.close()
    return log.messages


async def ready(sessions: Sessions, inbox: Inbox) -> Inbox:
    async with sessions.begin() as session:
        await inbox.ensure_offsets(session, [(TOPIC, 0), (TOPIC, 1)])
    return inbox


async def apply(sessions: Sessions, inbox: Inbox, records: Sequence[Record], start: int | None = None) -> None:
    async with sessions.begin() as session:
        await inbox.apply(session, records, start=records[0].offset if start is None else start)


async def apply_one(sessions: Sessions, inbox: Inbox, record: Record) -> None:
    async with sessions.begin() as session:
        await inbox.apply_one(session, record, start=record.offset)


async def reasons(sessions: Sessions) -> list[str]:
    async with sessions() as session:
        return list(await session.scalars(select(parked.c.reason).order_by(parked.c.id)))


async def test_a_batch_is_applied_once_with_its_offset(engine: AsyncEngine, sessions: Sessions) -> None:
    one, other = new_id(), new_id()
    records = as_records(await messages_of(engine, sessions, (one, 1, 3), (other, 1, 2)))
    inbox = await ready(sessions, example_inbox())
    await apply(sessions, inbox, records)
    async with sessions() as session:
        assert await numbers_of(session, one) == [1, 2, 3]
        assert await numbers_of(session, other) == [1, 2]
        assert await inbox.position(session, TOPIC, 0) == 5
        versions = {row.key: row.version for row in await session.execute(select(applied))}
    assert versions == {one: 3, other: 2}


async def test_a_batch_fetched_elsewhere_is_fenced_and_leaves_nothing(engine: AsyncEngine, sessions: Sessions) -> None:
    key = new_id()
    records = as_records(await messages_of(engine, sessions, (key, 1, 4)))
    inbox = await ready(sessions, example_inbox())
    await apply(sessions, inbox, records[:2])
    with pytest.raises(Fenced):  # W13: a zombie with the batch it fetched before another worker moved on
        await apply(sessions, inbox, records[:3])
    async with sessions() as session:
        assert await numbers_of(session, key) == [1, 2]


async def test_duplicates_are_dropped_for_good(engine: AsyncEngine, sessions: Sessions) -> None:
    key = new_id()
    messages = await messages_of(engine, sessions, (key, 1, 3))
    inbox = await ready(sessions, example_inbox())
    await apply(sessions, inbox, as_records([*messages, *messages]))
    await apply(sessions, inbox, as_records(messages, start=6))
    await apply_one(sessions, inbox, as_records(messages, start=9)[0])
    async with sessions() as session:
        assert await numbers_of(session, key) == [1, 2, 3]


@pytest.mark.parametrize("window", ["W9", "W10"])
async def test_a_crash_before_commit_leaves_the_batch_to_be_fetched_again(
    engine: AsyncEngine, sessions: Sessions, window: str
) -> None:
    key = new_id()
    records = as_records(await messages_of(engine, sessions, (key, 1, 2)))
    inbox = await ready(sessions, example_inbox())
    with armed(window), pytest.raises(InjectedFault):
        await apply(sessions, inbox, records)
    async with sessions() as session:
        assert await numbers_of(session, key) == []
        assert await inbox.position(session, TOPIC, 0) == 0
    await apply(sessions, inbox, records)
    async with sessions() as session:
        assert await numbers_of(session, key) == [1, 2]


async def test_events_nobody_wants_only_move_the_version(engine: AsyncEngine, sessions: Sessions) -> None:
    key = new_id()
    records = as_records(await messages_of(engine, sessions, (key, 1, 2)))
    deaf = Inbox("deaf", example_inbox().catalogue, frozenset(), write_effects, frozenset({TOPIC}))  # type: ignore[arg-type]  # list handler
    await ready(sessions, deaf)
    await apply(sessions, deaf, records)
    async with sessions() as session:
        assert await numbers_of(session, key) == []
        assert await session.scalar(select(applied.c.version).where(applied.c.consumer == "deaf")) == 2


async def test_a_gap_is_parked_with_its_siblings_and_released_when_the_missing_fact_arrives(
    engine: AsyncEngine, sessions: Sessions
) -> None:
    key, calm = new_id(), new_id()
    first, second, third, fourth, other = await messages_of(engine, sessions, (key, 1, 4), (calm, 1, 1))
    inbox = await ready(sessions, example_inbox())
    records = as_records([first, third, fourth, other, second])
    with pytest.raises(Unreadable):
        await apply(sessions, inbox, records[:4])
    for record in records[:4]:
        await apply_one(sessions, inbox, record)
    assert await reasons(sessions) == ["gap", "behind a parked record"]
    async with sessions() as session:
        assert await numbers_of(session, key) == [1]
        assert await numbers_of(session, calm) == [1]
    with pytest.raises(Unreadable):  # the quick way does not know what to do with a parked key
        await apply(sessions, inbox, records[4:])
    await apply_one(sessions, inbox, records[4])
    async with sessions() as session:
        assert await numbers_of(session, key) == [1, 2, 3, 4]
        assert await count(session, parked) == 0


async def test_what_can_never_be_read_is_parked_and_the_partition_goes_on(
    engine: AsyncEngine, sessions: Sessions
) -> None:
    key = new_id()
    (good,) = as_records(await messages_of(engine, sessions, (key, 1, 1)), start=6)
    headers = list(good.headers)

    def with_header(name: str, content: bytes) -> list[tuple[str, bytes | None]]:
        return [(n, content if n == name else c) for n, c in headers]

    junk = [
        Record(TOPIC, 0, 0, [], b"not json"),
        Record(TOPIC, 0, 1, headers, None),
        Record(TOPIC, 0, 2, headers, b"{"),
        Record(TOPIC, 0, 3, with_header("ce_type", b"org.doublewings.example.thing.happened.v9"), b"{}"),
        Record(TOPIC, 0, 4, with_header("ce_type", b"com.example.other"), b"{}"),
        Record(TOPIC, 0, 5, [*headers, ("foreign", b"\xff\xfe")], b'{"number": "many"}'),
    ]
    inbox = await ready(sessions, example_inbox())
    for record in junk:
        await apply_one(sessions, inbox, record)
    async with sessions() as session:
        assert await inbox.position(session, TOPIC, 0) == 6
        assert len(await parking.parked_records(session, "example")) == 4, "same key and version are parked once"
    assert "unknown type" not in (await reasons(sessions))[0]
    await apply_one(sessions, inbox, good)
    assert (await reasons(sessions)).count("behind a parked record") == 0, "the good one is version 1 too"


async def test_a_handler_that_fails_is_parked_and_replayed_after_the_fix(
    engine: AsyncEngine, sessions: Sessions
) -> None:
    key = new_id()
    records = as_records(await messages_of(engine, sessions, (key, 1, 3)))
    broken = True

    class NotToday(Conflict):
        """Not today."""

        code = "not-today"
        zh = "今天不行。"

    async def handle(session: AsyncSession, deliveries: list[Delivery]) -> None:
        if broken and any(delivery.envelope.sequence == 2 for delivery in deliveries):
            raise NotToday
        await write_effects(session, deliveries)

    inbox = await ready(sessions, example_inbox(handle))
    await apply_one(sessions, inbox, records[0])
    with pytest.raises(NotToday):
        await apply_one(sessions, inbox, records[1])
    async with sessions.begin() as session:
        await inbox.park(session, records[1], "not-today", start=1)
    await apply_one(sessions, inbox, records[2])
    assert await reasons(sessions) == ["not-today", "behind a parked record"]
    assert await parking.replay(sessions, inbox) == (0, 2)
    broken = False
    assert await parking.replay(sessions, inbox) == (2, 0)
    async with sessions() as session:
        assert await numbers_of(session, key) == [1, 2, 3]


async def test_early_records_are_retried_by_themselves_with_growing_pauses(
    engine: AsyncEngine, sessions: Sessions
) -> None:
    key = new_id()
    (record,) = as_records(await messages_of(engine, sessions, (key, 1, 1)))
    inbox = await ready(sessions, example_inbox())
    async with sessions.begin() as session:
        await inbox.park(session, record, "not-found", start=0)
    assert await parking.retry_due(sessions, inbox) == 0, "not yet"
    async with sessions.begin() as session:
        await session.execute(update(parked).values(parked_at=parked.c.parked_at - timedelta(minutes=1)))
    assert await parking.retry_due(sessions, inbox) == 1
    async with sessions() as session:
        assert await numbers_of(session, key) == [1]


# -- a hostile delivery, and the loops that would not survive it ------------------------------------


async def test_failures_inside_transactions_lose_nothing(engine: AsyncEngine, sessions: Sessions) -> None:
    keys = [new_id() for _ in range(5)]
    records = as_records(await messages_of(engine, sessions, *((key, 1, 40) for key in keys)))
    inbox = await ready(sessions, example_inbox())
    while True:
        async with sessions() as session:
            reached = await inbox.position(session, TOPIC, 0)
        if reached == len(records):
            break
        await run_loop(sessions, inbox, records, reached, compare_with_fetched=True)
    async with sessions() as session:
        for key in keys:
            assert await numbers_of(session, key) == list(range(1, 41))


async def run_loop(
    sessions: Sessions, inbox: Inbox, records: Sequence[Record], start: int, *, compare_with_fetched: bool
) -> None:
    """One life of a consumer: it fetches on after a failure, as Kafka clients do, and stops when fenced."""
    dice = random.Random(start)
    fetched = start
    while fetched < len(records):
        batch = records[fetched : fetched + dice.randint(1, 9)]
        begin = fetched
        fetched += len(batch)
        try:
            async with sessions.begin() as session:
                compared = begin if compare_with_fetched else await inbox.position(session, TOPIC, 0)
                await inbox.apply(session, batch, start=compared)
                if dice.random() < 0.15:
                    raise InjectedFault
        except InjectedFault:
            continue
        except Fenced:
            return
        except Unreadable:
            async with sessions.begin() as session:  # what a loop without gap detection would do
                await inbox._move(session, TOPIC, 0, compared, batch[-1].offset + 1)


async def test_seeded_bug_comparing_with_the_last_committed_position_jumps_over_failed_batches(
    engine: AsyncEngine, sessions: Sessions
) -> None:
    keys = [new_id() for _ in range(5)]
    records = as_records(await messages_of(engine, sessions, *((key, 1, 40) for key in keys)))
    inbox = await ready(sessions, example_inbox())
    await run_loop(sessions, inbox, records, 0, compare_with_fetched=False)
    async with sessions() as session:
        assert await inbox.position(session, TOPIC, 0) == len(records), "the bug believes it is done"
        assert await count(session, effects) < len(records), "the seeded bug must lose something"


async def test_seeded_bug_acknowledging_before_commit_loses_the_batch(engine: AsyncEngine, sessions: Sessions) -> None:
    records = as_records(await messages_of(engine, sessions, (new_id(), 1, 10)))
    inbox = await ready(sessions, example_inbox())
    async with sessions.begin() as session:
        await session.execute(update(consumer_offset).values(next=len(records)))
    with pytest.raises(Fenced):  # the retry after the crash finds the offset already moved
        await apply(sessions, inbox, records)
    async with sessions() as session:
        assert await count(session, effects) == 0, "the seeded bug must lose something"


async def test_seeded_bug_without_the_inbox_repeats_are_applied_twice(engine: AsyncEngine, sessions: Sessions) -> None:
    key = new_id()
    messages = await messages_of(engine, sessions, (key, 1, 3))
    inbox = await ready(sessions, example_inbox())
    await apply(sessions, inbox, as_records(messages))
    async with sessions.begin() as session:
        await session.execute(applied.delete())
    await apply(sessions, inbox, as_records(messages, start=3))
    async with sessions() as session:
        assert await numbers_of(session, key) == [1, 2, 3, 1, 2, 3], "the seeded bug must repeat something"
