"""Duties and escalations within reach, who is responsible, and what is late enough to be told."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, and_, false, null, or_, select, tuple_
from sqlalchemy.ext.asyncio import AsyncSession

from services.inspection.accountability.duties.domain import Duty, Escalation, Responsible
from services.inspection.accountability.duties.duties import duties_on
from services.inspection.accountability.duties.steps import Level, Step
from services.inspection.rulebook.norms import queries as norms
from services.inspection.rulebook.norms.domain import NormName
from shared.http.policies import Principal
from shared.http.reach import within_reach


@dataclass(frozen=True, slots=True)
class DutyFilters:
    """What a list is narrowed to."""

    step: str | None = None
    team: str | None = None
    institution_id: UUID | None = None
    owner: str | None = None
    overdue: bool = False


async def duties(
    session: AsyncSession,
    caller: Principal,
    filters: DutyFilters,
    *,
    on: date,
    after: tuple[date, str, UUID, str] | None,
    limit: int,
) -> Sequence[Any]:
    table = duties_on(on)
    duty = table.c
    order = (duty.due_on, duty.step, duty.subject_id, duty.part)
    wanted = select(table).where(_reach(caller, duty)).order_by(*order).limit(limit)
    for name in ("step", "team", "institution_id", "owner"):
        value = getattr(filters, name)
        if value is not None:
            wanted = wanted.where(duty[name] == value)
    if filters.overdue:
        wanted = wanted.where(duty.days_late > 0)
    if after is not None:
        wanted = wanted.where(tuple_(*order) > tuple_(*after))
    return (await session.execute(wanted)).all()


async def overdue(session: AsyncSession, level: Level, *, late: int, on: date, limit: int) -> Sequence[Duty]:
    """Duties late by at least `late` days that this level was not told of yet, the longest overdue first."""
    table = duties_on(on)
    duty = table.c
    told = select(Escalation.id).where(
        Escalation.step == duty.step,
        Escalation.subject_id == duty.subject_id,
        Escalation.part == duty.part,
        Escalation.due_on == duty.due_on,
        Escalation.level == level,
    )
    wanted = (
        select(table)
        .where(duty.days_late > 0, duty.days_late >= late, ~told.exists())
        .order_by(duty.due_on, duty.step, duty.subject_id)
        .limit(limit)
    )
    return [Duty(**row._mapping) for row in await session.execute(wanted)]


async def level_days(session: AsyncSession, *, on: date) -> Mapping[Level, int]:
    days = await norms.in_force(session, [NormName(level.value) for level in Level], on=on)
    return {Level(name.value): value for name, value in days.items()}


async def officers_of(session: AsyncSession, institutions: Sequence[UUID]) -> Mapping[tuple[UUID, str], str]:
    rows = await session.execute(
        select(Responsible.institution_id, Responsible.role, Responsible.officer).where(
            Responsible.institution_id.in_(institutions), Responsible.officer.is_not(None)
        )
    )
    return {(row.institution_id, row.role): row.officer for row in rows}


async def escalations(
    session: AsyncSession,
    caller: Principal,
    *,
    step: str | None,
    level: str | None,
    institution: UUID | None,
    after: str | None,
    limit: int,
) -> Sequence[Escalation]:
    wanted = select(Escalation).where(_reach(caller, Escalation)).order_by(Escalation.id).limit(limit)
    for attribute, value in (
        (Escalation.step, step),
        (Escalation.level, level),
        (Escalation.institution_id, institution),
    ):
        if value is not None:
            wanted = wanted.where(attribute == value)
    if after is not None:
        wanted = wanted.where(Escalation.id > UUID(after))
    return (await session.scalars(wanted)).all()


def _reach(caller: Principal, owed: Any) -> ColumnElement[bool]:
    """Duties or escalations that the caller may see. An inspector sees only the re-checks that their own team makes."""
    reach = within_reach(caller, district=owed.district, street=owed.street, team=owed.team)
    if "inspector" not in caller.roles:
        return reach
    theirs = owed.team == caller.team if caller.team is not None else false()
    return and_(reach, or_(owed.step != Step.RECHECK, theirs))


def team_reach(caller: Principal, *, district: Any, code: Any) -> ColumnElement[bool]:
    """Teams that the caller may see. A team belongs to a district, not to a street."""
    return within_reach(caller, district=district, street=null(), team=code)
