"""Enact, repeal and withdraw numbers."""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from services.afterschool.rulebook.norms import queries
from services.afterschool.rulebook.norms.domain import Norm, NormContent
from services.afterschool.rulebook.versions import repeal_version, withdraw_version
from shared.facts.versions import put_in_force


async def enact_norm(session: AsyncSession, content: NormContent, *, at: datetime) -> Norm:
    """Put a value in force; the earlier one of the same name and district ends the day before."""
    norm, enacted = Norm.enact(content, at=at)
    await put_in_force(session, norm, enacted, at=at)
    return norm


async def repeal_norm(session: AsyncSession, norm_id: UUID, *, valid_to: date, reason: str, at: datetime) -> Norm:
    norm = await queries.norm_for_update(session, norm_id)
    await repeal_version(session, norm, valid_to=valid_to, reason=reason, at=at)
    return norm


async def withdraw_norm(session: AsyncSession, norm_id: UUID, *, reason: str, by: str, at: datetime) -> Norm:
    return await withdraw_version(session, await queries.norm(session, norm_id), reason=reason, by=by, at=at)
