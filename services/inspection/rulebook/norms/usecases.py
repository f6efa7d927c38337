"""Decide a number, withdraw one."""

from datetime import datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from services.inspection.rulebook.norms import queries
from services.inspection.rulebook.norms.domain import Norm, NormContent
from shared.facts import journal


async def enact_norm(session: AsyncSession, content: NormContent, *, at: datetime) -> Norm:
    norm, enacted = Norm.enact(content, at=at)
    session.add(norm)
    await journal.record(session, enacted, subject=norm)
    return norm


async def withdraw_norm(session: AsyncSession, norm_id: UUID, *, reason: str, by: str, at: datetime) -> Norm:
    norm = await queries.norm_for_update(session, norm_id)
    await journal.record(session, norm.withdraw(reason, by=by, at=at), subject=norm, reason=reason)
    return norm
