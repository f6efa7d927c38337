"""Records of any bytes are parked and the partition goes on; facts that are contested are told; operators decide."""

import json
import os
import random
import struct
from collections.abc import Sequence
from datetime import timedelta
from uuid import UUID

import pytest
from aiokafka import TopicPartition
from aiokafka.record.default_records import DefaultRecordBatchBuilder
from aiokafka.record.util import calc_crc32c
from sqlalchemy import delete, select, update
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession, async_sessionmaker
from structlog.testing import capture_logs

from shared.data.database import new_id
from shared.facts import consumer, parking
from shared.facts.consumer import Consumer
from shared.facts.envelope import LARGEST_SEQUENCE
from shared.facts.inbox import Inbox, Record, applied, discarded, parked
from shared.facts.records import PatientRecords
from shared.worker import operate
from tests.shared.core.conftest import ExampleSettings, Happened, as_records, count, effects, example_inbox, numbers_of
from tests.shared.core.test_inbox import apply_one, messages_of, ready, reasons

Sessions = async_sessionmaker[AsyncSession]
TOPIC = Happened.topic
PARTITION = TopicPartition(TOPIC, 0)
RECORDS = int(os.environ.get("FUZZ_RECORDS", "200"))
"""`FUZZ_RECORDS=20000` takes a minute."""
NASTY = (b"", b"\0", b"\xff\xfe", "\u0000".encode(), b"\xed\xa0\x80", "张三".encode(), b"-1", b"1_0", b"9" * 5000)


class Fuzzer:
    """Records of a few keys in order, most of them spoilt in some way. The seed makes them again."""

    def __init__(self, seed: int, messages: Sequence[Record]) -> None:
        self.dice, self.genuine = random.Random(seed), messages

    def record(self, offset: int) -> Record:
        dice, was = self.dice, self.genuine[offset % len(self.genuine)]
        headers, value, key = list(was.headers), was.value, dict(was.headers)["ce_subject"]
        for _ in range(dice.choice((0, 1, 1, 1, 2, 3))):
            place = dice.randrange(len(headers)) if headers else 0
            match dice.randrange(9):
                case 0 if headers:
                    headers[place] = (headers[place][0], None)
                case 1 if headers:
                    headers[place] = (headers[place][0], dice.choice(NASTY))
                case 2 if headers:
                    del headers[place]
                case 3:
                    headers.append(
                        (dice.choice(("", "\0", "\udcff", "\ud800", "ce_id", "名")), dice.choice((None, *NASTY)))
                    )
                case 4:
                    value = dice.choice((None, *NASTY, b"[" * 100_000, b'{"number": 1e999}', b'{"number": "\\u0000"}'))
                case 5:
                    value = json.dumps({"number": dice.choice((2**63, -(2**70), "\ud800", None, []))}).encode()
                case 6:
                    number = str(dice.choice((0, 1, LARGEST_SEQUENCE, LARGEST_SEQUENCE + 1, 10**30))).encode()
                    headers = [(name, number if name == "ce_sequence" else one) for name, one in headers]
                case 7:
                    key = dice.choice(NASTY)
                case _:
                    value = dice.randbytes(dice.randrange(40))
        return Record(TOPIC, 0, offset, tuple(headers), value, key)


