"""The journal: the only way out of a service.

A use case records its fact in the transaction that makes it true. The journal is append-only and serves three ends:
outbox (a narrow `outbox_pending` row beside it waits for the broker), audit trail, and source for replay.
"""

from collections.abc import AsyncIterator, Iterable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any, Protocol
from uuid import UUID

from sqlalchemy import (
    ARRAY,
    DDL,
    JSON,
    BigInteger,
    CheckConstraint,
    Column,
    DateTime,
    Identity,
    Index,
    Table,
    Text,
    UniqueConstraint,
    Uuid,
    bindparam,
    event,
    func,
    select,
    text,
)
from sqlalchemy.ext.asyncio import AsyncSession

from shared.data.database import new_id, shared_metadata
from shared.data.unit_of_work import memory_of
from shared.events import Event
from shared.process.context import current_actor, current_traceparent

MAX_PAYLOAD = 900_000
"""Bytes; below the broker's message limit, so that no fact can stop the relay for ever."""

journal = Table(
    "journal",
    shared_metadata,
    Column("id", BigInteger, Identity(always=True, cache=1), primary_key=True),
    Column("event_id", Uuid, nullable=False),
    Column("topic", Text, nullable=False),
    Column("type", Text, nullable=False),
    Column("key", Uuid, nullable=False),
    Column("key_version", BigInteger, nullable=False),
    Column("payload", JSON, nullable=False),
    Column("actor", Text, nullable=False),
    Column("reason", Text),
    Column("traceparent", Text),
    Column("at", DateTime(timezone=True), nullable=False, server_default=func.now()),
    UniqueConstraint("key", "key_version"),
    CheckConstraint(f"octet_length(payload::text) < {MAX_PAYLOAD}", name="payload_fits_the_broker"),
)

outbox_pending = Table(
    "outbox_pending",
    shared_metadata,
    # No foreign key: both rows are written by one statement, and the check would cost more than the insert.
    Column("journal_id", BigInteger, primary_key=True, autoincrement=False),
    Column("refused", Text, comment="why the broker refuses the fact; later facts of its key wait"),
    Index("ix_outbox_pending_refused", "journal_id", postgresql_where=text("refused IS NOT NULL")),
    postgresql_with={"autovacuum_vacuum_threshold": 1000, "autovacuum_vacuum_scale_factor": 0},
)

APPEND_ONLY = (
    """CREATE FUNCTION journal_is_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN RAISE EXCEPTION 'the journal is append-only' USING ERRCODE = 'restrict_violation'; END $$""",
    """CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON journal
    FOR EACH STATEMENT EXECUTE FUNCTION journal_is_append_only()""",
)
"""Run by each service's first migration, and by `create_all` in tests of this module."""

for statement in APPEND_ONLY:
    event.listen(journal, "after_create", DDL(statement.replace("%", "%%")))  # type: ignore[no-untyped-call]  # SQLAlchemy's own gap


class Subject(Protocol):
    """What a fact is about: an aggregate whose version counts its facts."""

    @property
    def id(self) -> UUID: ...

    version: int


@dataclass(frozen=True, slots=True)
class Fact:
    """One journal row to be: used where many are recorded at once."""

    key: UUID
    key_version: int
    event: Event
    reason: str | None = None
    traceparent: str | None = None
    """The trace of its cause, where facts of several causes are recorded at once; else the one of the moment."""


async def record(session: AsyncSession, event: Event, *, subject: Subject, reason: str | None = None) -> None:
    """Append one fact of `subject`, whose row the caller has locked or just created, and increase its version.

    The version reveals a forgotten lock: two writers cannot both record version 7.
    """
    subject.version += 1
    if memory_of(session).facts is None:
        await session.flush()
    await record_many(session, [Fact(subject.id, subject.version, event, reason)])


_INSERT = text(
    """
    WITH fact AS (
        INSERT INTO journal (event_id, topic, type, key, key_version, payload, actor, reason, traceparent)
        SELECT event_id, topic, type, key, key_version, payload::json, :actor, reason, traceparent
        FROM unnest(:event_ids, :topics, :types, :keys, :key_versions, :payloads, :reasons, :traceparents)
             WITH ORDINALITY AS row (event_id, topic, type, key, key_version, payload, reason, traceparent, place)
        ORDER BY place
        RETURNING id
    )
    INSERT INTO outbox_pending (journal_id) SELECT id FROM fact
    """
).bindparams(
    bindparam("event_ids", type_=ARRAY(Uuid)),
    bindparam("topics", type_=ARRAY(Text)),
    bindparam("types", type_=ARRAY(Text)),
    bindparam("keys", type_=ARRAY(Uuid)),
    bindparam("key_versions", type_=ARRAY(BigInteger)),
    bindparam("payloads", type_=ARRAY(Text)),
    bindparam("reasons", type_=ARRAY(Text)),
    bindparam("actor", type_=Text),
    bindparam("traceparents", type_=ARRAY(Text)),
)


async def record_many(session: AsyncSession, facts: Sequence[Fact]) -> None:
    """Append facts in order, in one statement. The caller has set `key_version` on rows that it locked."""
    gathered = memory_of(session).facts
    if gathered is not None:
        gathered.extend(facts)
    elif facts:
        await _write(session, facts)


@asynccontextmanager
async def gathering(session: AsyncSession) -> AsyncIterator[None]:
    """Facts recorded inside are written together at the end, after the rows they describe."""
    memory = memory_of(session)
    memory.facts = []
    try:
        yield
        facts = memory.facts
    finally:
        memory.facts = None
    await session.flush()
    await record_many(session, facts)


def _check_subject(fact: Fact) -> None:
    """Refuse a fact about another aggregate than its subject: every consumer would park it."""
    if fact.event.aggregate_id() not in (None, fact.key):
        raise ValueError(f"{fact.event.type} is recorded under a key that is not its {fact.event.aggregate_field()}")


async def _write(session: AsyncSession, facts: Sequence[Fact]) -> None:
    for fact in facts:
        _check_subject(fact)
    trace = current_traceparent()
    await session.execute(
        _INSERT,
        {
            "event_ids": [new_id() for _ in facts],
            "topics": [fact.event.topic for fact in facts],
            "types": [fact.event.type for fact in facts],
            "keys": [fact.key for fact in facts],
            "key_versions": [fact.key_version for fact in facts],
            "payloads": [fact.event.model_dump_json() for fact in facts],
            "reasons": [fact.reason for fact in facts],
            "actor": current_actor(),
            "traceparents": [fact.traceparent or trace for fact in facts],
        },
    )


async def history(session: AsyncSession, keys: Iterable[UUID]) -> Sequence[Any]:
    """Every fact about these aggregates, in the order in which they were recorded."""
    columns = journal.c
    rows = await session.execute(
        select(
            columns.key,
            columns.key_version,
            columns.type,
            columns.payload,
            columns.actor,
            columns.reason,
            columns.at,
        )
        .where(columns.key.in_(list(keys)))
        .order_by(columns.at, columns.id)
    )
    return rows.all()
