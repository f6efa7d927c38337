"""Checklists by id, by code, and by what is in force on a day."""

from collections.abc import Sequence
from datetime import date
from uuid import UUID

from sqlalchemy import or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from services.inspection.rulebook.checklists.domain import Checklist, ChecklistNotFound, ChecklistUnknown
from shared.domain.dated import stands
from shared.facts.versions import version_with_id


async def checklist(session: AsyncSession, checklist_id: UUID) -> Checklist:
    return await version_with_id(session, Checklist, checklist_id, ChecklistNotFound)


async def checklist_for_update(session: AsyncSession, checklist_id: UUID) -> Checklist:
    return await version_with_id(session, Checklist, checklist_id, ChecklistNotFound, for_update=True)


async def usable(session: AsyncSession, checklist_id: UUID, *, on: date) -> Checklist:
    """The version that a phone used; it must have been in force on the day. Raises `ChecklistUnknown`."""
    found = await session.get(Checklist, checklist_id)
    if found is None or not found.usable(on=on):
        raise ChecklistUnknown(pointer="/checklist_id")
    return found


async def pointing_to(session: AsyncSession, offence: str, *, after: date) -> Sequence[Checklist]:
    """Versions in force on some day after this one whose answers point to the offence."""
    points = Checklist.questions.contains([{"breaches": [{"offence": offence}]}])
    lasts = stands(Checklist) & or_(Checklist.valid_to.is_(None), Checklist.valid_to > after)
    return (await session.scalars(select(Checklist).where(points, lasts).order_by(Checklist.id))).all()
