"""An institution's file, in order of time."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import Text, cast, literal, select, union_all
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.ext.asyncio import AsyncSession

from services.registry.files.domain import FileEntry
from shared.journal import journal


async def file_of(session: AsyncSession, institution_id: UUID) -> Sequence[Any]:
    """The registry's own facts and those of other services: `source, type, at, actor, reason, facts`."""
    own = select(
        literal("/registry").label("source"),
        journal.c.type,
        journal.c.at,
        journal.c.actor,
        journal.c.reason,
        cast(journal.c.payload, JSONB).label("facts"),
    ).where(journal.c.key == institution_id)
    told = select(
        FileEntry.source,
        FileEntry.type,
        FileEntry.at,
        FileEntry.actor,
        literal(None, Text).label("reason"),
        FileEntry.facts,
    ).where(FileEntry.institution_id == institution_id)
    everything = union_all(own, told).subquery()
    return (await session.execute(select(everything).order_by(everything.c.at))).all()


async def knows_violation(session: AsyncSession, institution_id: UUID, violation_id: UUID) -> bool:
    """Whether inspection told of this violation at this institution."""
    told = select(FileEntry.event_id).where(
        FileEntry.institution_id == institution_id,
        FileEntry.key == violation_id,
        FileEntry.type.like("inspection.violation.%"),
    )
    return await session.scalar(told.limit(1)) is not None
