"""The consumer's half that lives in the database: offsets, duplicates, gaps, parking, in one transaction with effects.

Three rules keep effects exactly-once and in order per key:

1. The offset moves by compare-and-set **from the position the batch was fetched at**. A zombie, or a batch fetched
   behind a failed one, finds another value and is `Fenced`.
2. `applied` remembers, for good, the last version of every key. What is not newer is a duplicate; what is not the
   next one is a gap.
3. A record that can never be applied is parked with its later siblings, and the partition goes on.
"""

from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Self
from uuid import UUID

from asyncpg import InterfaceError
from asyncpg.exceptions import InternalClientError
from pydantic import ValidationError
from sqlalchemy import (
    ARRAY,
    BigInteger,
    Column,
    DateTime,
    Identity,
    Index,
    Integer,
    LargeBinary,
    PrimaryKeyConstraint,
    Table,
    Text,
    Uuid,
    bindparam,
    delete,
    func,
    select,
    text,
    update,
)
from sqlalchemy.dialects.postgresql import JSONB, insert
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.ext.asyncio import AsyncSession

from shared.database import shared_metadata
from shared.envelope import Envelope, Headers, Malformed, unwrap
from shared.events import Event
from shared.events.catalogue import EVENTS
from shared.failpoints import failpoint
from shared.refusals import NotFound, Refusal

consumer_offset = Table(
    "consumer_offset",
    shared_metadata,
    Column("consumer", Text, nullable=False),
    Column("topic", Text, nullable=False),
    Column("partition", Integer, nullable=False),
    Column("next", BigInteger, nullable=False),
    Column("moved_at", DateTime(timezone=True), nullable=False, server_default=func.now()),
    PrimaryKeyConstraint("consumer", "topic", "partition"),
)

applied = Table(
    "applied",
    shared_metadata,
    Column("consumer", Text, nullable=False),
    Column("topic", Text, nullable=False),
    Column("key", Uuid, nullable=False),
    Column("version", BigInteger, nullable=False),
    PrimaryKeyConstraint("consumer", "topic", "key"),
    postgresql_with={"fillfactor": 80},
)

parked = Table(
    "parked",
    shared_metadata,
    Column("id", BigInteger, Identity(always=True), primary_key=True),
    Column("consumer", Text, nullable=False),
    Column("topic", Text, nullable=False),
    Column("partition", Integer, nullable=False),
    Column("offset", BigInteger, nullable=False),
    Column("key", Uuid, comment="null where the record does not say"),
    Column("version", BigInteger),
    Column("headers", JSONB, nullable=False),
    Column("value", LargeBinary, nullable=False),
    Column("reason", Text, nullable=False),
    Column("tries", Integer, nullable=False, server_default="0"),
    Column("parked_at", DateTime(timezone=True), nullable=False, server_default=func.now()),
    Index("uq_parked_consumer_topic_key_version", "consumer", "topic", "key", "version", unique=True),
)


@dataclass(frozen=True, slots=True)
class Record:
    """A Kafka record, without the client library's types."""

    topic: str
    partition: int
    offset: int
    headers: Headers
    value: bytes | None


@dataclass(frozen=True, slots=True)
class Delivery:
    """An event with its envelope, decoded and known to be the next one of its key."""

    event: Event
    envelope: Envelope


BatchHandler = Callable[[AsyncSession, Sequence[Delivery]], Awaitable[None]]
Handler = Callable[[AsyncSession, Any, Envelope], Awaitable[None]]


class Fenced(Exception):
    """Another worker moved this partition, or an earlier batch of it failed: resynchronise and fetch again."""


class Unreadable(Exception):
    """A record that no retry will make readable; the text is the reason under which it is parked."""

    def __init__(self, reason: str, envelope: Envelope | None = None) -> None:
        super().__init__(reason)
        self.reason, self.envelope = reason, envelope


def handle_each(subscriptions: Mapping[type[Event], Handler]) -> BatchHandler:
    """A batch handler that gives each event to its subscriber, in order."""

    async def handle(session: AsyncSession, deliveries: Sequence[Delivery]) -> None:
        for delivery in deliveries:
            await subscriptions[type(delivery.event)](session, delivery.event, delivery.envelope)

    return handle


