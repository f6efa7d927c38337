"""Enact a version of an offence, repeal one, withdraw one."""

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from services.inspection.rulebook.checklists import queries as checklists
from services.inspection.rulebook.checklists.domain import Checklist
from services.inspection.rulebook.offences import queries
from services.inspection.rulebook.offences.domain import Offence, OffenceAskedFor, OffenceContent, unbroken
from shared.domain.dated import LaterVersionStands
from shared.facts import journal

MOST_NAMED = 20
"""Checklists that a refusal names."""


async def enact_offence(session: AsyncSession, content: OffenceContent, *, at: datetime) -> Offence:
    """Put a version in force; the one before ends the day before."""
    offence, enacted = Offence.enact(content, at=at)
    before = await queries.latest_for_update(session, content.code)
    ended = before.give_way(offence, at=at) if before is not None else None
    if before is not None and ended is not None:
        await journal.record(session, ended, subject=before)
    session.add(offence)
    await journal.record(session, enacted, subject=offence)
    return offence


async def repeal_offence(
    session: AsyncSession, offence_id: UUID, *, valid_to: date, reason: str, at: datetime
) -> Offence:
    """Give a version its last day, unless a checklist asks for the offence after it: honest answers stay possible."""
    offence = await queries.offence_for_update(session, offence_id)
    repealed = offence.repeal(valid_to, at=at)
    asking = await checklists.pointing_to(session, offence.code, after=valid_to)
    if asking:
        raise OffenceAskedFor(pointer="/valid_to", checklists=_named(asking))
    await journal.record(session, repealed, subject=offence, reason=reason)
    return offence


async def withdraw_offence(session: AsyncSession, offence_id: UUID, *, reason: str, by: str, at: datetime) -> Offence:
    """Take the newest version back; the one that gave way to it lasts as long as before.

    Refused where a checklist would be left without the offence it asks for.
    """
    known = await queries.offence(session, offence_id)
    newest = await queries.latest_for_update(session, known.code)
    versions = await queries.versions_for_update(session, known.code)
    offence = next(one for one in versions if one.id == offence_id)
    withdrawn = offence.withdraw(reason, by=by, at=at)
    if newest is not None and newest.id != offence.id:
        raise LaterVersionStands(valid_from=newest.valid_from)
    before = next((one for one in versions if one.id == offence.predecessor_id), None)
    continued = before.continue_after(offence, at=at) if before is not None else None
    standing = [one for one in versions if one.withdrawn_at is None]
    asking = [
        one
        for one in await checklists.pointing_to(session, offence.code, after=offence.valid_from - timedelta(days=1))
        if not unbroken(standing, since=max(one.valid_from, offence.valid_from), until=one.valid_to)
    ]
    if asking:
        raise OffenceAskedFor(checklists=_named(asking))
    await journal.record(session, withdrawn, subject=offence, reason=reason)
    if before is not None and continued is not None:
        await journal.record(session, continued, subject=before, reason=reason)
    return offence


def _named(asking: Sequence[Checklist]) -> list[dict[str, str]]:
    return [{"id": str(one.id), "code": one.code} for one in asking[:MOST_NAMED]]
