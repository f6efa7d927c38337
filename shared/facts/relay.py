"""The relay: pending journal rows to the broker, in order, each until it is acknowledged.

It reads pending rows by id, sends all, awaits every acknowledgement and deletes exactly those rows. No cursor on ids (a
lower id may commit later), no SKIP LOCKED (two relays would reorder a key). Two relays at once repeat records and never
reorder first occurrences; consumers drop the repeats. The leader lock only saves that work.
"""

import asyncio
import zlib
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import suppress
from typing import Any

import structlog
from aiokafka import AIOKafkaProducer
from aiokafka.errors import MessageSizeTooLargeError
from sqlalchemy import ARRAY, BigInteger, bindparam, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from shared.data.database import private_connection, without
from shared.data.leadership import pause, run_as_leader
from shared.data.outages import Fault, database_fault
from shared.facts.envelope import Envelope, owner_of, wrap
from shared.process.failpoints import failpoint
from shared.process.pace import Pace
from shared.process.settings import ServiceSettings

log = structlog.get_logger(__name__)

BATCH = 2000
POLL, POLL_IDLE = 0.02, 0.25
"""Seconds between looks at an empty outbox: while facts come, and at most."""

Message = tuple[str, bytes, bytes, list[tuple[str, bytes]]]
"""Topic, key, value, headers."""

Send = Callable[[Sequence[Message]], Awaitable[Mapping[int, str]]]
"""Sends in order and awaits all acknowledgements. Returns, by place, what the broker will never take and why;
raises for anything else, whose outcome is then unknown."""

_PENDING = text(
    """
    SELECT id, event_id, topic, type, key, key_version, payload::text AS payload, actor, traceparent, at
    FROM outbox_pending, LATERAL (SELECT * FROM journal WHERE id = journal_id OFFSET 0) AS fact
    WHERE refused IS NULL AND NOT key = ANY(ARRAY(
        SELECT (SELECT key FROM journal WHERE id = journal_id) FROM outbox_pending WHERE refused IS NOT NULL
    ))
    ORDER BY journal_id LIMIT :batch
    """
)
"""Rows of a key that has a refused one wait behind it. Written so that the journal is only looked up by id."""
PLANS = text(f"SELECT {without('seqscan', 'bitmapscan', 'sort', local=False)}")
"""For the relay's connection: rows in the order of the index. An outbox is analysed when it is empty, so PostgreSQL
takes a backlog for a few rows, and each batch read and sorted all of it."""
_DELETE = text("DELETE FROM outbox_pending WHERE journal_id = ANY(:ids)").bindparams(
    bindparam("ids", type_=ARRAY(BigInteger))
)
_REFUSE = text("UPDATE outbox_pending SET refused = :reason WHERE journal_id = :id")


async def relay_once(connection: AsyncConnection, send: Send, *, source: str | None = None, batch: int = BATCH) -> int:
    """Publish one batch of pending rows; returns how many were read. The connection autocommits.

    The source is the topic's owner unless another is given: no other service may publish on a topic.
    """
    rows = (await connection.execute(_PENDING, {"batch": batch})).all()
    if not rows:
        return 0
    await failpoint("W5")
    refused = await send([_message(row, source) for row in rows])
    await failpoint("W7")
    for place, reason in refused.items():
        # Never skipped: the row stays, and every later row of its key waits behind it for an operator.
        log.error("record refused by the broker", journal_id=rows[place].id, reason=reason)
        await connection.execute(_REFUSE, {"id": rows[place].id, "reason": reason})
    await connection.execute(_DELETE, {"ids": [row.id for place, row in enumerate(rows) if place not in refused]})
    return len(rows)


def _message(row: Any, source: str | None) -> Message:
    _, event_id, topic, type_, key, version, payload, actor, traceparent, at = row
    envelope = Envelope(event_id, type_, source or owner_of(topic), key, version, at, actor, traceparent)
    return (topic, *wrap(envelope, payload.encode()))


class KafkaSender:
    """`Send` over aiokafka: acknowledged by all replicas, and idempotent where the broker can."""

    def __init__(self, producer: AIOKafkaProducer) -> None:
        self._producer = producer
        self._partitions: dict[str, int] = {}

    async def _partition(self, topic: str, key: bytes) -> int:
        """The partition of a key, which never changes. Partition counts never change either (`deploy/topics.yaml`),
        so they are read once.

        The client's own hash is pure Python, and cost as much as everything else in sending.
        """
        if topic not in self._partitions:
            self._partitions[topic] = len(await self._producer.partitions_for(topic))
        return zlib.crc32(key) % self._partitions[topic]

    async def __call__(self, messages: Sequence[Message]) -> Mapping[int, str]:
        acknowledgements = []
        for topic, key, value, headers in messages:
            partition = await self._partition(topic, key)
            acknowledgements.append(
                await self._producer.send(topic, value, key=key, partition=partition, headers=headers)
            )
        await failpoint("W6")
        outcomes = await asyncio.gather(*acknowledgements, return_exceptions=True)
        refused: dict[int, str] = {}
        for place, outcome in enumerate(outcomes):
            if isinstance(outcome, MessageSizeTooLargeError):
                refused[place] = type(outcome).__name__
            elif isinstance(outcome, BaseException):
                raise outcome
        return refused


def open_producer(settings: ServiceSettings) -> AIOKafkaProducer:
    return AIOKafkaProducer(
        bootstrap_servers=settings.kafka_bootstrap_servers,
        client_id=f"{settings.service}-relay",
        acks="all",
        enable_idempotence=settings.kafka_idempotence,
        linger_ms=2,
        max_batch_size=512 * 1024,
        max_request_size=1024 * 1024,
        request_timeout_ms=15_000,
        metadata_max_age_ms=30_000,
    )


class Relay:
    """Runs `relay_once` for ever. Any failure discards producer and connection: their state is unknown."""

    def __init__(self, settings: ServiceSettings, engine: AsyncEngine) -> None:
        self._settings, self._engine = settings, engine
        self._batch = BATCH
        self.failing = True
        """Until the broker has been reached once, and while it cannot be; waiting to lead is no failure."""

    async def run(self, stop: asyncio.Event) -> None:
        await run_as_leader(self._engine, "relay", lambda: self._relay(stop), stop, standing_by=self._stand_by)

    def _stand_by(self) -> None:
        self.failing = False

    async def _relay(self, stop: asyncio.Event) -> None:
        self.failing = True
        connection = await private_connection(self._engine)
        try:
            await connection.execute(PLANS)
            producer = open_producer(self._settings)
            try:
                await producer.start()
                self.failing = False
                await self._send_pending(connection, KafkaSender(producer), stop)
            except Exception:
                self.failing = True
                raise
            finally:
                with suppress(Exception):
                    await asyncio.wait_for(producer.stop(), 5)
        finally:
            with suppress(Exception):
                await asyncio.wait_for(connection.close(), 5)

    async def _send_pending(self, connection: AsyncConnection, send: Send, stop: asyncio.Event) -> None:
        pace = Pace(POLL, POLL_IDLE)
        while not stop.is_set():
            try:
                count = await relay_once(connection, send, batch=self._batch)
            except DBAPIError as error:
                if database_fault(error) is not Fault.SLOW or self._batch == 1:
                    raise
                self._batch = max(1, self._batch // 2)
                log.warning("batch too slow", records=self._batch)
                continue
            wait = pace.after(found=count > 0)
            if count < self._batch:
                await pause(stop, wait)
            self._batch = min(self._batch * 2, BATCH)
