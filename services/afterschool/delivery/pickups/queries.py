"""Reading pick-ups."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from services.afterschool.delivery.pickups.domain import Pickup


async def pickups_of(session: AsyncSession, session_id: UUID) -> Sequence[Pickup]:
    """The pick-ups after a session, in the order in which they were recorded."""
    wanted = select(Pickup).where(Pickup.session_id == session_id).order_by(Pickup.recorded_at, Pickup.id)
    return (await session.scalars(wanted)).all()


async def pickup_of(session: AsyncSession, session_id: UUID, student_id: UUID) -> Pickup | None:
    wanted = select(Pickup).where(Pickup.session_id == session_id, Pickup.student_id == student_id)
    found: Pickup | None = await session.scalar(wanted)
    return found
