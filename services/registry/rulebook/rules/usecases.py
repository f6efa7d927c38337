"""Enact a rule, repeal or withdraw one, and tell what a plan would break."""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from services.registry.rulebook.calendars import queries as calendars
from services.registry.rulebook.rules import evaluation, queries
from services.registry.rulebook.rules.domain import Rule, RuleContent, RuleOverlaps
from services.registry.rulebook.rules.evaluation import Plan, Verdict
from shared.facts import journal


async def enact_rule(session: AsyncSession, content: RuleContent, *, at: datetime) -> Rule:
    """Enact a rule. Two rules of one code are never in force on the same day."""
    rule, enacted = Rule.enact(content, at=at)
    other = await queries.overlapping_rule(session, rule.code, rule.effective_from, rule.effective_to)
    if other is not None:
        raise RuleOverlaps(
            rule_id=other.id, effective_from=other.effective_from, effective_to=other.effective_to, pointer="/code"
        )
    session.add(rule)
    await journal.record(session, enacted, subject=rule)
    return rule


async def repeal_rule(session: AsyncSession, rule_id: UUID, *, effective_to: date, reason: str, at: datetime) -> Rule:
    rule = await queries.rule_for_update(session, rule_id)
    await journal.record(session, rule.repeal(effective_to, at=at), subject=rule, reason=reason)
    return rule


async def withdraw_rule(session: AsyncSession, rule_id: UUID, *, reason: str, by: str, at: datetime) -> Rule:
    rule = await queries.rule_for_update(session, rule_id)
    await journal.record(session, rule.withdraw(reason, by=by, at=at), subject=rule, reason=reason)
    return rule


async def check_plan(session: AsyncSession, plan: Plan, *, today: date) -> Verdict:
    """What the plan would break: lessons by the rules of their own days, the rest by those of `as_of`, or today."""
    on = plan.as_of or today
    lessons = evaluation.read_timetable(plan)
    days = [on, *(lesson.on for lesson in lessons)]
    rules = await queries.rules_between(session, min(days), max(days))
    calendar = await calendars.calendar(session, min(days), max(days))
    return evaluation.judge(plan, lessons, rules, calendar, on=on)
