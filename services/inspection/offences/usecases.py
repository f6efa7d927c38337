"""Enact a version of an offence, repeal one."""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from services.inspection.offences import queries
from services.inspection.offences.domain import Offence, OffenceContent
from shared import journal


async def enact_offence(session: AsyncSession, content: OffenceContent, *, at: datetime) -> Offence:
    """Put a version in force; the one before ends the day before."""
    offence, enacted = Offence.enact(content, at=at)
    before = await queries.latest_for_update(session, content.code)
    ended = before.give_way(content.valid_from, at=at) if before is not None else None
    if before is not None and ended is not None:
        await journal.record(session, ended, subject=before)
    session.add(offence)
    await journal.record(session, enacted, subject=offence)
    return offence


async def repeal_offence(
    session: AsyncSession, offence_id: UUID, *, valid_to: date, reason: str, at: datetime
) -> Offence:
    """Give a version its last day."""
    offence = await queries.offence_for_update(session, offence_id)
    await journal.record(session, offence.repeal(valid_to, at=at), subject=offence, reason=reason)
    return offence
