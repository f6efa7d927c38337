"""Enact, repeal and withdraw rules of the five managements."""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from services.afterschool.rulebook.managements import queries
from services.afterschool.rulebook.managements.domain import ManagementRule, ManagementRuleContent
from services.afterschool.rulebook.versions import repeal_version, withdraw_version
from shared.facts.versions import put_in_force


async def enact_management_rule(
    session: AsyncSession, content: ManagementRuleContent, *, at: datetime
) -> ManagementRule:
    """Put a version in force; its predecessor ends the day before."""
    rule, enacted = ManagementRule.enact(content, at=at)
    await put_in_force(session, rule, enacted, at=at)
    return rule


async def repeal_management_rule(
    session: AsyncSession, rule_id: UUID, *, valid_to: date, reason: str, at: datetime
) -> ManagementRule:
    rule = await queries.management_rule_for_update(session, rule_id)
    await repeal_version(session, rule, valid_to=valid_to, reason=reason, at=at)
    return rule


async def withdraw_management_rule(
    session: AsyncSession, rule_id: UUID, *, reason: str, by: str, at: datetime
) -> ManagementRule:
    known = await queries.management_rule(session, rule_id)
    return await withdraw_version(session, known, reason=reason, by=by, at=at)
