"""Look how far the log has been counted; in one worker of all."""

import asyncio
from collections.abc import Iterable, Mapping
from contextlib import suppress
from datetime import datetime

from aiokafka import AIOKafkaConsumer, TopicPartition
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession, async_sessionmaker

from services.metrics.projections.domain import CONSUMER
from services.metrics.projections.facts import PROJECTIONS
from services.metrics.sources import queries
from services.metrics.sources.domain import Source, read_to
from shared.data.leadership import run_as_leader
from shared.domain.clock import utc_now
from shared.process.settings import ServiceSettings

LOOK_EVERY = 2.0
"""Seconds between looks. A number is at most so much older than it says."""
WITHIN = 10.0
"""Seconds that the broker may take to name the ends of its partitions."""
TOPICS = frozenset(event.topic for event in PROJECTIONS)


async def note(
    session: AsyncSession,
    positions: Mapping[tuple[str, int], int],
    ends: Mapping[tuple[str, int], int],
    *,
    at: datetime,
) -> None:
    """Store a look that began at `at`: first the positions were read, then the ends."""
    before = {(one.topic, one.partition): one.read_to for one in await queries.sources(session)}
    rows = []
    for partition, end in sorted(ends.items()):
        waiting = max(end - positions.get(partition, 0), 0)
        mark = read_to(before.get(partition), waiting=waiting, at=at)
        rows.append({"topic": partition[0], "partition": partition[1], "waiting": waiting, "read_to": mark})
    if rows:
        statement = insert(Source)
        kept = {name: statement.excluded[name] for name in ("waiting", "read_to")}
        await session.execute(statement.on_conflict_do_update(index_elements=["topic", "partition"], set_=kept), rows)


class Watcher:
    """Keeps the marks of all partitions."""

    def __init__(
        self, settings: ServiceSettings, engine: AsyncEngine, sessions: async_sessionmaker[AsyncSession]
    ) -> None:
        self._settings, self._engine, self._sessions = settings, engine, sessions

    async def run(self, stop: asyncio.Event) -> None:
        await run_as_leader(self._engine, "sources", lambda: self._watch(stop), stop)

    async def _watch(self, stop: asyncio.Event) -> None:
        kafka = AIOKafkaConsumer(
            bootstrap_servers=self._settings.kafka_bootstrap_servers, client_id=f"{CONSUMER}-sources"
        )
        try:
            await kafka.start()
            while not stop.is_set():
                await self.look(kafka)
                with suppress(TimeoutError):
                    await asyncio.wait_for(stop.wait(), LOOK_EVERY)
        finally:
            with suppress(Exception, asyncio.CancelledError):
                await asyncio.wait_for(kafka.stop(), 5)

    async def look(self, kafka: AIOKafkaConsumer) -> None:
        """Positions first, ends afterwards: what arrives in between waits for the next look."""
        at = utc_now()
        async with self._sessions() as session:
            positions = await queries.positions(session)
        ends = await asyncio.wait_for(kafka.end_offsets(await _partitions(kafka, TOPICS)), WITHIN)
        async with self._sessions.begin() as session:
            await note(session, positions, {(tp.topic, tp.partition): end for tp, end in ends.items()}, at=at)


async def _partitions(kafka: AIOKafkaConsumer, topics: Iterable[str]) -> list[TopicPartition]:
    """The partitions of the topics that exist."""
    known = await kafka._client.fetch_all_metadata()  # the public API tells partitions of subscribed topics alone
    return [
        TopicPartition(topic, partition)
        for topic in sorted(topics)
        for partition in sorted(known.partitions_for_topic(topic) or ())
    ]
