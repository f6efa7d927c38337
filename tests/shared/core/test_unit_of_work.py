"""What a transaction remembers: the rows it holds, and the facts it has yet to write."""

import gc
from contextlib import suppress
from uuid import UUID

import pytest
from sqlalchemy import event, select
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession, async_sessionmaker
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from shared.data.database import TYPES, new_id
from shared.data.unit_of_work import hold, holds, locked, savepoint
from shared.facts import journal
from shared.facts.journal import gathering, record
from tests.shared.core.conftest import Happened, Thing

Sessions = async_sessionmaker[AsyncSession]


class Base(DeclarativeBase):
    type_annotation_map = TYPES


class Door(Base):
    __tablename__ = "door"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    knocks: Mapped[int]


@pytest.fixture
async def door(engine: AsyncEngine, sessions: Sessions) -> UUID:
    async with engine.begin() as connection:
        await connection.run_sync(Base.metadata.create_all)
    door = Door(id=new_id(), knocks=0)
    async with sessions.begin() as session:
        session.add(door)
    return door.id


@pytest.fixture
def statements(engine: AsyncEngine) -> list[str]:
    told: list[str] = []
    event.listen(engine.sync_engine, "before_cursor_execute", lambda *said: told.append(said[2]))
    return told


async def numbers(sessions: Sessions) -> list[int]:
    async with sessions() as session:
        rows = await session.execute(select(journal.journal.c.payload).order_by(journal.journal.c.id))
        return [row.payload["number"] for row in rows]


async def test_a_row_that_is_held_is_not_asked_for_again(sessions: Sessions, door: UUID, statements: list[str]) -> None:
    async with sessions.begin() as session:
        first = await locked(session, Door, door)
        hold(session, Door, door, first)
        before = len(statements)
        assert await locked(session, Door, door) is first
        assert len(statements) == before
    async with sessions.begin() as session:
        assert await locked(session, Door, door) is not None
        assert len(statements) == before + 1
        assert "FOR UPDATE" in statements[-1]


async def test_an_id_that_is_held_without_a_row_names_nothing(sessions: Sessions, door: UUID) -> None:
    async with sessions.begin() as session:
        hold(session, Door, door, None)
        assert await locked(session, Door, door) is None


async def test_what_is_undone_is_read_again_and_what_was_held_in_it_is_not_held(sessions: Sessions, door: UUID) -> None:
    made = Door(id=new_id(), knocks=1)
    async with sessions.begin() as session:
        hold(session, Door, door, await locked(session, Door, door))
        with suppress(RuntimeError):
            async with savepoint(session):
                session.add(made)
                hold(session, Door, made.id, made)
                found = await locked(session, Door, door)
                assert found is not None
                found.knocks = 5
                await session.flush()
                raise RuntimeError
        assert not holds(session, Door, made.id)
        again = await locked(session, Door, door)
        assert again is not None
        assert again.knocks == 0


async def test_what_was_written_in_it_let_go_and_read_again_is_forgotten(sessions: Sessions, door: UUID) -> None:
    made = new_id()
    async with sessions.begin() as session:
        kept = []
        with suppress(RuntimeError):
            async with savepoint(session):
                session.add(Door(id=made, knocks=1))
                await session.flush()
                gc.collect()
                kept.append(await session.get_one(Door, made))
                raise RuntimeError
        assert kept[0] not in session
        assert await session.get(Door, made) is None


async def test_gathered_facts_are_written_at_the_end_in_their_order(sessions: Sessions, statements: list[str]) -> None:
    thing = Thing()
    async with sessions.begin() as session:
        async with gathering(session):
            for number in (1, 2, 3):
                await record(session, Happened(number=number), subject=thing)
            assert not statements
        assert len(statements) == 1
        await record(session, Happened(number=4), subject=thing)
    assert await numbers(sessions) == [1, 2, 3, 4]
    assert thing.version == 4


async def test_facts_of_what_is_undone_are_not_written(sessions: Sessions) -> None:
    async with sessions.begin() as session, gathering(session):
        await record(session, Happened(number=1), subject=Thing())
        with suppress(RuntimeError):
            async with savepoint(session):
                await record(session, Happened(number=2), subject=Thing())
                raise RuntimeError
        await record(session, Happened(number=3), subject=Thing())
    assert await numbers(sessions) == [1, 3]


async def test_an_error_ends_the_gathering(sessions: Sessions) -> None:
    async with sessions.begin() as session:
        with suppress(RuntimeError):
            async with savepoint(session), gathering(session):
                await record(session, Happened(number=1), subject=Thing())
                raise RuntimeError
        await record(session, Happened(number=2), subject=Thing())
    assert await numbers(sessions) == [2]
