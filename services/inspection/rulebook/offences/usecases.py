"""Enact a version of an offence. How one ends or is withdrawn: `stories.withdrawals`."""

from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncSession

from services.inspection.rulebook.offences.domain import Offence, OffenceContent
from shared.facts.versions import put_in_force


async def enact_offence(session: AsyncSession, content: OffenceContent, *, at: datetime) -> Offence:
    """Put a version in force; its predecessor ends the day before."""
    offence, enacted = Offence.enact(content, at=at)
    await put_in_force(session, offence, enacted, at=at)
    return offence
