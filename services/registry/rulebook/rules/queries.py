"""Rules by id, by code, and by the days they are in force."""

from collections.abc import Sequence
from datetime import date
from uuid import UUID

from sqlalchemy import ColumnElement, and_, func, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from services.registry.rulebook.rules.domain import Rule, RuleCheck, RuleNotFound
from shared.domain.dated import stands


async def rule(session: AsyncSession, rule_id: UUID) -> Rule:
    found = await session.get(Rule, rule_id)
    if found is None:
        raise RuleNotFound
    return found


async def rule_for_update(session: AsyncSession, rule_id: UUID) -> Rule:
    found = await session.get(Rule, rule_id, with_for_update=True, populate_existing=True)
    if found is None:
        raise RuleNotFound
    return found


async def rules(
    session: AsyncSession,
    *,
    on: date | None = None,
    code: str | None = None,
    check: str | None = None,
    after: str | None,
    limit: int,
) -> Sequence[Rule]:
    wanted = select(Rule).order_by(Rule.id).limit(limit)
    if on is not None:
        wanted = wanted.where(_touching(on, on))
    if code is not None:
        wanted = wanted.where(Rule.code == code)
    if check is not None:
        wanted = wanted.where(Rule.check == check)
    if after is not None:
        wanted = wanted.where(Rule.id > UUID(after))
    return (await session.scalars(wanted)).all()


async def rules_in_force(session: AsyncSession, on: date, *, check: RuleCheck | None = None) -> Sequence[Rule]:
    wanted = select(Rule).where(_touching(on, on)).order_by(Rule.code)
    if check is not None:
        wanted = wanted.where(Rule.check == check)
    return (await session.scalars(wanted)).all()


async def rules_between(session: AsyncSession, first: date, last: date) -> Sequence[Rule]:
    wanted = select(Rule).where(_touching(first, last)).order_by(Rule.code, Rule.effective_from)
    return (await session.scalars(wanted)).all()


async def overlapping_rule(
    session: AsyncSession, code: str, effective_from: date, effective_to: date | None
) -> Rule | None:
    """A rule of this code in force on some of these days. Nobody else enters one until the transaction ends."""
    # A lock, for two records entered at the same moment would not see each other.
    await session.execute(select(func.pg_advisory_xact_lock(func.hashtext(f"rule {code}"))))
    return await session.scalar(select(Rule).where(Rule.code == code, _touching(effective_from, effective_to)).limit(1))


def _touching(first: date, last: date | None) -> ColumnElement[bool]:
    not_over = and_(stands(Rule), or_(Rule.effective_to.is_(None), Rule.effective_to >= first))
    return not_over if last is None else and_(not_over, Rule.effective_from <= last)
