"""The relay against a `send` we hold in our hands, and the seeded bugs its rules exist for."""

import asyncio
import random
from collections.abc import Mapping, Sequence
from contextlib import suppress
from uuid import UUID

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, AsyncSession, async_sessionmaker

from shared.data.database import new_id
from shared.facts.envelope import unwrap
from shared.facts.journal import outbox_pending
from shared.facts.recovery import forget_log
from shared.facts.relay import _PENDING, PLANS, KafkaSender, Message, relay_once
from shared.process.failpoints import InjectedFault, armed
from tests.shared.core.conftest import count, tell

Sessions = async_sessionmaker[AsyncSession]


class Log:
    """A broker's log in memory."""

    def __init__(self, refuse: Mapping[int, str] | None = None) -> None:
        self.messages: list[Message] = []
        self._refuse = refuse or {}

    async def send(self, messages: Sequence[Message]) -> Mapping[int, str]:
        await asyncio.sleep(0)
        self.messages += [message for place, message in enumerate(messages) if place not in self._refuse]
        return self._refuse

    def versions(self) -> dict[UUID, list[int]]:
        """Versions per key in the order of the log, repeats left out."""
        seen: dict[UUID, list[int]] = {}
        for topic, _, value, headers in self.messages:
            envelope, _ = unwrap(headers, value, topic=topic, partition=0, offset=0)
            versions = seen.setdefault(envelope.key, [])
            if envelope.sequence not in versions:
                versions.append(envelope.sequence)
        return seen


async def autocommit(engine: AsyncEngine) -> AsyncConnection:
    connection = await engine.connect()
    return await connection.execution_options(isolation_level="AUTOCOMMIT")


async def test_pending_facts_are_sent_in_order_and_only_then_forgotten(engine: AsyncEngine, sessions: Sessions) -> None:
    key, log = new_id(), Log()
    async with sessions.begin() as session:
        await tell(session, key, 1, 25)
    connection = await autocommit(engine)
    assert [await relay_once(connection, log.send, source="/example", batch=10) for _ in range(4)] == [10, 10, 5, 0]
    await connection.close()
    assert log.versions() == {key: list(range(1, 26))}
    async with sessions() as session:
        assert await count(session, outbox_pending) == 0


async def test_a_batch_reads_no_more_of_a_backlog_than_its_rows(engine: AsyncEngine, sessions: Sessions) -> None:
    """Nobody has analysed the outbox: what PostgreSQL guesses of it must not matter."""
    async with sessions.begin() as session:
        for _ in range(20):
            await tell(session, new_id(), 1, 500)
    connection = await autocommit(engine)
    try:
        await connection.execute(PLANS)
        explained = text(f"EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) {_PENDING.text}")
        ((plan,),) = (await connection.execute(explained, {"batch": 10})).scalars().all()
        assert plan["Plan"]["Actual Rows"] == 10
        assert plan["Plan"]["Shared Hit Blocks"] + plan["Plan"]["Shared Read Blocks"] < 100
    finally:
        await connection.invalidate()
        await connection.close()


@pytest.mark.parametrize("window", ["W5", "W7"])
async def test_a_crash_around_sending_repeats_and_loses_nothing(
    engine: AsyncEngine, sessions: Sessions, window: str
) -> None:
    key, log = new_id(), Log()
    async with sessions.begin() as session:
        await tell(session, key, 1, 3)
    connection = await autocommit(engine)
    with armed(window), pytest.raises(InjectedFault):
        await relay_once(connection, log.send, source="/example")
    assert await relay_once(connection, log.send, source="/example") == 3
    await connection.close()
    assert log.versions() == {key: [1, 2, 3]}
    assert len(log.messages) == (3 if window == "W5" else 6)


async def test_a_crash_between_acknowledgements_sends_all_again(engine: AsyncEngine, sessions: Sessions) -> None:
    class Producer:
        sent = 0

        async def partitions_for(self, _: str) -> set[int]:
            return {0}

        async def send(self, *_: object, **__: object) -> "asyncio.Future[None]":
            self.sent += 1
            acknowledged: asyncio.Future[None] = asyncio.get_running_loop().create_future()
            acknowledged.set_result(None)
            return acknowledged

    producer = Producer()
    async with sessions.begin() as session:
        await tell(session, new_id(), 1, 3)
    connection = await autocommit(engine)
    with armed("W6"), pytest.raises(InjectedFault):
        await relay_once(connection, KafkaSender(producer), source="/example")
    async with sessions() as session:
        assert await count(session, outbox_pending) == 3
    await relay_once(connection, KafkaSender(producer), source="/example")
    await connection.close()
    assert producer.sent == 6


