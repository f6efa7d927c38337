"""The consumer's half that lives in the database: offsets, duplicates, gaps, parking, in one transaction with effects.

Four rules keep effects exactly-once and in order per key:

1. The offset moves by compare-and-set **from the position the batch was fetched at**. A zombie, or a batch fetched
   behind a failed one, finds another value and is `Fenced`.
2. `applied` remembers, for good, the last version of every key and the id of the fact that had it. An older version
   is a duplicate; what is not the next one is a gap; the same version with another id is an alarm.
3. A record that can never be applied is parked with its later siblings, and the partition goes on.
4. Parking cannot fail on what a record holds, whatever its bytes are.
"""

from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Any, NamedTuple, Self
from uuid import UUID

import structlog
from opentelemetry import metrics
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
from sqlalchemy.ext.asyncio import AsyncSession

from shared.data.database import copy_rows, shared_metadata
from shared.data.outages import is_outage
from shared.domain.refusals import NotFound, Refusal
from shared.events import Event
from shared.events.catalogue import EVENTS
from shared.facts.envelope import Envelope, Headers, Malformed, envelope_of, owner_of, unwrap
from shared.process.context import acting_as, current_actor
from shared.process.failpoints import failpoint

log = structlog.get_logger(__name__)

_contested = metrics.get_meter("shared.facts.inbox").create_counter(
    "consumer.contested",
    unit="{record}",
    description="Records that contest a fact already applied, or come from somebody who may not tell it.",
)

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
    Column("event_id", Uuid, comment="fact with the version `event_version`; null if unknown"),
    Column("event_version", BigInteger, comment="version of the fact `event_id`"),
    PrimaryKeyConstraint("consumer", "topic", "key"),
    postgresql_with={"fillfactor": 80},
)


def _record_columns() -> list[Column[Any]]:
    return [
        Column("consumer", Text, nullable=False),
        Column("topic", Text, nullable=False),
        Column("partition", Integer, nullable=False),
        Column("offset", BigInteger, nullable=False),
        Column("key", Uuid, comment="null if the record has no key"),
        Column("version", BigInteger, comment="null if the record has no place in the order of its key"),
        Column("event_id", Uuid),
        Column("record_key", LargeBinary),
        Column("headers", JSONB, nullable=False),
        Column("value", LargeBinary, nullable=False),
        Column("reason", Text, nullable=False),
        Column("tries", Integer, nullable=False, server_default="0"),
        Column("parked_at", DateTime(timezone=True), nullable=False, server_default=func.now()),
    ]


parked = Table(
    "parked",
    shared_metadata,
    Column("id", BigInteger, Identity(always=True), primary_key=True),
    *_record_columns(),
    Index("ix_parked_consumer_topic_key_version", "consumer", "topic", "key", "version"),
)

discarded = Table(
    "discarded",
    shared_metadata,
    Column("id", BigInteger, primary_key=True, autoincrement=False, comment="id that the record had in `parked`"),
    *_record_columns(),
    Column("discarded_by", Text, nullable=False),
    Column("discarded_because", Text),
    Column("discarded_at", DateTime(timezone=True), nullable=False, server_default=func.now()),
    Index("ix_discarded_consumer_topic_key_version", "consumer", "topic", "key", "version"),
)
"""Records an operator gave up, kept for good. One that had a place among the facts of its key counts as applied."""


class Record(NamedTuple):
    """A Kafka record, without the client library's types."""

    topic: str
    partition: int
    offset: int
    headers: Headers
    value: bytes | None
    key: bytes | None = None


class Delivery(NamedTuple):
    """An event with its envelope, decoded and known to be the next one of its key."""

    event: Event
    envelope: Envelope


BatchHandler = Callable[[AsyncSession, Sequence[Delivery]], Awaitable[None]]
Handler = Callable[[AsyncSession, Any, Envelope], Awaitable[None]]


class Fenced(Exception):
    """Another worker moved this partition, or an earlier batch of it failed: resynchronise and fetch again."""


class Held(Fenced):
    """The consumer must not read beyond here for now."""


class Unreadable(Exception):
    """A record that no retry will make readable; the text is the reason under which it is parked."""

    def __init__(self, reason: str, envelope: Envelope | None = None) -> None:
        super().__init__(reason)
        self.reason, self.envelope = reason, envelope


