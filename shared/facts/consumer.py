"""The loop between Kafka and the inbox: how records get there. All that must be right is in `shared.facts.inbox`.

Two ways to come by partitions: a consumer group (Apache Kafka), or all of them under a lease
(the embedded broker). Either way offsets live in PostgreSQL and the compare-and-set there decides; what is
committed to Kafka only feeds lag dashboards. Pitfalls of the client that shape this code: `docs/adr/0004`.
"""

import asyncio
import time
from collections.abc import Iterable, Sequence
from contextlib import suppress
from itertools import groupby
from typing import Any

import structlog
from aiokafka import AIOKafkaConsumer, ConsumerRebalanceListener, ConsumerRecord, TopicPartition
from aiokafka.errors import KafkaError, NoOffsetForPartitionError, OffsetOutOfRangeError
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession, async_sessionmaker

from shared.data.leadership import pause, run_as_leader
from shared.data.outages import Fault, database_fault, is_outage
from shared.facts import parking
from shared.facts.inbox import Fenced, Held, Inbox, Record, TryAgain, is_hopeless, reason_of
from shared.facts.progress import STANDS_STILL, Progress
from shared.facts.records import read_any_record
from shared.process.failpoints import failpoint
from shared.process.pace import Pace
from shared.process.settings import ServiceSettings

log = structlog.get_logger(__name__)

