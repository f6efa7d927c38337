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
from shared.facts import journal
from shared.facts.versions import put_in_force, record_withdrawal, withdraw_newest


async def enact_checklist(session: AsyncSession, content: ChecklistContent, *, at: datetime) -> Checklist:
    pointed_to = offences_of(content.questions)
    versions = await offences.versions_relied_on(session, pointed_to)
    if any(not unbroken(versions.get(code, ()), since=content.valid_from) for code in pointed_to):
        raise ChecklistOffenceUnknown(pointer="/questions")
    checklist, enacted = Checklist.enact(content, at=at)
    await put_in_force(session, checklist, enacted, at=at)
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
    withdrawal = await withdraw_newest(session, known, reason=reason, by=by, at=at)
    checklist, before = withdrawal.version, withdrawal.predecessor
    if before is not None and withdrawal.continued is not None:
        since, until = checklist.valid_from, before.valid_to
        if not all(unbroken(needed.get(code, ()), since=since, until=until) for code in pointed_to):
            raise ChecklistBeforeOutdated
    await record_withdrawal(session, withdrawal, reason=reason)
    return checklist