class Contested(Unreadable):
    """A record that is not what it says it is. It takes no place among the facts of its key: none waits behind it."""


class TryAgain(Exception):
    """A handler met what another batch has just written; nothing is wrong, and the same batch again succeeds."""


class _StillParked(Exception):
    """Undoes the savepoint in which a parked record was tried again."""


def handle_each(subscriptions: Mapping[type[Event], Handler]) -> BatchHandler:
    """A batch handler that gives each event to its subscriber, in order."""

    async def handle(session: AsyncSession, deliveries: Sequence[Delivery]) -> None:
        for delivery in deliveries:
            with caused_by(delivery):
                await subscriptions[type(delivery.event)](session, delivery.event, delivery.envelope)

    return handle


def caused_by(delivery: Delivery) -> AbstractContextManager[None]:
    """Facts written inside are caused by this record, and carry its trace."""
    return acting_as(current_actor(), delivery.envelope.traceparent)


@dataclass(frozen=True)
class Inbox:
    """What one consumer has seen. `catalogue` is every event it could meet, `wanted` those it handles.

    Events of the catalogue that are not wanted only move the version of their key. `until` gives the offsets that are
    not read for now, by topic and partition; what it leaves out has no such end.
    """

    consumer: str
    catalogue: Mapping[str, type[Event]]
    wanted: frozenset[type[Event]]
    handle: BatchHandler
    topics: frozenset[str]
    until: Callable[[AsyncSession], Awaitable[Mapping[tuple[str, int], int]]] | None = None

    @classmethod
    def of(cls, consumer: str, *, wanted: Iterable[type[Event]], handle: BatchHandler) -> Self:
        events = frozenset(wanted)
        return cls(consumer, EVENTS, events, handle, frozenset(event.topic for event in events))

    # -- positions ---------------------------------------------------------------------------------

    async def ensure_offsets(self, session: AsyncSession, partitions: Sequence[tuple[str, int]]) -> None:
        """A partition that was never read begins at 0, so that no event is skipped."""
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

    async def positions(self, session: AsyncSession) -> dict[tuple[str, int], int]:
        row = consumer_offset.c
        found = await session.execute(select(row.topic, row.partition, row.next).where(row.consumer == self.consumer))
        return {(topic, partition): position for topic, partition, position in found}

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

        Raises for anything out of the ordinary (an unreadable record, a gap, a key with parked records), which
        `apply_one` handles.
        """
        records = await self._before_the_end(session, records)
        topic, partition = records[0].topic, records[0].partition
        await failpoint("W9")
        await self._move(session, topic, partition, start, records[-1].offset + 1)
        deliveries = [self._read(record) for record in records]
        keys = {delivery.envelope.key for delivery in deliveries}
        if await self._has_parked(session, topic, keys):
            raise Unreadable("a key has parked records")
        seen = await self._versions(session, topic, keys)
        fresh: list[Delivery] = []
        moved: dict[UUID, _Last] = {}
        for delivery in deliveries:
            envelope = delivery.envelope
            last = moved.get(envelope.key) or seen.get(envelope.key, _NONE)
            if envelope.sequence > last.version + 1:
                raise Unreadable("gap", envelope)
            if last.contests(envelope):
                raise Contested("another fact has this version", envelope)
            if envelope.sequence == last.version + 1:
                moved[envelope.key] = _Last(envelope.sequence, envelope.event_id)
                fresh.append(delivery)
        news = [(self.consumer, topic, key, *last, last.version) for key, last in moved.items() if key not in seen]
        await copy_rows(session, applied.name, tuple(applied.c.keys()), news)
        await self._remember_rows(session, topic, [(key, *last) for key, last in moved.items() if key in seen])
        await self._give([delivery for delivery in fresh if type(delivery.event) in self.wanted], session)
        await failpoint("W10")

    async def apply_one(self, session: AsyncSession, record: Record, *, start: int) -> None:
        """Apply, drop or park one record in the session's transaction; an error of the handler is raised."""
        await self._before_the_end(session, [record])
        await self._move(session, record.topic, record.partition, start, record.offset + 1)
        await self._sort(session, record)

    async def _before_the_end(self, session: AsyncSession, records: Sequence[Record]) -> Sequence[Record]:
        """The records of a partition that may be read now. Raises `Held` if none may."""
        if self.until is None:
            return records
        end = (await self.until(session)).get((records[0].topic, records[0].partition))
        allowed = records if end is None else [record for record in records if record.offset < end]
        if not allowed:
            raise Held(f"{records[0].topic}[{records[0].partition}] is read to {end}")
        return allowed

    async def park(self, session: AsyncSession, record: Record, reason: str, *, start: int) -> None:
        """Park a record, and move the offset in the same transaction."""
        await self._move(session, record.topic, record.partition, start, record.offset + 1)
        await self._park(session, record, reason, _envelope_if_any(record))

    async def release(self, session: AsyncSession, topic: str, key: UUID) -> int:
        """Apply a key's parked records while each is the next version; returns how many."""
        count = 0
        row = parked.c
        while True:
            await self.skip_discarded(session, topic, key)
            last = await self._last(session, topic, key)
            found = (
                await session.execute(
                    select(parked)
                    .where(
                        row.consumer == self.consumer,
                        row.topic == topic,
                        row.key == key,
                        row.version <= last.version + 1,
                    )
                    .order_by(row.version, row.id)
                    .limit(1)
                    .with_for_update()
                )
            ).first()
            if found is None:
                return count
            if found.version == last.version + 1:
                await self._advance(session, self._read(as_record(found)))
                count += 1
            elif last.version == found.version and last.event_id not in (None, found.event_id):
                # It waited for its turn, and another record with its number was quicker.
                self._alarm(as_record(found), "another fact has this version", _envelope_if_any(as_record(found)))
                contested = {"version": None, "reason": "another fact has this version"}
                await session.execute(update(parked).where(row.id == found.id).values(contested))
                continue
            await session.execute(delete(parked).where(row.id == found.id))

    async def release_in_savepoint(self, session: AsyncSession, topic: str, key: UUID) -> bool:
        """Release a key's parked records; if one fails again, only the savepoint is lost. Returns whether all
        succeeded."""
        try:
            async with session.begin_nested():
                await self.release(session, topic, key)
        except Exception as error:
            if is_outage(error):
                raise
            log.warning("a parked record fails again", topic=topic, key=str(key), reason=reason_of(error))
            return False
        return True

    async def reconsider(self, session: AsyncSession, row: Any) -> bool:
        """Try a parked record without a place in its key's order again; returns whether it was applied or got a
        place.

        It is never dropped: even if it is older than what is applied, it stays until an operator discards it.
        """
        record = as_record(row)
        try:
            async with session.begin_nested():
                await session.execute(delete(parked).where(parked.c.id == row.id))
                if not await self._sort(session, record, again=True):
                    raise _StillParked
        except Exception as error:
            if is_outage(error):
                raise
            return False
        return True

    async def skip_discarded(self, session: AsyncSession, topic: str, key: UUID) -> None:
        """Count the next version of a key as applied if an operator discarded it and no other parked record has it."""
        while True:
            last = await self._last(session, topic, key)
            gone, row = discarded.c, parked.c
            due = last.version + 1
            given_up = await session.execute(
                select(gone.event_id)
                .where(gone.consumer == self.consumer, gone.topic == topic, gone.key == key, gone.version == due)
                .limit(1)
            )
            found = given_up.first()
            waiting = await session.scalar(
                select(row.id)
                .where(row.consumer == self.consumer, row.topic == topic, row.key == key, row.version == due)
                .limit(1)
            )
            if found is None or waiting is not None:
                return
            await self._remember_rows(session, topic, [(key, due, found.event_id)])

    # -- parts -------------------------------------------------------------------------------------

    async def _sort(self, session: AsyncSession, record: Record, *, again: bool = False) -> bool:
        """Apply, drop or park a record whose offset has moved; returns whether it is done with or parked in order.

        `again`: it was parked, and stays parked unless it is applied or gets a place in order.
        """
        try:
            delivery = self._read(record)
        except Unreadable as error:
            if not again:
                await self._park_unreadable(session, record, error)
            return False
        envelope = delivery.envelope
        await self.skip_discarded(session, record.topic, envelope.key)
        last = await self._last(session, record.topic, envelope.key)
        if last.contests(envelope):
            if not again:
                await self._park_unreadable(session, record, Contested("another fact has this version", envelope))
            return False
        if envelope.sequence <= last.version:
            return not again
        waiting = await self._first_parked(session, record.topic, envelope.key)
        if envelope.sequence > last.version + 1 or (waiting is not None and waiting <= envelope.sequence):
            await self._park(session, record, "gap" if waiting is None else "behind a parked record", envelope)
            return True
        await self._advance(session, delivery)
        if waiting is not None:
            await self.release_in_savepoint(session, record.topic, envelope.key)
        return True

    def _read(self, record: Record) -> Delivery:
        """The record as an event; raises `Unreadable`, and nothing else, whatever its bytes are."""
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
        if record.key is not None and record.key != str(envelope.key).encode():
            raise Contested("the record's key is not its subject", envelope)
        if envelope.source != owner_of(envelope.topic):
            raise Contested("the source does not own the topic", envelope)
        kind = self.catalogue.get(envelope.type)
        if kind is None:
            raise Unreadable("unknown type", envelope)
        if kind.topic != envelope.topic:
            raise Contested("the type belongs to another topic", envelope)
        try:
            event = kind.model_validate_json(payload)
        except Exception as error:  # a validator of a model may fail in ways of its own
            raise Unreadable("payload does not fit its schema", envelope) from error
        if event.aggregate_id() not in (None, envelope.key):
            raise Contested("the payload is about another key", envelope)
        return Delivery(event, envelope)

    async def _give(self, deliveries: Sequence[Delivery], session: AsyncSession) -> None:
        """Call the handler, with this consumer as the actor: for a batch, a single record and a replay alike."""
        if deliveries:
            with acting_as(f"consumer:{self.consumer}", deliveries[0].envelope.traceparent):
                await self.handle(session, deliveries)
                await session.flush()

    async def _advance(self, session: AsyncSession, delivery: Delivery) -> None:
        envelope = delivery.envelope
        await self._remember_rows(session, envelope.topic, [(envelope.key, envelope.sequence, envelope.event_id)])
        if type(delivery.event) in self.wanted:
            await self._give([delivery], session)

    async def _last(self, session: AsyncSession, topic: str, key: UUID) -> "_Last":
        return (await self._versions(session, topic, {key})).get(key, _NONE)

    async def _versions(self, session: AsyncSession, topic: str, keys: set[UUID]) -> dict[UUID, "_Last"]:
        row = applied.c
        found = await session.execute(
            select(row.key, row.version, row.event_id, row.event_version).where(
                row.consumer == self.consumer, row.topic == topic, row.key == func.any(_keys(keys))
            )
        )
        return {
            row.key: _Last(row.version, row.event_id if row.event_version == row.version else None) for row in found
        }

    async def _has_parked(self, session: AsyncSession, topic: str, keys: set[UUID]) -> bool:
        row = parked.c
        found = await session.scalar(
            select(row.id)
            .where(
                row.consumer == self.consumer,
                row.topic == topic,
                row.key == func.any(_keys(keys)),
                row.version.is_not(None),
            )
            .limit(1)
        )
        return found is not None

    async def _first_parked(self, session: AsyncSession, topic: str, key: UUID) -> int | None:
        row = parked.c
        first: int | None = await session.scalar(
            select(func.min(row.version)).where(row.consumer == self.consumer, row.topic == topic, row.key == key)
        )
        return first

    async def _remember_rows(
        self, session: AsyncSession, topic: str, rows: Sequence[tuple[UUID, int, UUID | None]]
    ) -> None:
        if rows:
            keys, versions, event_ids = zip(*rows, strict=True)
            await session.execute(
                _REMEMBER,
                {
                    "consumer": self.consumer,
                    "topic": topic,
                    "keys": list(keys),
                    "versions": list(versions),
                    "event_ids": list(event_ids),
                },
            )

    async def _park_unreadable(self, session: AsyncSession, record: Record, error: Unreadable) -> None:
        if isinstance(error, Contested):
            self._alarm(record, error.reason, error.envelope)
        await self._park(session, record, error.reason, error.envelope, placed=not isinstance(error, Contested))

    def _alarm(self, record: Record, reason: str, envelope: Envelope | None) -> None:
        """Report a fact from a service that may not publish it, or a second fact with the same version. An operator
        must look."""
        _contested.add(1, {"consumer": self.consumer})
        log.error(
            "fact contested",
            consumer=self.consumer,
            topic=record.topic,
            partition=record.partition,
            offset=record.offset,
            key=str(envelope.key) if envelope else None,
            version=envelope.sequence if envelope else None,
            event_id=str(envelope.event_id) if envelope else None,
            reason=reason,
        )

    async def _park(
        self, session: AsyncSession, record: Record, reason: str, envelope: Envelope | None, *, placed: bool = True
    ) -> None:
        """Store the bytes. The same fact of a key is stored once, because a relay may send it twice."""
        row = {
            "consumer": self.consumer,
            "topic": record.topic,
            "partition": record.partition,
            "offset": record.offset,
            "key": envelope.key if envelope else None,
            "version": envelope.sequence if envelope and placed else None,
            "event_id": envelope.event_id if envelope else None,
            "record_key": record.key,
            "headers": [_storable(name, content) for name, content in record.headers],
            "value": record.value or b"",
            "reason": reason,
        }
        if row["version"] is not None:
            columns = parked.c
            same = (columns[name] == row[name] for name in ("consumer", "topic", "key", "version", "event_id"))
            if await session.scalar(select(columns.id).where(*same).limit(1)) is not None:
                return
        await session.execute(insert(parked).values(row))


