"""Enact a version of an offence, repeal one."""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from services.inspection.checklists import queries as checklists
from services.inspection.offences import queries
from services.inspection.offences.domain import Offence, OffenceAskedFor, OffenceContent
from shared import journal

MOST_NAMED = 20
"""Checklists that a refusal names."""


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
    """Give a version its last day, unless a checklist asks for the offence after it: honest answers stay possible."""
    offence = await queries.offence_for_update(session, offence_id)
    repealed = offence.repeal(valid_to, at=at)
    asking = await checklists.pointing_to(session, offence.code, after=valid_to)
    if asking:
        raise OffenceAskedFor(
            pointer="/valid_to", checklists=[{"id": str(one.id), "code": one.code} for one in asking[:MOST_NAMED]]
        )
    await journal.record(session, repealed, subject=offence, reason=reason)
    return offence
