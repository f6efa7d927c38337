"""The loop between Kafka and the inbox: how records get there. All that must be right is in `shared.inbox`.

Two ways to come by partitions: a consumer group with static membership (Apache Kafka), or all of them under a leader
lock (the embedded broker). Either way offsets live in PostgreSQL and the compare-and-set there decides; what is
committed to Kafka only feeds lag dashboards. Pitfalls of the client that shape this code: `docs/adr/0004`.
"""

import asyncio
from collections.abc import Iterable, Sequence
from contextlib import suppress
from typing import Any

import structlog
from aiokafka import AIOKafkaConsumer, ConsumerRebalanceListener, ConsumerRecord, TopicPartition
from aiokafka.errors import KafkaError, NoOffsetForPartitionError, OffsetOutOfRangeError
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession, async_sessionmaker

from shared import parking
from shared.context import acting_as
from shared.failpoints import failpoint
from shared.inbox import Fenced, Inbox, Record, is_hopeless, is_outage
from shared.leadership import leadership
from shared.settings import ServiceSettings

log = structlog.get_logger(__name__)

BATCH = 5000
SIDE_BY_SIDE = 2
"""Partitions applied at once: one is unpacked while the other waits for PostgreSQL. Three wait for one another's
cells (`bench/NOTES.md`). Their transactions are independent, as they are between workers."""
TRIES = 4
FIRST_PAUSE = 0.1
LONGEST_PAUSE = 30.0
RETRY_PARKED_EVERY = 5.0


class LogLost(Exception):
    """The broker's log ends before our position: it lost records (`docs/runbook.md`, "the broker lost its log")."""