async def test_no_bytes_stop_a_partition(
    engine: AsyncEngine, sessions: Sessions, settings: ExampleSettings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(consumer, "FIRST_PAUSE", 0.0)
    seed = int(os.environ.get("FUZZ_SEED", "20261126"))
    genuine = as_records(await messages_of(engine, sessions, *((new_id(), 1, 40) for _ in range(5))))
    fuzzer, inbox = Fuzzer(seed, genuine), await ready(sessions, example_inbox())
    feeding = Consumer(settings.model_copy(update={"kafka_groups": False}), engine, sessions, inbox)
    with capture_logs():
        for start in range(0, RECORDS, 50):
            records = [fuzzer.record(offset) for offset in range(start, start + 50)]
            await feeding._take(None, PARTITION, start, records)
            async with sessions() as session:
                assert await inbox.position(session, TOPIC, 0) == start + 50, f"stands still; FUZZ_SEED={seed}"
    async with sessions() as session:
        assert await count(session, parked) > RECORDS / 4
        kept = (await session.execute(select(parked))).all()
    for row in kept:
        given = fuzzer_record(seed, genuine, row.offset)
        assert row.value == (given.value or b"")
        assert row.record_key == given.key


def fuzzer_record(seed: int, genuine: Sequence[Record], offset: int) -> Record:
    if (seed, len(genuine)) not in _again:
        fuzzer = Fuzzer(seed, genuine)
        _again[seed, len(genuine)] = [fuzzer.record(place) for place in range(RECORDS)]
    return _again[seed, len(genuine)][offset]


_again: dict[tuple[int, int], list[Record]] = {}


def test_a_header_whose_name_is_no_text_is_read() -> None:
    builder = DefaultRecordBatchBuilder(2, 0, 0, -1, -1, -1, 1 << 20)
    for offset in range(3):
        builder.append(offset, timestamp=1, key=b"k", value=None, headers=[("nothing", None), ("naXXme", b"v")])
    raw = bytearray(builder.build().replace(b"naXX", b"na\xff\xfe"))
    struct.pack_into(">I", raw, 17, calc_crc32c(memoryview(raw)[21:]))
    (batch,) = [PatientRecords(bytes(raw)).next_batch()]
    assert batch.validate_crc()
    assert [(record.offset, record.key, record.value) for record in batch] == [(n, b"k", None) for n in range(3)]
    assert next(iter(batch)).headers == [("nothing", None), ("na\udcff\udcfeme", b"v")]


def forged(record: Record, **attributes: bytes) -> Record:
    headers = [(name, attributes.get(name, content)) for name, content in record.headers]
    return Record(record.topic, record.partition, record.offset, headers, record.value, record.key)


async def test_the_genuine_fact_behind_a_forged_one_is_told_and_kept(engine: AsyncEngine, sessions: Sessions) -> None:
    key = new_id()
    first, second, third = as_records(await messages_of(engine, sessions, (key, 1, 3)))
    inbox = await ready(sessions, example_inbox())
    await apply_one(sessions, inbox, first)
    await apply_one(sessions, inbox, forged(second, ce_id=str(new_id()).encode()))
    genuine = Record(TOPIC, 0, 2, second.headers, second.value)
    with capture_logs() as told:
        await apply_one(sessions, inbox, genuine)
    assert [(line["event"], line["log_level"]) for line in told] == [("fact contested", "error")]
    assert await reasons(sessions) == ["another fact has this version"]
    after = Record(TOPIC, 0, 3, third.headers, third.value)
    await apply_one(sessions, inbox, after)
    with capture_logs() as told:  # older, or the same once more: a duplicate, and nothing to tell
        await apply_one(sessions, inbox, Record(TOPIC, 0, 4, first.headers, first.value))
        await apply_one(sessions, inbox, Record(TOPIC, 0, 5, third.headers, third.value))
    assert told == []
    async with sessions() as session:
        assert await numbers_of(session, key) == [1, 2, 3], "nothing waits behind what is contested"
        assert await count(session, parked) == 1


async def test_a_batch_is_as_watchful_as_a_single_record(
    engine: AsyncEngine, sessions: Sessions, settings: ExampleSettings
) -> None:
    key = new_id()
    records = as_records(await messages_of(engine, sessions, (key, 1, 3)))
    records = [records[0], forged(records[1], ce_id=str(new_id()).encode()), *records[1:]]
    records = [Record(one.topic, 0, place, one.headers, one.value) for place, one in enumerate(records)]
    inbox = await ready(sessions, example_inbox())
    await Consumer(settings.model_copy(update={"kafka_groups": False}), engine, sessions, inbox)._take(
        None, PARTITION, 0, records
    )
    assert await reasons(sessions) == ["another fact has this version"]
    async with sessions() as session:
        assert await numbers_of(session, key) == [1, 2, 3]


async def test_a_version_moved_by_a_worker_of_before_is_no_alarm(engine: AsyncEngine, sessions: Sessions) -> None:
    records = as_records(await messages_of(engine, sessions, (new_id(), 1, 2)))
    inbox = await ready(sessions, example_inbox())
    await apply_one(sessions, inbox, records[0])
    async with sessions.begin() as session:  # it knows nothing of `event_id`
        await session.execute(update(applied).values(version=2))
    await apply_one(sessions, inbox, records[1])
    assert await reasons(sessions) == []


class About(Happened):
    type = "example.thing.about.v1"
    thing_id: UUID


class Elsewhere(Happened):
    type = "example.thing.elsewhere.v1"
    topic = "example.others.v1"


@pytest.mark.parametrize(
    ("attributes", "value", "record_key", "reason"),
    [
        ({"ce_source": b"/registry"}, None, None, "the source does not own the topic"),
        ({}, None, b"other", "the record's key is not its subject"),
        ({"ce_type": b"org.doublewings.example.thing.elsewhere.v1"}, None, None, "the type belongs to another topic"),
        (
            {"ce_type": b"org.doublewings.example.thing.about.v1"},
            b'{"number": 1, "thing_id": "019a4c1e-0001-7001-8a2b-5d0c6e7f0001"}',
            None,
            "the payload is about another key",
        ),
    ],
)
async def test_who_tells_what_is_not_his_is_parked_and_nobody_waits_for_it(
    engine: AsyncEngine,
    sessions: Sessions,
    attributes: dict[str, bytes],
    value: bytes | None,
    record_key: bytes | None,
    reason: str,
) -> None:
    key = new_id()
    (good,) = as_records(await messages_of(engine, sessions, (key, 1, 1)))
    inbox = await ready(sessions, example_inbox())
    inbox = Inbox(
        inbox.consumer,
        {**inbox.catalogue, About.type: About, Elsewhere.type: Elsewhere},
        inbox.wanted,
        inbox.handle,
        inbox.topics,
    )
    bad = forged(good, **attributes)
    await apply_one(sessions, inbox, Record(TOPIC, 0, 0, bad.headers, value or bad.value, record_key))
    assert await reasons(sessions) == [reason]
    await apply_one(sessions, inbox, Record(TOPIC, 0, 1, good.headers, good.value, str(key).encode()))
    async with sessions() as session:
        assert await numbers_of(session, key) == [1]


# -- operators -------------------------------------------------------------------------------------


async def command(settings: ExampleSettings, inbox: Inbox, capsys: pytest.CaptureFixture[str], *words: str) -> str:
    assert await operate(words, settings, inbox) == 0
    return capsys.readouterr().out.strip()


async def test_parked_lists_rows_of_any_kind(
    engine: AsyncEngine, sessions: Sessions, settings: ExampleSettings, capsys: pytest.CaptureFixture[str]
) -> None:
    key = new_id()
    _, second = as_records(await messages_of(engine, sessions, (key, 1, 2)))
    inbox = await ready(sessions, example_inbox())
    await apply_one(sessions, inbox, Record(TOPIC, 0, 0, [("\0\udcff", None), ("ce_id", b"\xff")], b"\0\xff", b"\xfe"))
    await apply_one(sessions, inbox, second)
    first, waiting = map(json.loads, (await command(settings, inbox, capsys, "parked")).splitlines())
    assert (first["key"], first["reason"], first["offset"]) == (None, "the record has no ce_specversion", 0)
    assert (waiting["key"], waiting["version"], waiting["reason"]) == (str(key), 2, "gap")


async def test_a_keyless_record_is_replayed_once_it_can_be_read(
    engine: AsyncEngine,
    sessions: Sessions,
    settings: ExampleSettings,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    key = new_id()
    first, second = as_records(await messages_of(engine, sessions, (key, 1, 2)))
    inbox = await ready(sessions, example_inbox())
    with monkeypatch.context() as older:
        older.setattr(
            "shared.facts.envelope.TYPE_PREFIX", "com.example."
        )  # a consumer that does not know the language yet
        await apply_one(sessions, inbox, first)
    await apply_one(sessions, inbox, second)
    assert await reasons(sessions) == ["the type has another prefix", "gap"]
    assert await command(settings, inbox, capsys, "replay") == "2 records done with, 0 still parked"
    async with sessions() as session:
        assert await numbers_of(session, key) == [1, 2]


async def test_a_discarded_record_is_kept_and_lets_its_siblings_pass(
    engine: AsyncEngine, sessions: Sessions, settings: ExampleSettings, capsys: pytest.CaptureFixture[str]
) -> None:
    key = new_id()
    first, second, third = as_records(await messages_of(engine, sessions, (key, 1, 3)))
    inbox = await ready(sessions, example_inbox())
    await apply_one(sessions, inbox, Record(TOPIC, 0, 0, first.headers, b"{"))
    await apply_one(sessions, inbox, second)
    await apply_one(sessions, inbox, third)
    async with sessions() as session:
        bad = await session.scalar(select(parked.c.id).where(parked.c.version == 1))
    said = await command(settings, inbox, capsys, "discard", str(bad), "agreed", "with", "the registry\udcff")
    assert said.splitlines()[-1] == f"discarded {bad}; 2 records behind it are done with"
    async with sessions() as session:
        assert await numbers_of(session, key) == [2, 3]
        kept = (await session.execute(select(discarded))).one()
    assert (kept.id, kept.value, kept.version) == (bad, b"{", 1)
    assert kept.discarded_because == "agreed with the registry\\udcff"
    assert kept.discarded_by
    assert await operate(["discard", str(bad)], settings, inbox) == 1
    assert await operate(["discard", "all"], settings, inbox) == 2


async def test_a_keyless_record_is_discarded(
    engine: AsyncEngine, sessions: Sessions, settings: ExampleSettings, capsys: pytest.CaptureFixture[str]
) -> None:
    inbox = await ready(sessions, example_inbox())
    await apply_one(sessions, inbox, Record(TOPIC, 0, 0, [("ce_id", None)], None))
    assert await command(settings, inbox, capsys, "replay") == "0 records done with, 1 still parked"
    async with sessions() as session:
        bad = await session.scalar(select(parked.c.id))
    await command(settings, inbox, capsys, "discard", str(bad))
    async with sessions() as session:
        assert (await count(session, parked), await count(session, discarded)) == (0, 1)


async def test_a_record_discarded_before_its_turn_counts_when_it_comes(engine: AsyncEngine, sessions: Sessions) -> None:
    key = new_id()
    first, second, third = as_records(await messages_of(engine, sessions, (key, 1, 3)))
    inbox = await ready(sessions, example_inbox())
    await apply_one(sessions, inbox, Record(TOPIC, 0, 0, second.headers, second.value))
    async with sessions() as session:
        early = await session.scalar(select(parked.c.id)) or 0
    await parking.discard(sessions, inbox, early, by="somebody", because=None)
    await apply_one(sessions, inbox, Record(TOPIC, 0, 1, first.headers, first.value))
    await apply_one(sessions, inbox, Record(TOPIC, 0, 2, third.headers, third.value))
    async with sessions() as session:
        assert await numbers_of(session, key) == [1, 3]
        assert await count(session, parked) == 0


async def test_a_handler_that_fails_again_in_a_replay_harms_nobody(engine: AsyncEngine, sessions: Sessions) -> None:
    async def broken(session: AsyncSession, deliveries: object) -> None:
        raise AttributeError("a fault of the code, which no list of expected errors names")

    (record,) = as_records(await messages_of(engine, sessions, (new_id(), 1, 1)))
    inbox = await ready(sessions, example_inbox(broken))
    async with sessions.begin() as session:
        await inbox.park(session, record, "too early", start=0)
        await session.execute(update(parked).values(parked_at=parked.c.parked_at - (timedelta(hours=1))))
    assert await parking.retry_due(sessions, inbox) == 0
    assert await parking.replay(sessions, inbox) == (0, 1)
    async with sessions.begin() as session:
        await session.execute(delete(parked))
        assert await count(session, effects) == 0
