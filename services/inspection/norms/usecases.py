"""Decide a number."""

from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncSession

from services.inspection.norms.domain import Norm, NormContent
from shared import journal


async def enact_norm(session: AsyncSession, content: NormContent, *, at: datetime) -> Norm:
    """From a day on this number counts; the one before counts until then."""
    norm, enacted = Norm.enact(content, at=at)
    session.add(norm)
    await journal.record(session, enacted, subject=norm)
    return norm
