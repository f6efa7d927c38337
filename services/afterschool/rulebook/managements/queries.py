"""Rules of the five managements by id, and the one in force on a day."""

from datetime import date
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from services.afterschool.rulebook.managements.domain import (
    Management,
    ManagementRule,
    ManagementRuleNotFound,
    ManagementRuleUnknown,
)
from shared.facts.versions import holds, version_with_id


async def management_rule(session: AsyncSession, rule_id: UUID) -> ManagementRule:
    return await version_with_id(session, ManagementRule, rule_id, ManagementRuleNotFound)


async def management_rule_for_update(session: AsyncSession, rule_id: UUID) -> ManagementRule:
    return await version_with_id(session, ManagementRule, rule_id, ManagementRuleNotFound, for_update=True)


async def rule_in_force(session: AsyncSession, management: Management, *, on: date) -> ManagementRule:
    """The rule of a management on a day; raises `ManagementRuleUnknown`."""
    wanted = select(ManagementRule).where(ManagementRule.code == management.value, holds(ManagementRule, on=on))
    found = await session.scalar(wanted)
    if found is None:
        raise ManagementRuleUnknown
    return found
