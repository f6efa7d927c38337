"""Mark what has to be planned again, and take such marks away."""

from collections.abc import Collection
from datetime import datetime
from uuid import UUID

from sqlalchemy import delete, select
from sqlalchemy.ext.asyncio import AsyncSession

from services.afterschool.programme.offerings.domain import Offering
from services.afterschool.programme.plans.domain import PlanningDue
from shared.data.database import new_id


async def plan_again(session: AsyncSession, offering: Offering, *, due_at: datetime) -> None:
    """Let the sessions of an offering's school and term be planned again at `due_at`."""
    session.add(PlanningDue(id=new_id(), school_id=offering.school_id, term_id=offering.term_id, due_at=due_at))


async def plan_terms_again(
    session: AsyncSession, terms: Collection[UUID], *, school_id: UUID | None = None, due_at: datetime
) -> None:
    """Let the sessions of these terms be planned again at every school, or at one, that has offerings in them."""
    if not terms:
        return
    wanted = select(Offering.school_id, Offering.term_id).where(Offering.term_id.in_(terms)).distinct()
    if school_id is not None:
        wanted = wanted.where(Offering.school_id == school_id)
    for row in await session.execute(wanted):
        session.add(PlanningDue(id=new_id(), school_id=row.school_id, term_id=row.term_id, due_at=due_at))
    await session.flush()


async def take_due(session: AsyncSession, *, at: datetime) -> tuple[UUID, UUID] | None:
    """Remove the marks of the school and term that waits longest, and return both ids; None if nothing is due.

    A change that commits later leaves its mark. One that committed before is seen by whoever plans afterwards.
    """
    wanted = select(PlanningDue.school_id, PlanningDue.term_id).where(PlanningDue.due_at <= at)
    row = (await session.execute(wanted.order_by(PlanningDue.due_at, PlanningDue.id).limit(1))).one_or_none()
    if row is None:
        return None
    school_id, term_id = row
    here = (PlanningDue.school_id == school_id, PlanningDue.term_id == term_id)
    await session.execute(delete(PlanningDue).where(*here, PlanningDue.due_at <= at))
    return school_id, term_id
