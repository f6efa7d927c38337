"""Enact a version of an offence, repeal one, withdraw one."""

from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncSession

from services.inspection.rulebook.offences import queries
from services.inspection.rulebook.offences.domain import Offence, OffenceContent
from shared.facts import journal


async def enact_offence(session: AsyncSession, content: OffenceContent, *, at: datetime) -> Offence:
    offence, enacted = Offence.enact(content, at=at)
    before = await queries.latest_for_update(session, content.code)
    ended = before.give_way(offence, at=at) if before is not None else None
    if before is not None and ended is not None:
        await journal.record(session, ended, subject=before)
    session.add(offence)
    await journal.record(session, enacted, subject=offence)
    return offence
