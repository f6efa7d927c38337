"""What is known of a violation."""

from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from services.registry.ledger.observations.domain import FileEntry
from shared.events.inspection.violations import ViolationWithdrawn


async def knows_violation(session: AsyncSession, institution_id: UUID, violation_id: UUID) -> bool:
    """Whether inspection reported this violation of this institution, and has not withdrawn it."""
    told = select(FileEntry.type).where(
        FileEntry.institution_id == institution_id,
        FileEntry.key == violation_id,
        FileEntry.type.like("inspection.violation.%"),
    )
    types = (await session.scalars(told)).all()
    return bool(types) and ViolationWithdrawn.type not in types
