"""Enact a version of a checklist, retire one, withdraw one."""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from services.inspection.rulebook.checklists import queries
from services.inspection.rulebook.checklists.domain import (
    Checklist,
    ChecklistBeforeOutdated,
    ChecklistContent,
    ChecklistOffenceUnknown,
    offences_of,
)
from services.inspection.rulebook.offences import queries as offences
from services.inspection.rulebook.offences.domain import unbroken
from shared.domain.dated import LaterVersionStands
from shared.facts import journal


async def enact_checklist(session: AsyncSession, content: ChecklistContent, *, at: datetime) -> Checklist:
    pointed_to = offences_of(content.questions)
    versions = await offences.versions_relied_on(session, pointed_to)
    if any(not unbroken(versions.get(code, ()), since=content.valid_from) for code in pointed_to):
        raise ChecklistOffenceUnknown(pointer="/questions")
    checklist, enacted = Checklist.enact(content, at=at)
    before = await queries.latest_for_update(session, content.code)
    ended = before.give_way(checklist, at=at) if before is not None else None
    if before is not None and ended is not None:
        await journal.record(session, ended, subject=before)
    session.add(checklist)
    await journal.record(session, enacted, subject=checklist)
    return checklist


async def retire_checklist(
    session: AsyncSession, checklist_id: UUID, *, valid_to: date, reason: str, at: datetime
) -> Checklist:
    checklist = await queries.checklist_for_update(session, checklist_id)
    await journal.record(session, checklist.retire(valid_to, at=at), subject=checklist, reason=reason)
    return checklist


async def withdraw_checklist(
    session: AsyncSession, checklist_id: UUID, *, reason: str, by: str, at: datetime
) -> Checklist:
    """Withdraw the newest version. The version before gets its last day back, if the offences it points to are in force
    that long."""
    known = await queries.checklist(session, checklist_id)
    pointed_to: set[str] = set()
    if known.predecessor_id is not None:
        pointed_to = offences_of((await queries.checklist(session, known.predecessor_id)).asked)
    needed = await offences.versions_relied_on(session, pointed_to)
    newest = await queries.latest_for_update(session, known.code)
    versions = await queries.versions_for_update(session, known.code)
    checklist = next(one for one in versions if one.id == checklist_id)
    withdrawn = checklist.withdraw(reason, by=by, at=at)
    if newest is not None and newest.id != checklist.id:
        raise LaterVersionStands(valid_from=newest.valid_from)
    await journal.record(session, withdrawn, subject=checklist, reason=reason)
    before = next((one for one in versions if one.id == checklist.predecessor_id), None)
    continued = before.continue_after(checklist, at=at) if before is not None else None
    if before is not None and continued is not None:
        if not all(
            unbroken(needed.get(code, ()), since=checklist.valid_from, until=before.valid_to) for code in pointed_to
        ):
            raise ChecklistBeforeOutdated
        await journal.record(session, continued, subject=before, reason=reason)
    return checklist