class _Last(NamedTuple):
    """The last version of a key, and the fact that had it, where that is known."""

    version: int
    event_id: UUID | None

    def contests(self, envelope: Envelope) -> bool:
        return envelope.sequence == self.version and self.event_id not in (None, envelope.event_id)


_NONE = _Last(0, None)

_REMEMBER = text(
    """
    INSERT INTO applied (consumer, topic, key, version, event_id, event_version)
    SELECT :consumer, :topic, key, version, event_id, version
    FROM unnest(:keys, :versions, :event_ids) AS row (key, version, event_id)
    ON CONFLICT (consumer, topic, key) DO UPDATE
    SET version = excluded.version, event_id = excluded.event_id, event_version = excluded.event_version
    """
).bindparams(
    bindparam("consumer", type_=Text),
    bindparam("topic", type_=Text),
    bindparam("keys", type_=ARRAY(Uuid)),
    bindparam("versions", type_=ARRAY(BigInteger)),
    bindparam("event_ids", type_=ARRAY(Uuid)),
)


def _keys(keys: Sequence[UUID] | set[UUID]) -> Any:
    return bindparam(None, list(keys), type_=ARRAY(Uuid))


def _envelope_if_any(record: Record) -> Envelope | None:
    try:
        return envelope_of(record.headers, topic=record.topic, partition=record.partition, offset=record.offset)
    except Malformed:
        return None