BATCH = 5000
SIDE_BY_SIDE = 2
"""Partitions applied at once: one is unpacked while the other waits for PostgreSQL. Three wait for one another's
cells (`bench/NOTES.md`). Their transactions are independent, as they are between workers."""
TRIES = 4
SLOW_TRIES = 2
FIRST_PAUSE = 0.1
LONGEST_PAUSE = 30.0
HELD_FOR = 0.1
"""Seconds between tries to read where the inbox wants nothing for now."""
FAILURES_FORGIVEN = 2
STEADY_AFTER = 10.0
MEASURE_WITHIN = 4.0
RETRY_PARKED_EVERY = 5.0
WAIT, WAIT_IDLE = 100, 750
"""Milliseconds for which the broker may hold an empty fetch: while records come, and at most. Apache Kafka answers as
soon as a record comes; the embedded broker looks only at the half and at the end of this time, and each look costs it a
step per partition."""


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
        self._kafka: AIOKafkaConsumer | None = None
        self._cursor: dict[TopicPartition, int] = {}
        self._assignment = 0
        """Counts assignments; `_synchronised` is the last one whose positions were taken from PostgreSQL."""
        self._synchronised = -1
        self._away = True
        """Until partitions are assigned, and while they are not; waiting to lead is no failure."""
        self._failures = 0
        """In a row, with no steady life in between."""
        self.progress: Progress[TopicPartition] = Progress()

    @property
    def failing(self) -> bool:
        """Whether somebody must look: no partitions, repeated failures, or no progress."""
        now = time.monotonic()
        return self._away or self._failures >= FAILURES_FORGIVEN or self.progress.standing(now) >= STANDS_STILL

    async def run(self, stop: asyncio.Event) -> None:
        if not self._settings.kafka_groups:
            task = f"consumer {self.inbox.consumer}"
            await run_as_leader(self._engine, task, lambda: self._live(stop), stop, standing_by=self._stand_by)
            return
        wait = FIRST_PAUSE
        while not stop.is_set():
            try:
                await self._live(stop)
            except Exception as error:
                if isinstance(error, KafkaError) or is_outage(error):
                    log.warning("consumer interrupted", error=type(error).__name__)
                else:
                    log.exception("consumer failed")
                wait = FIRST_PAUSE if self._failures <= 1 else min(wait * 2, LONGEST_PAUSE)
                await pause(stop, wait)

    async def measure(self) -> None:
        """Measure how far the stored offsets are from the ends of the log. Without a client, nothing is measured and
        the time goes on."""
        kafka = self._kafka
        if kafka is None or not kafka.assignment():
            return
        partitions = list(kafka.assignment())
        async with self._sessions() as session:
            positions = await self.inbox.positions(session)
        ends = await asyncio.wait_for(kafka.end_offsets(partitions), MEASURE_WITHIN)
        ours = {tp: positions[tp.topic, tp.partition] for tp in partitions if (tp.topic, tp.partition) in positions}
        for tp, position in ours.items():
            # What is left of the log may hold no record at all (marks of transactions): the client has passed it.
            nothing_in_hand = self._cursor.get(tp) == position < ends[tp]
            if nothing_in_hand and await asyncio.wait_for(kafka.position(tp), MEASURE_WITHIN) >= ends[tp]:
                ends[tp] = position
        self.progress.note(ours, ends, time.monotonic())

    # -- one life of a client ----------------------------------------------------------------------

    def _stand_by(self) -> None:
        self._away, self._failures = False, 0
        self.progress.forget()

    async def _live(self, stop: asyncio.Event) -> None:
        self._away = True
        try:
            await self._consume(stop)
        except Exception:
            self._failures += 1
            raise
        finally:
            self._away = True

    async def _consume(self, stop: asyncio.Event) -> None:
        kafka = self._kafka = self._open_client()
        try:
            await kafka.start()
            if self._settings.kafka_groups:
                kafka.subscribe(sorted(self.inbox.topics), listener=_Rebalance(self, kafka))
            else:
                kafka.assign(await self._all_partitions(kafka))
            self._assignment += 1
            await self._poll(kafka, stop)
        finally:
            self._kafka = None
            # stop() may hang or raise CancelledError when brokers are gone; the offsets are safe in PostgreSQL.
            with suppress(Exception, asyncio.CancelledError):
                await asyncio.wait_for(kafka.stop(), 5)

    async def _poll(self, kafka: AIOKafkaConsumer, stop: asyncio.Event) -> None:
        loop = asyncio.get_running_loop()
        begun = loop.time()
        retry_at = begun + RETRY_PARKED_EVERY
        pace = Pace(WAIT / 1000, WAIT_IDLE / 1000)
        wait = WAIT
        while not stop.is_set():
            if self._stale:
                assignment = self._assignment
                await self._resynchronise(kafka, kafka.assignment())
                self._synchronised = assignment
                with suppress(KafkaError, TimeoutError):
                    await self.measure()
            if loop.time() >= retry_at:
                await parking.retry_due(self._sessions, self.inbox)
                retry_at = loop.time() + RETRY_PARKED_EVERY
            try:
                kafka._fetcher._fetch_max_wait_ms = wait  # read for each fetch; the public API sets it once
                got = await kafka.getmany(timeout_ms=wait, max_records=BATCH)
            except NoOffsetForPartitionError:
                # Assigned just now, and the client looked for an offset in Kafka before we could say where to read.
                self._assignment += 1
                continue
            except OffsetOutOfRangeError as error:
                raise LogLost(f"position unknown to the broker: {error}") from error
            wait = round(1000 * pace.after(found=bool(got)))
            # Cursors move before anything is applied, success or not: they say where the client will fetch next.
            spans = [(tp, self._cursor.get(tp), records) for tp, records in got.items()]
            for tp, _, records in spans:
                self._cursor[tp] = records[-1].offset + 1
            await self._take_all(kafka, spans)
            # That other partitions move does not count: the one that fails ends each life after a moment.
            if self.progress.lag == 0 or loop.time() - begun >= STEADY_AFTER:
                self._failures = 0

    async def _take_all(
        self, kafka: AIOKafkaConsumer, spans: Sequence[tuple[TopicPartition, int | None, Sequence[Any]]]
    ) -> None:
        """Handle a topic's partitions side by side: while one waits for PostgreSQL, another is unpacked. Partitions of
        different topics may concern the same things and would wait for each other. All end before an error is raised.
        """
        turn = asyncio.Semaphore(SIDE_BY_SIDE)

        async def take(tp: TopicPartition, start: int | None, records: Sequence[Any]) -> None:
            async with turn:
                if start is not None and not self._stale:  # else resynchronised on the next turn
                    await self._take(kafka, tp, start, [_as_record(record) for record in records])

        outcomes: list[BaseException | None] = []
        for _, alike in groupby(sorted(spans, key=_topic_of), key=_topic_of):
            outcomes += await asyncio.gather(*(take(*span) for span in alike), return_exceptions=True)
        for outcome in outcomes:
            if isinstance(outcome, BaseException):
                raise outcome

    async def _take(self, kafka: AIOKafkaConsumer, tp: TopicPartition, start: int, records: Sequence[Record]) -> None:
        try:
            await self._take_span(records, start)
        except Held:
            await asyncio.sleep(HELD_FOR)
            await self._resynchronise(kafka, [tp])
            return
        except Fenced:
            log.info("batch fenced", topic=tp.topic, partition=tp.partition)
            await self._resynchronise(kafka, [tp])
            return
        await failpoint("W12")
        if self._settings.kafka_groups:
            with suppress(KafkaError):
                await kafka.commit({tp: records[-1].offset + 1})

    async def _take_span(self, records: Sequence[Record], start: int, tries: int = TRIES) -> None:
        """Apply all at once; if that is too slow, in halves; if it fails, record by record."""
        try:
            await self._apply(records, start)
        except Fenced:
            raise
        except Exception as error:
            match _fault(error):
                case Fault.AWAY:
                    raise
                case Fault.SLOW if len(records) > 1:
                    half = len(records) // 2
                    log.warning("batch too slow", topic=records[0].topic, records=len(records))
                    await self._take_span(records[:half], start)
                    await self._take_span(records[half:], records[half - 1].offset + 1)
                case Fault.CONTENDED if tries > 1:
                    log.warning("batch contended", topic=records[0].topic, error=type(error).__name__)
                    if not isinstance(error, TryAgain):
                        await asyncio.sleep(FIRST_PAUSE * 2 ** (TRIES - tries + 1))
                    await self._take_span(records, start, tries - 1)
                case _:
                    await self._one_by_one(records, start)

    async def _apply(self, records: Sequence[Record], start: int) -> None:
        async with self._sessions.begin() as session:
            await self.inbox.apply(session, records, start=start)
        await failpoint("W11")

    async def _one_by_one(self, records: Sequence[Record], start: int) -> None:
        for record in records:
            await self._settle(record, start)
            start = record.offset + 1

    async def _settle(self, record: Record, start: int) -> None:
        """Apply one record; park it if retrying cannot help, or has not helped."""
        for attempt in range(1, TRIES + 1):
            try:
                async with self._sessions.begin() as session:
                    await self.inbox.apply_one(session, record, start=start)
                return
            except Fenced:
                raise
            except Exception as error:
                fault = _fault(error)
                last = attempt == (SLOW_TRIES if fault is Fault.SLOW else TRIES)
                if fault is Fault.AWAY or (fault is Fault.CONTENDED and last):
                    raise  # nothing is wrong with the record: it waits, and that is seen
                if is_hopeless(error) or last:
                    reason = fault.value if fault else reason_of(error)
                    log.error(
                        "record parked",
                        topic=record.topic,
                        partition=record.partition,
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
        """Whether partitions came or went since the positions were last read."""
        return self._assignment != self._synchronised

    # -- partitions --------------------------------------------------------------------------------

    async def _resynchronise(self, kafka: AIOKafkaConsumer, partitions: Iterable[TopicPartition]) -> None:
        """Read the positions from PostgreSQL, and let the client fetch from there."""
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
        self._away = False

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
            # No static membership: a pod's name is new with every release, and a member that never comes back would
            # keep its partitions until the session ends. A dynamic one leaves when it stops.
            group = {"group_id": f"doublewings.{self.inbox.consumer}"}
        read_any_record()
        return AIOKafkaConsumer(
            bootstrap_servers=self._settings.kafka_bootstrap_servers,
            client_id=f"{self.inbox.consumer}-consumer",
            enable_auto_commit=False,
            auto_offset_reset="none",
            session_timeout_ms=10_000,
            heartbeat_interval_ms=1_000,
            rebalance_timeout_ms=20_000,
            max_partition_fetch_bytes=4 * 1024 * 1024,
            fetch_max_wait_ms=WAIT,
            consumer_timeout_ms=WAIT_IDLE,
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


def _fault(error: BaseException) -> Fault | None:
    return Fault.CONTENDED if isinstance(error, TryAgain) else database_fault(error)


def _as_record(record: "ConsumerRecord[Any, Any]") -> Record:
    return Record(record.topic, record.partition, record.offset, record.headers, record.value, record.key or b"")


def _topic_of(span: tuple[TopicPartition, int | None, Sequence[Any]]) -> str:
    return str(span[0].topic)