class Consumer:
    """Feeds one inbox from its topics until told to stop."""

    def __init__(
        self,
        settings: ServiceSettings,
        engine: AsyncEngine,
        sessions: async_sessionmaker[AsyncSession],
        inbox: Inbox,
    ) -> None:
        self._settings, self._engine, self._sessions, self.inbox = settings, engine, sessions, inbox
        self._cursor: dict[TopicPartition, int] = {}
        self._assignment = 0
        """Counts assignments; `_synchronised` is the last one whose positions were taken from PostgreSQL."""
        self._synchronised = -1
        self.failing = True
        """Until partitions are assigned, and while they are not; waiting to lead is no failure."""
        self.lag = 0

    async def run(self, stop: asyncio.Event) -> None:
        pause = FIRST_PAUSE
        while not stop.is_set():
            try:
                if self._settings.kafka_groups:
                    await self._consume(stop)
                else:
                    self.failing = False
                    async with leadership(self._engine, f"consumer {self.inbox.consumer}"):
                        await self._consume(stop)
                pause = FIRST_PAUSE
            except Exception as error:
                if isinstance(error, KafkaError) or is_outage(error):
                    log.warning("consumer interrupted", error=type(error).__name__)
                else:
                    log.exception("consumer failed")
                with suppress(TimeoutError):
                    await asyncio.wait_for(stop.wait(), pause)
                pause = min(pause * 2, LONGEST_PAUSE)
            finally:
                self.failing = True

    # -- one life of a client ----------------------------------------------------------------------

    async def _consume(self, stop: asyncio.Event) -> None:
        self.failing = True
        kafka = self._open_client()
        try:
            await kafka.start()
            if self._settings.kafka_groups:
                kafka.subscribe(sorted(self.inbox.topics), listener=_Rebalance(self, kafka))
            else:
                kafka.assign(await self._all_partitions(kafka))
            self._assignment += 1
            await self._poll(kafka, stop)
        finally:
            # stop() may hang or raise CancelledError when brokers are gone; the offsets are safe in PostgreSQL.
            with suppress(Exception, asyncio.CancelledError):
                await asyncio.wait_for(kafka.stop(), 5)

    async def _poll(self, kafka: AIOKafkaConsumer, stop: asyncio.Event) -> None:
        loop = asyncio.get_running_loop()
        retry_at = loop.time() + RETRY_PARKED_EVERY
        while not stop.is_set():
            if self._stale:
                assignment = self._assignment
                await self._resynchronise(kafka, kafka.assignment())
                self._synchronised = assignment
            if loop.time() >= retry_at:
                await parking.retry_due(self._sessions, self.inbox)
                retry_at = loop.time() + RETRY_PARKED_EVERY
            try:
                got = await kafka.getmany(timeout_ms=100, max_records=BATCH)
            except NoOffsetForPartitionError:
                # Assigned just now, and the client looked for an offset in Kafka before we could say where to read.
                self._assignment += 1
                continue
            except OffsetOutOfRangeError as error:
                raise LogLost(f"position unknown to the broker: {error}") from error
            # Cursors move before anything is applied, success or not: they say where the client will fetch next.
            spans = [(tp, self._cursor.get(tp), records) for tp, records in got.items()]
            for tp, _, records in spans:
                self._cursor[tp] = records[-1].offset + 1
            await self._take_all(kafka, spans)
            self.lag = sum(max((kafka.highwater(tp) or 0) - self._cursor.get(tp, 0), 0) for tp in kafka.assignment())

    async def _take_all(
        self, kafka: AIOKafkaConsumer, spans: Sequence[tuple[TopicPartition, int | None, Sequence[Any]]]
    ) -> None:
        """Partitions side by side: while one waits for PostgreSQL another is unpacked. All end before one raises."""
        turn = asyncio.Semaphore(SIDE_BY_SIDE)

        async def take(tp: TopicPartition, start: int | None, records: Sequence[Any]) -> None:
            async with turn:
                if start is not None and not self._stale:  # else resynchronised on the next turn
                    await self._take(kafka, tp, start, [_as_record(record) for record in records])

        outcomes = await asyncio.gather(*(take(*span) for span in spans), return_exceptions=True)
        for outcome in outcomes:
            if isinstance(outcome, BaseException):
                raise outcome

    async def _take(self, kafka: AIOKafkaConsumer, tp: TopicPartition, start: int, records: Sequence[Record]) -> None:
        try:
            try:
                await self._apply(records, start)
            except Fenced:
                raise
            except Exception as error:
                if is_outage(error):
                    raise
                await self._one_by_one(records, start)
        except Fenced:
            log.info("batch fenced", topic=tp.topic, partition=tp.partition)
            await self._resynchronise(kafka, [tp])
            return
        await failpoint("W12")
        if self._settings.kafka_groups:
            with suppress(KafkaError):
                await kafka.commit({tp: records[-1].offset + 1})

    async def _apply(self, records: Sequence[Record], start: int) -> None:
        with acting_as(f"consumer:{self.inbox.consumer}"):
            async with self._sessions.begin() as session:
                await self.inbox.apply(session, records, start=start)
        await failpoint("W11")

    async def _one_by_one(self, records: Sequence[Record], start: int) -> None:
        for record in records:
            await self._settle(record, start)
            start = record.offset + 1

    async def _settle(self, record: Record, start: int) -> None:
        """Apply one record, or park it when retrying cannot help or has not helped."""
        for attempt in range(1, TRIES + 1):
            try:
                async with self._sessions.begin() as session:
                    await self.inbox.apply_one(session, record, start=start)
                return
            except Fenced:
                raise
            except Exception as error:
                if is_outage(error):
                    raise
                if is_hopeless(error) or attempt == TRIES:
                    reason = getattr(error, "code", type(error).__name__)
                    log.error(
                        "record parked",
                        topic=record.topic,
                        offset=record.offset,
                        reason=reason,
                        exc_info=error,
                    )
                    async with self._sessions.begin() as session:
                        await self.inbox.park(session, record, reason, start=start)
                    return
                await asyncio.sleep(FIRST_PAUSE * 2**attempt)

    @property
    def _stale(self) -> bool:
        """Whether partitions came or went since positions were last taken."""
        return self._assignment != self._synchronised

    # -- partitions --------------------------------------------------------------------------------

    async def _resynchronise(self, kafka: AIOKafkaConsumer, partitions: Iterable[TopicPartition]) -> None:
        """Take the positions PostgreSQL knows, and let the client fetch from there."""
        assignment, wanted = self._assignment, list(partitions)
        async with self._sessions.begin() as session:
            await self.inbox.ensure_offsets(session, [(tp.topic, tp.partition) for tp in wanted])
            positions = {tp: await self.inbox.position(session, tp.topic, tp.partition) for tp in wanted}
        if assignment != self._assignment:
            return  # a rebalance came in between; the next turn starts over
        for tp, position in positions.items():
            kafka.seek(tp, position)
            self._cursor[tp] = position
        kafka.resume(*wanted)
        self.failing = False

    async def _all_partitions(self, kafka: AIOKafkaConsumer) -> list[TopicPartition]:
        found: list[TopicPartition] = []
        for topic in sorted(self.inbox.topics):
            kafka._client.add_topic(topic)  # the public API learns a topic's partitions only by subscribing
            await kafka._client.force_metadata_update()
            partitions = kafka.partitions_for_topic(topic)
            if not partitions:
                raise KafkaError(f"topic {topic} does not exist")
            found += [TopicPartition(topic, partition) for partition in sorted(partitions)]
        return found

    def _open_client(self) -> AIOKafkaConsumer:
        group: dict[str, Any] = {}
        if self._settings.kafka_groups:
            group = {"group_id": f"doublewings.{self.inbox.consumer}"}
            if self._settings.worker_name:
                group["group_instance_id"] = self._settings.worker_name
        return AIOKafkaConsumer(
            bootstrap_servers=self._settings.kafka_bootstrap_servers,
            client_id=f"{self.inbox.consumer}-consumer",
            enable_auto_commit=False,
            auto_offset_reset="none",
            session_timeout_ms=10_000,
            heartbeat_interval_ms=1_000,
            rebalance_timeout_ms=20_000,
            max_partition_fetch_bytes=4 * 1024 * 1024,
            fetch_max_wait_ms=100,
            metadata_max_age_ms=30_000,
            **group,
        )


class _Rebalance(ConsumerRebalanceListener):  # type: ignore[misc]  # the library ships no types
    """Only notes and pauses, synchronously: by the time an async callback ran, records would already be here."""

    def __init__(self, consumer: Consumer, kafka: AIOKafkaConsumer) -> None:
        self._consumer, self._kafka = consumer, kafka

    def on_partitions_revoked(self, revoked: Iterable[TopicPartition]) -> None:
        self._consumer._assignment += 1

    def on_partitions_assigned(self, assigned: Iterable[TopicPartition]) -> None:
        self._consumer._assignment += 1
        self._kafka.pause(*assigned)


def _as_record(record: "ConsumerRecord[Any, Any]") -> Record:
    return Record(record.topic, record.partition, record.offset, tuple(record.headers), record.value)
