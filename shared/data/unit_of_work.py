"""What a transaction knows beside its rows: which of them it holds, and which facts it has yet to write.

The session is the unit of work. A use case asks for a row `locked` and records its fact, wherever it runs; a request
that runs hundreds of use cases holds the rows beforehand and gathers the facts, and no use case is written twice.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any, TypeVar, cast
from uuid import UUID

from sqlalchemy import inspect
from sqlalchemy.ext.asyncio import AsyncSession

Entity = TypeVar("Entity")


@dataclass(slots=True)
class Memory:
    """`held` also says of which ids there is no row, and nobody else can make one; `facts` is None where each fact is
    written at once."""

    held: dict[tuple[type, UUID], Any] = field(default_factory=dict)
    facts: list[Any] | None = None


def memory_of(session: AsyncSession) -> Memory:
    return cast("Memory", session.info.setdefault("memory", Memory()))


def hold(session: AsyncSession, kind: type, key: UUID, entity: object | None) -> None:
    """Remember a row that this transaction locked or made, or that there is no such row."""
    memory_of(session).held[kind, key] = entity


def holds(session: AsyncSession, kind: type, key: UUID) -> bool:
    return (kind, key) in memory_of(session).held


async def locked(session: AsyncSession, kind: type[Entity], key: UUID) -> Entity | None:
    """The row, locked until the transaction ends. A row held already is not locked again."""
    if not holds(session, kind, key):
        return await session.get(kind, key, with_for_update=True, populate_existing=True)
    entity: Entity | None = memory_of(session).held[kind, key]
    if entity is not None and inspect(entity).expired:
        await session.refresh(entity)
    return entity


@asynccontextmanager
async def savepoint(session: AsyncSession) -> AsyncIterator[None]:
    """A part that an error undoes alone: its rows, the rows held in it, the facts gathered in it.

    SQLAlchemy forgets rows that were added and expires those that were changed. But a row that was written, forgotten
    and read again looks to it like any other, so every row first seen in the savepoint is forgotten.
    """
    memory = memory_of(session)
    held, facts = dict(memory.held), None if memory.facts is None else list(memory.facts)
    known = set(session.identity_map.all_states())
    try:
        async with session.begin_nested():
            yield
    except BaseException:
        memory.held, memory.facts = held, facts
        for state in session.identity_map.all_states():
            entity = state.obj()
            if state not in known and entity is not None:
                session.expunge(entity)
        raise
