"""From the journal to the metrics: how fast a backlog drains, and how late a single fact arrives."""

import asyncio
import statistics
import time
from collections.abc import AsyncIterator
from uuid import uuid4

import asyncpg
from aiokafka import AIOKafkaConsumer, TopicPartition
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

from bench.measure import Measure
from bench.sizes import Sizes, expect, lose
from deploy.local.platform import Platform
from shared.data.database import new_id, open_sessions
from shared.domain.clock import utc_now
from shared.events.registry.institutions import InstitutionRegistered
from shared.facts.journal import Fact, record_many

STEADY_RATE = 500
LEAST_LAGS = 2
"""A slow machine measures on until it has so many."""
TOPIC = InstitutionRegistered.topic
LISTENERS = ("inspection.worker", "afterschool.worker")
"""They follow the same facts on the same two cores, and are not measured here."""


async def measures(platform: Platform, sizes: Sizes) -> AsyncIterator[Measure]:
    registry = create_async_engine(platform.database_url("registry"))
    metrics = await asyncpg.connect(platform.database_url("metrics", driver=None))
    try:
        whole = await _drain_journal(platform, registry, metrics, sizes)
        alone = await _drain_topic(platform, metrics)
        raw = statistics.median([await _read_topic(platform) for _ in range(3)])
        yield Measure("journal to metrics, drain (relay and consumer at once)", whole, raw, 0.15, "events/s")
        yield Measure("topic to metrics, drain (consumer alone)", alone, raw, 0.15, "events/s")
        yield Measure("journal to metrics, drain / 10,000 a second", whole, 10_000, 1.0, "events/s")
        lags = await _steady(registry, metrics, sizes.steady_seconds)
        await _grow(platform, sizes.large)
        large = await _drain_journal(platform, registry, metrics, sizes)
        yield Measure(f"the same behind {sizes.large:,} institutions / before", large, whole, 0.85, "events/s")
        for percent, target in ((50, 0.25), (99, 1.0)):
            yield Measure(
                f"commit to visible metric at {STEADY_RATE} events/s, p{percent} / 1 s",
                1000 * statistics.quantiles(lags, n=100)[percent - 1], 1000, target, "ms", more_is_better=False,
            )  # fmt: skip
    finally:
        await metrics.close()
        await registry.dispose()


def _event() -> Fact:
    institution_id = new_id()
    event = InstitutionRegistered(
        institution_id=institution_id, name="机构", uscc=None, permit_no=None, kind="subject", mode="offline",
        profit="for_profit", stages=[], status="active", district="140213", street="140213050", address="某路1号",
        lon=113.3, lat=40.08, capacity=100, external_ref=str(uuid4()), at=utc_now(),
    )  # fmt: skip
    return Fact(institution_id, 1, event)


async def _journal(registry: AsyncEngine, number: int) -> None:
    async with open_sessions(registry).begin() as session:
        for _ in range(0, number, 5000):
            await record_many(session, [_event() for _ in range(min(number, 5000))])


async def _counted(metrics: "asyncpg.Connection[asyncpg.Record]") -> int:
    found = await metrics.fetchval("SELECT coalesce(sum(members), 0) FROM cell WHERE noun = 'institution'")
    return int(found)


async def _drain_journal(
    platform: Platform, registry: AsyncEngine, metrics: "asyncpg.Connection[asyncpg.Record]", sizes: Sizes
) -> float:
    """Events a second from a journalled backlog to the last changed number, both workers running."""
    await platform.stop_process("registry.worker")
    for listener in LISTENERS:
        await platform.stop_process(listener)
    await _journal(registry, sizes.backlog)
    before = await _counted(metrics)
    await platform.start_process("registry.worker")
    first = await _until(metrics, before + 1)
    done = await _until(metrics, before + sizes.backlog)
    await lose(sizes, platform.database_url("metrics", driver=None), _LOST)
    expect("institutions counted", await _counted(metrics), before + sizes.backlog)
    return sizes.backlog / (done - first)


_LOST = "UPDATE cell SET members = members - 1 WHERE id = (SELECT min(id) FROM cell WHERE noun = 'institution')"


