"""The journal: one transaction, one version per fact, never rewritten."""

from contextlib import suppress
from uuid import UUID

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import DBAPIError, IntegrityError
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession, async_sessionmaker

from shared.data.database import new_id
from shared.facts import journal
from shared.facts.journal import Fact, outbox_pending, record, record_many
from shared.process.context import acting_as
from tests.shared.core.conftest import Happened, Thing, count

Sessions = async_sessionmaker[AsyncSession]


async def test_a_fact_is_journalled_with_actor_reason_and_trace_and_waits_for_the_broker(sessions: Sessions) -> None:
    thing = Thing()
    trace = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"
    with acting_as("officer-7", trace):
        async with sessions.begin() as session:
            await record(session, Happened(number=5), subject=thing, reason="because")
    async with sessions() as session:
        row = (await session.execute(select(journal.journal))).one()
        pending = (await session.execute(select(outbox_pending))).one()
    assert thing.version == 1
    assert (row.key, row.key_version, row.type, row.topic) == (thing.id, 1, Happened.type, Happened.topic)
    assert (row.actor, row.reason, row.traceparent, row.payload) == ("officer-7", "because", trace, {"number": 5})
    assert pending.journal_id == row.id


async def test_a_rolled_back_change_leaves_no_fact(sessions: Sessions) -> None:
    with suppress(RuntimeError):
        async with sessions.begin() as session:
            await record(session, Happened(number=1), subject=Thing())
            raise RuntimeError
    async with sessions() as session:
        assert await count(session, journal.journal) == 0
        assert await count(session, outbox_pending) == 0


async def test_two_writers_cannot_both_record_the_same_version(sessions: Sessions) -> None:
    thing = Thing()
    stale = Thing(id=thing.id)
    async with sessions.begin() as session:
        await record(session, Happened(number=1), subject=thing)
    with pytest.raises(IntegrityError):
        async with sessions.begin() as session:
            await record(session, Happened(number=1), subject=stale)


@pytest.mark.parametrize(
    "statement", ["UPDATE journal SET actor = 'x'", "DELETE FROM journal", "TRUNCATE journal CASCADE"]
)
async def test_the_journal_cannot_be_rewritten(sessions: Sessions, statement: str) -> None:
    async with sessions.begin() as session:
        await record(session, Happened(number=1), subject=Thing())
    with pytest.raises(DBAPIError, match="append-only"):
        async with sessions.begin() as session:
            await session.execute(text(statement))


async def test_a_fact_too_large_for_the_broker_is_refused_at_the_journal(sessions: Sessions) -> None:
    class Huge(Happened):
        text: str

    with pytest.raises(IntegrityError, match="payload_fits_the_broker"):
        async with sessions.begin() as session:
            await record(session, Huge(number=1, text="x" * journal.MAX_PAYLOAD), subject=Thing())


async def test_many_facts_keep_their_order(sessions: Sessions) -> None:
    one, other = Thing(), Thing()
    facts = [Fact(thing.id, version, Happened(number=version)) for version in (1, 2, 3) for thing in (other, one)]
    async with sessions.begin() as session:
        await record_many(session, facts)
        await record_many(session, [])
    async with sessions() as session:
        rows = (await session.execute(select(journal.journal).order_by(journal.journal.c.id))).all()
        assert [(row.key, row.key_version) for row in rows] == [(fact.key, fact.key_version) for fact in facts]
        told = await journal.history(session, [one.id])
    assert [fact.key_version for fact in told] == [1, 2, 3]


class Owned(Happened):
    type = "example.thing.owned.v1"
    thing_id: UUID


async def test_a_fact_is_recorded_under_the_key_it_is_about(engine: AsyncEngine, sessions: Sessions) -> None:
    one, other = new_id(), new_id()
    async with sessions.begin() as session:
        await record_many(session, [Fact(one, 1, Owned(number=1, thing_id=one))])
    with pytest.raises(ValueError, match="not its thing_id"):
        async with sessions.begin() as session:
            await record_many(session, [Fact(other, 1, Owned(number=1, thing_id=one))])