@dataclass(frozen=True)
class Inbox:
    """What one consumer has seen. `catalogue` is every event it could meet, `wanted` those it handles.

    Events of the catalogue that are not wanted only move the version of their key.
    """

    consumer: str
    catalogue: Mapping[str, type[Event]]
    wanted: frozenset[type[Event]]
    handle: BatchHandler
    topics: frozenset[str]

    @classmethod
    def of(cls, consumer: str, *, wanted: Iterable[type[Event]], handle: BatchHandler) -> Self:
        """An inbox that reads the topics of the events it wants, and knows every event of the platform."""
        events = frozenset(wanted)
        return cls(consumer, EVENTS, events, handle, frozenset(event.topic for event in events))

    # -- positions ---------------------------------------------------------------------------------

    async def ensure_offsets(self, session: AsyncSession, partitions: Sequence[tuple[str, int]]) -> None:
        """A partition never read before begins at 0: nothing a producer ever said is skipped."""
        if partitions:
            rows = [
                {"consumer": self.consumer, "topic": topic, "partition": partition, "next": 0}
                for topic, partition in partitions
            ]
            await session.execute(insert(consumer_offset).values(rows).on_conflict_do_nothing())

    async def position(self, session: AsyncSession, topic: str, partition: int) -> int:
        row = consumer_offset.c
        found = await session.scalar(
            select(row.next).where(row.consumer == self.consumer, row.topic == topic, row.partition == partition)
        )
        if found is None:
            raise LookupError(f"no offset row for {topic}[{partition}]")
        return int(found)

    async def _move(self, session: AsyncSession, topic: str, partition: int, start: int, end: int) -> None:
        row = consumer_offset.c
        moved = await session.execute(
            update(consumer_offset)
            .where(
                row.consumer == self.consumer,
                row.topic == topic,
                row.partition == partition,
                row.next == start,
            )
            .values(next=end, moved_at=func.now())
            .returning(row.next)
        )
        if moved.first() is None:
            raise Fenced(f"{topic}[{partition}] is no longer at {start}")

    # -- the batch ---------------------------------------------------------------------------------

    async def apply(self, session: AsyncSession, records: Sequence[Record], *, start: int) -> None:
        """Apply one partition's records, fetched at `start`, in the session's transaction.

        Anything out of the ordinary (unreadable, a gap, a key with parked records) raises; `apply_one` sorts it out.
        """
        topic, partition = records[0].topic, records[0].partition
        await failpoint("W9")
        await self._move(session, topic, partition, start, records[-1].offset + 1)
        deliveries = [self._read(record) for record in records]
        keys = {delivery.envelope.key for delivery in deliveries}
        if await self._has_parked(session, topic, keys):
            raise Unreadable("a key has parked records")
        seen = await self._versions(session, topic, keys)
        fresh: list[Delivery] = []
        moved: dict[UUID, int] = {}
        for delivery in deliveries:
            envelope = delivery.envelope
            last = moved.get(envelope.key) or seen.get(envelope.key, 0)
            if envelope.sequence > last + 1:
                raise Unreadable("gap", envelope)
            if envelope.sequence == last + 1:
                moved[envelope.key] = envelope.sequence
                fresh.append(delivery)
        await self._remember(session, topic, moved)
        await self._give([delivery for delivery in fresh if type(delivery.event) in self.wanted], session)
        await failpoint("W10")

    async def apply_one(self, session: AsyncSession, record: Record, *, start: int) -> None:
        """Apply, drop or park a single record in the session's transaction; a handler's own failure rises."""
        await self._move(session, record.topic, record.partition, start, record.offset + 1)
        try:
            delivery = self._read(record)
        except Unreadable as error:
            await self._park(session, record, error.reason, error.envelope)
            return
        envelope = delivery.envelope
        last = (await self._versions(session, record.topic, {envelope.key})).get(envelope.key, 0)
        if envelope.sequence <= last:
            return
        waiting = await self._first_parked(session, record.topic, envelope.key)
        if envelope.sequence > last + 1 or (waiting is not None and waiting <= envelope.sequence):
            await self._park(session, record, "gap" if waiting is None else "behind a parked record", envelope)
            return
        await self._advance(session, delivery)
        if waiting is not None:
            await self.release_in_savepoint(session, record.topic, envelope.key)

    async def park(self, session: AsyncSession, record: Record, reason: str, *, start: int) -> None:
        """Set a record aside for good, with the offset moved in the same transaction."""
        await self._move(session, record.topic, record.partition, start, record.offset + 1)
        await self._park(session, record, reason, self._read(record).envelope)

    async def release(self, session: AsyncSession, topic: str, key: UUID) -> int:
        """Apply a key's parked records for as long as each is the next one; the number applied."""
        count = 0
        row = parked.c
        while True:
            last = (await self._versions(session, topic, {key})).get(key, 0)
            found = (
                await session.execute(
                    select(parked)
                    .where(
                        row.consumer == self.consumer,
                        row.topic == topic,
                        row.key == key,
                        row.version <= last + 1,
                    )
                    .order_by(row.version)
                    .limit(1)
                    .with_for_update()
                )
            ).first()
            if found is None:
                return count
            if found.version == last + 1:
                await self._advance(session, self._read(as_record(found)))
                count += 1
            await session.execute(delete(parked).where(row.id == found.id))

    async def release_in_savepoint(self, session: AsyncSession, topic: str, key: UUID) -> bool:
        """Release a key's parked records without harm to the transaction if one fails again; whether all went well."""
        try:
            async with session.begin_nested():
                await self.release(session, topic, key)
        except (Refusal, Unreadable, ValueError, LookupError, DBAPIError) as error:
            if is_outage(error):
                raise
            return False
        return True

    # -- parts -------------------------------------------------------------------------------------

    def _read(self, record: Record) -> Delivery:
        try:
            envelope, payload = unwrap(
                record.headers,
                record.value,
                topic=record.topic,
                partition=record.partition,
                offset=record.offset,
            )
        except Malformed as error:
            raise Unreadable(str(error)) from error
        kind = self.catalogue.get(envelope.type)
        if kind is None:
            raise Unreadable("unknown type", envelope)
        try:
            return Delivery(kind.model_validate_json(payload), envelope)
        except ValidationError as error:
            raise Unreadable("payload does not fit its schema", envelope) from error

    async def _give(self, deliveries: Sequence[Delivery], session: AsyncSession) -> None:
        if deliveries:
            await self.handle(session, deliveries)
            await session.flush()

    async def _advance(self, session: AsyncSession, delivery: Delivery) -> None:
        envelope = delivery.envelope
        await self._remember(session, envelope.topic, {envelope.key: envelope.sequence})
        if type(delivery.event) in self.wanted:
            await self._give([delivery], session)

    async def _versions(self, session: AsyncSession, topic: str, keys: set[UUID]) -> dict[UUID, int]:
        row = applied.c
        found = await session.execute(
            select(row.key, row.version).where(
                row.consumer == self.consumer, row.topic == topic, row.key == func.any(_keys(keys))
            )
        )
        return {row.key: row.version for row in found}

    async def _has_parked(self, session: AsyncSession, topic: str, keys: set[UUID]) -> bool:
        row = parked.c
        found = await session.scalar(
            select(row.id)
            .where(row.consumer == self.consumer, row.topic == topic, row.key == func.any(_keys(keys)))
            .limit(1)
        )
        return found is not None

    async def _first_parked(self, session: AsyncSession, topic: str, key: UUID) -> int | None:
        row = parked.c
        first: int | None = await session.scalar(
            select(func.min(row.version)).where(row.consumer == self.consumer, row.topic == topic, row.key == key)
        )
        return first

    async def _remember(self, session: AsyncSession, topic: str, versions: Mapping[UUID, int]) -> None:
        if versions:
            await session.execute(
                _REMEMBER,
                {
                    "consumer": self.consumer,
                    "topic": topic,
                    "keys": list(versions.keys()),
                    "versions": list(versions.values()),
                },
            )

    async def _park(self, session: AsyncSession, record: Record, reason: str, envelope: Envelope | None) -> None:
        await session.execute(
            insert(parked)
            .values(
                consumer=self.consumer,
                topic=record.topic,
                partition=record.partition,
                offset=record.offset,
                key=envelope.key if envelope else None,
                version=envelope.sequence if envelope else None,
                headers=[[name, content.hex()] for name, content in record.headers],
                value=record.value or b"",
                reason=reason,
            )
            .on_conflict_do_nothing()
        )