_GROWN = {
    "registry": """
        INSERT INTO journal (event_id, topic, type, key, key_version, payload, actor)
        SELECT gen_random_uuid(), $2, 'registry.institution.registered.v1', gen_random_uuid(), 1,
               json_build_object('address', repeat('某路1号', 40)), 'bench'
        FROM generate_series(1, $1::int)
    """,
    "metrics": """
        WITH stood AS (
            INSERT INTO cell (generation, noun, state, kind, district, street, grid, school, campaign, month, marks,
                              members, amount)
            SELECT live, 'institution', 'active', 'subject', '140213', '140213050', n::text, '', '', '', '', 0, 0
            FROM generate_series(0, 3999) AS n, generation RETURNING id, generation, grid::int AS place
        ), admitted AS (
            INSERT INTO member (generation, noun, id, cell_id, amount)
            SELECT generation, 'institution', gen_random_uuid(), stood.id, 0
            FROM generate_series(1, $1::int) AS n JOIN stood ON place = n % 4000 RETURNING generation, id
        ), seen AS (
            INSERT INTO applied (consumer, topic, key, version, event_id, event_version)
            SELECT 'metrics', $2, id, 1, gen_random_uuid(), 1 FROM admitted
        )
        INSERT INTO receipt (generation, noun, member_id, event_id, type, topic, partition, "offset", sequence, at)
        SELECT generation, 'institution', id, gen_random_uuid(), 'registry.institution.registered.v1', $2, 0, 0, 1,
               now()
        FROM admitted
    """,
}
"""The rows that a large city leaves behind. Nobody has analysed the tables, as after an import."""


async def _grow(platform: Platform, institutions: int) -> None:
    for service, statement in _GROWN.items():
        connection = await asyncpg.connect(platform.database_url(service, driver=None))
        try:
            await connection.execute("SET synchronous_commit = off")
            await connection.execute(statement, institutions, TOPIC)
        finally:
            await connection.close()


async def _drain_topic(platform: Platform, metrics: "asyncpg.Connection[asyncpg.Record]") -> float:
    """The same with everything already in the log; other topics that count are read again too."""
    await platform.stop_process("metrics.worker")
    total = await _counted(metrics)
    async with metrics.transaction():
        await metrics.execute("TRUNCATE cell, member, receipt, applied, consumer_offset")
    await platform.start_process("metrics.worker")
    first = await _until(metrics, 1)
    done = await _until(metrics, total)
    facts = await metrics.fetchval("SELECT count(*) FROM receipt")
    expect("institutions counted again", await _counted(metrics), total)
    return float(facts / (done - first))


async def _until(metrics: "asyncpg.Connection[asyncpg.Record]", wanted: int) -> float:
    async with asyncio.timeout(180):
        while await _counted(metrics) < wanted:
            await asyncio.sleep(0.02)
    return time.perf_counter()


async def _read_topic(platform: Platform) -> float:
    """The limit: aiokafka's getmany over the same records, doing nothing with them."""
    kafka = AIOKafkaConsumer(bootstrap_servers=platform.bootstrap, max_partition_fetch_bytes=4 * 1024 * 1024)
    await kafka.start()
    try:
        partitions = [TopicPartition(TOPIC, number) for number in range(6)]
        kafka.assign(partitions)
        ends = await kafka.end_offsets(partitions)
        for partition in partitions:
            kafka.seek(partition, 0)
        read, began = 0, time.perf_counter()
        while read < sum(ends.values()):
            read += sum(map(len, (await kafka.getmany(timeout_ms=200, max_records=5000)).values()))
        return read / (time.perf_counter() - began)
    finally:
        await kafka.stop()


async def _steady(registry: AsyncEngine, metrics: "asyncpg.Connection[asyncpg.Record]", seconds: float) -> list[float]:
    """Seconds from COMMIT to the changed number for single facts, while others arrive at a steady rate."""
    lags: list[float] = []
    stop = asyncio.Event()
    beat = 0.05

    async def background() -> None:
        while not stop.is_set():
            began = time.perf_counter()
            await _journal(registry, int(STEADY_RATE * beat))
            await asyncio.sleep(max(0.0, beat - (time.perf_counter() - began)))

    work = asyncio.create_task(background())
    await asyncio.sleep(1.0)
    end = time.perf_counter() + seconds
    while time.perf_counter() < end or len(lags) < LEAST_LAGS:
        fact = _event()
        async with open_sessions(registry).begin() as session:
            await record_many(session, [fact])
        began = time.perf_counter()
        while not await metrics.fetchval("SELECT cell_id FROM member WHERE id = $1", fact.key):
            await asyncio.sleep(0.005)
        lags.append(time.perf_counter() - began)
    stop.set()
    await work
    return lags
