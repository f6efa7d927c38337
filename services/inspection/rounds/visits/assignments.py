"""Planned visits that nobody has: they go to the team that walks there, as soon as there is one."""

from collections.abc import Collection
from datetime import datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from services.inspection.rounds.visits import queries
from shared.facts.journal import Fact, record_many


async def assign_waiting(session: AsyncSession, *, at: datetime, institutions: Collection[UUID] | None = None) -> int:
    """Give planned visits without a team (at these institutions, or all) to the team that now walks their grid; returns
    how many. Each is a fact.

    Call it wherever a grid gets a team, or an institution a grid.
    """
    facts = []
    for visit, place in await queries.assignable_for_update(session, institutions):
        assigned = visit.assign(place, at=at)
        visit.version += 1
        facts.append(Fact(visit.id, visit.version, assigned))
    await session.flush()
    await record_many(session, facts)
    return len(facts)