_REMEMBER = text(
    """
    INSERT INTO applied (consumer, topic, key, version)
    SELECT :consumer, :topic, key, version FROM unnest(:keys, :versions) AS row (key, version)
    ON CONFLICT (consumer, topic, key) DO UPDATE SET version = excluded.version
    """
).bindparams(
    bindparam("consumer", type_=Text),
    bindparam("topic", type_=Text),
    bindparam("keys", type_=ARRAY(Uuid)),
    bindparam("versions", type_=ARRAY(BigInteger)),
)


def _keys(keys: Sequence[UUID] | set[UUID]) -> Any:
    return bindparam(None, list(keys), type_=ARRAY(Uuid))


def as_record(row: Any) -> Record:
    """A parked row as the record it was."""
    headers = [(name, bytes.fromhex(content)) for name, content in row.headers]
    return Record(row.topic, row.partition, row.offset, headers, row.value)


_OUTAGE_STATES = frozenset({"40001", "40P01", "55P03", "57014", "57P01", "57P02", "57P03", "53300", "53400"})
"""Serialisation, deadlock, timeouts, shutdown, too many connections: the database's trouble, not the record's."""


def is_outage(error: BaseException) -> bool:
    """Whether the fault lies with the database or the line to it, so that the same work is worth repeating."""
    if isinstance(error, DBAPIError):
        cause = error.driver_exception
        state = getattr(cause, "sqlstate", None)
        return error.connection_invalidated or state is None or state in _OUTAGE_STATES or state.startswith("08")
    return isinstance(error, (OSError, TimeoutError, PoolTimeout, InterfaceError, InternalClientError))


def is_hopeless(error: BaseException) -> bool:
    """Whether retrying cannot help: a refusal by the domain, except `NotFound`, which may just be early."""
    return isinstance(error, Refusal) and not isinstance(error, NotFound)
