"""Enact a version of a checklist, retire one."""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from services.inspection.checklists import queries
from services.inspection.checklists.domain import (
    Checklist,
    ChecklistContent,
    ChecklistOffenceUnknown,
    offences_of,
)
from services.inspection.offences import queries as offences
from services.inspection.offences.domain import unbroken
from shared import journal


async def enact_checklist(session: AsyncSession, content: ChecklistContent, *, at: datetime) -> Checklist:
    """Put a version in force; the one before ends the day before."""
    pointed_to = offences_of(content.questions)
    versions = await offences.versions_relied_on(session, pointed_to)
    if any(not unbroken(versions.get(code, ()), since=content.valid_from) for code in pointed_to):
        raise ChecklistOffenceUnknown(pointer="/questions")
    checklist, enacted = Checklist.enact(content, at=at)
    before = await queries.latest_for_update(session, content.code)
    ended = before.give_way(content.valid_from, at=at) if before is not None else None
    if before is not None and ended is not None:
        await journal.record(session, ended, subject=before)
    session.add(checklist)
    await journal.record(session, enacted, subject=checklist)
    return checklist


async def retire_checklist(
    session: AsyncSession, checklist_id: UUID, *, valid_to: date, reason: str, at: datetime
) -> Checklist:
    """Give a version its last day."""
    checklist = await queries.checklist_for_update(session, checklist_id)
    await journal.record(session, checklist.retire(valid_to, at=at), subject=checklist, reason=reason)
    return checklist