async def test_a_refused_record_holds_its_key_and_nothing_else(engine: AsyncEngine, sessions: Sessions) -> None:
    bad, good = new_id(), new_id()
    async with sessions.begin() as session:
        await tell(session, bad, 1)
    connection = await autocommit(engine)
    await relay_once(connection, Log(refuse={0: "MessageSizeTooLarge"}).send, source="/example")
    async with sessions.begin() as session:
        await tell(session, bad, 2)
        await tell(session, good, 1)
    log = Log()
    await relay_once(connection, log.send, source="/example")
    await connection.close()
    assert log.versions() == {good: [1]}
    async with sessions() as session:
        assert await count(session, outbox_pending) == 2


async def test_after_a_lost_log_everything_is_said_again(engine: AsyncEngine, sessions: Sessions) -> None:
    key, log = new_id(), Log()
    async with sessions.begin() as session:
        await tell(session, key, 1, 4)
    connection = await autocommit(engine)
    await relay_once(connection, Log().send, source="/example")
    async with engine.begin() as transaction:
        assert await forget_log(transaction) == 4
    await relay_once(connection, log.send, source="/example")
    await connection.close()
    assert log.versions() == {key: [1, 2, 3, 4]}


# -- many writers, many relays: the real relay, and the bugs it must not have -----------------------

CURSOR_ON_ID = "SELECT id FROM journal WHERE id > :cursor ORDER BY id LIMIT 50"
SKIP_LOCKED = "SELECT journal_id FROM outbox_pending ORDER BY journal_id LIMIT 5 FOR UPDATE SKIP LOCKED"


async def write(sessions: Sessions, keys: Sequence[UUID], versions: dict[UUID, int], rounds: int, seed: int) -> None:
    """Transactions of random length on shared keys, each holding its key's lock as a use case would."""
    dice = random.Random(seed)
    for _ in range(rounds):
        key = dice.choice(keys)
        async with sessions.begin() as session:
            await session.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": key.int % 2**62})
            version = versions[key] + 1
            await tell(session, key, version)
            if dice.random() < 0.3:
                await asyncio.sleep(dice.random() * 0.004)  # the id is drawn, the commit comes late
            versions[key] = version


async def run_writers(sessions: Sessions, *readers: "asyncio.Task[None]") -> dict[UUID, int]:
    keys = [new_id() for _ in range(6)]
    versions = dict.fromkeys(keys, 0)
    await asyncio.gather(*(write(sessions, keys, versions, 60, seed) for seed in range(5)))
    for reader in readers:
        reader.cancel()
        with suppress(asyncio.CancelledError):
            await reader
    return versions


async def test_three_relays_without_a_lock_lose_and_reorder_nothing(engine: AsyncEngine, sessions: Sessions) -> None:
    log = Log()

    async def relay() -> None:
        connection = await autocommit(engine)
        try:
            while True:
                await relay_once(connection, log.send, source="/example", batch=20)
                await asyncio.sleep(0.001)
        finally:
            await connection.close()

    written = await run_writers(sessions, *(asyncio.create_task(relay()) for _ in range(3)))
    connection = await autocommit(engine)
    while await relay_once(connection, log.send, source="/example"):
        pass
    await connection.close()
    assert log.versions() == {key: list(range(1, last + 1)) for key, last in written.items() if last}


async def test_seeded_bug_a_cursor_on_ids_skips_late_commits(engine: AsyncEngine, sessions: Sessions) -> None:
    seen: list[int] = []

    async def relay() -> None:
        async with engine.connect() as plain:
            connection = await plain.execution_options(isolation_level="AUTOCOMMIT")
            while True:
                ids = (await connection.scalars(text(CURSOR_ON_ID), {"cursor": seen[-1] if seen else 0})).all()
                seen.extend(ids)
                await asyncio.sleep(0.0005)

    written = await run_writers(sessions, asyncio.create_task(relay()))
    async with engine.connect() as connection:
        rest = (await connection.scalars(text(CURSOR_ON_ID), {"cursor": seen[-1]})).all()
    assert len(seen) + len(rest) < sum(written.values()), "the seeded bug must lose something"


async def test_seeded_bug_skip_locked_reorders_a_key(engine: AsyncEngine, sessions: Sessions) -> None:
    log: list[tuple[UUID, int]] = []

    async def relay(pause: float) -> None:
        while True:
            async with engine.begin() as connection:
                ids = list((await connection.scalars(text(SKIP_LOCKED))).all())
                rows = (
                    await connection.execute(
                        text("SELECT key, key_version FROM journal WHERE id = ANY(:ids) ORDER BY id"), {"ids": ids}
                    )
                ).all()
                await asyncio.sleep(pause)  # one relay is slower than the other, as relays are
                log.extend((row.key, row.key_version) for row in rows)
                await connection.execute(text("DELETE FROM outbox_pending WHERE journal_id = ANY(:ids)"), {"ids": ids})

    await run_writers(sessions, *(asyncio.create_task(relay(pause)) for pause in (0.0, 0.02)))
    last: dict[UUID, int] = {}
    reordered = 0
    for key, version in log:
        reordered += version < last.get(key, 0)
        last[key] = max(version, last.get(key, 0))
    assert reordered > 0, "the seeded bug must reorder something"