def _storable(name: str, content: bytes | None) -> list[object]:
    """A header as JSON that PostgreSQL accepts: a name that is not plain text is stored as its bytes."""
    plain = name.isascii() and name.isprintable()
    value = None if content is None else content.hex()
    return [name if plain else {"hex": _bytes_of(name).hex()}, value]


def _bytes_of(name: str) -> bytes:
    """The bytes from which a client library made this name; the only lone surrogates it produces are those of its
    escape."""
    try:
        return name.encode("utf-8", "surrogateescape")
    except UnicodeEncodeError:
        return name.encode("utf-8", "surrogatepass")


def as_record(row: Any) -> Record:
    """A parked row as the record it was."""
    headers = [
        (
            name if isinstance(name, str) else bytes.fromhex(name["hex"]).decode("utf-8", "surrogateescape"),
            None if content is None else bytes.fromhex(content),
        )
        for name, content in row.headers
    ]
    return Record(row.topic, row.partition, row.offset, headers, row.value, row.record_key)


def reason_of(error: BaseException) -> str:
    """Why a record is parked, in a word or two, without any of its content."""
    if isinstance(error, Refusal):
        return error.code
    if isinstance(error, Unreadable):
        return error.reason
    state = getattr(getattr(error, "driver_exception", None), "sqlstate", None)
    return f"{type(error).__name__} {state}" if state else type(error).__name__


def is_hopeless(error: BaseException) -> bool:
    """Whether retrying cannot help: a refusal, except `NotFound`, whose cause may only be early."""
    return isinstance(error, Refusal) and not isinstance(error, NotFound)
