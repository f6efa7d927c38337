"""Keeps who is responsible, and tells them, level by level, of what is late."""

from collections.abc import Sequence
from datetime import date, datetime

from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from services.inspection.accountability.duties import queries
from services.inspection.accountability.duties.domain import Duty, Escalation, Responsible
from services.inspection.accountability.duties.steps import TOLD, Level
from shared.domain.clock import china_date
from shared.events.registry.responsibilities import ResponsibilityAssigned
from shared.facts.inbox import Delivery
from shared.facts.journal import Fact, record_many

AT_ONCE = 500
"""Duties told in one transaction."""


async def copy_responsibility(session: AsyncSession, delivery: Delivery) -> None:
    event = delivery.event
    assert isinstance(event, ResponsibilityAssigned)
    told = insert(Responsible).values(
        institution_id=event.institution_id,
        role=event.role,
        officer=event.officer,
        department=event.department,
        sequence=delivery.envelope.sequence,
    )
    await session.execute(
        told.on_conflict_do_update(
            index_elements=[Responsible.institution_id, Responsible.role],
            set_={name: told.excluded[name] for name in ("officer", "department", "sequence")},
            where=Responsible.sequence < told.excluded.sequence,
        )
    )


async def escalate_overdue(session: AsyncSession, *, at: datetime, limit: int = AT_ONCE) -> int:
    """Tell each level, once, of the duties that are late enough for it; returns how many escalations were raised.

    Several workers may run this at once: the unique key of an escalation lets only one of them record it.
    """
    on, told = china_date(at), 0
    for level, days in (await queries.level_days(session, on=on)).items():
        told += await _tell(session, level, await queries.overdue(session, level, late=days, on=on, limit=limit), at=at)
    return told


async def _tell(session: AsyncSession, level: Level, duties: Sequence[Duty], *, at: datetime) -> int:
    institutions = [duty.institution_id for duty in duties if duty.institution_id is not None]
    officers = await queries.officers_of(session, institutions)
    raised = [
        Escalation.raise_for(
            duty, level, role, officers.get((duty.institution_id, role)) if duty.institution_id else None, at=at
        )
        for duty in duties
        for role in TOLD[level]
    ]
    if not raised:
        return 0
    columns = [column.key for column in Escalation.__table__.columns]
    rows = [{name: getattr(one, name) for name in columns} for one in raised]
    kept = await session.scalars(
        insert(Escalation).on_conflict_do_nothing(constraint="uq_escalation_once").returning(Escalation.id), rows
    )
    new = set(kept)
    facts = [Fact(one.id, 1, one.raised(), f"{one.step} 逾期{one.days_late}天") for one in raised if one.id in new]
    await record_many(session, facts)
    return len(facts)


def period(first: date | None, last: date | None, *, today: date) -> tuple[date, date]:
    end = last or today
    return first or end.replace(day=1), end
