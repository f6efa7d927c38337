"""Reading pick-ups."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from services.afterschool.delivery.pickups.domain import Pickup
from services.afterschool.roster.guardianships.domain import Guardianship


async def pickups_of(session: AsyncSession, session_id: UUID) -> Sequence[Pickup]:
    """The pick-ups after a session, in the order in which they were recorded."""
    wanted = select(Pickup).where(Pickup.session_id == session_id).order_by(Pickup.recorded_at, Pickup.id)
    return (await session.scalars(wanted)).all()


async def pickup_of(session: AsyncSession, session_id: UUID, student_id: UUID) -> Pickup | None:
    wanted = select(Pickup).where(Pickup.session_id == session_id, Pickup.student_id == student_id)
    found: Pickup | None = await session.scalar(wanted)
    return found


async def is_barred(session: AsyncSession, student_id: UUID, name_print: bytes) -> bool:
    """Whether a guardian of this name is barred from acting for the child."""
    wanted = select(Guardianship.id).where(
        Guardianship.student_id == student_id, Guardianship.name_print == name_print, Guardianship.barred
    )
    return await session.scalar(wanted) is not None
