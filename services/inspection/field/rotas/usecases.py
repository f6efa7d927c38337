"""Put somebody on duty, note an absence, take either back. The team's row is the lock of its rota."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from services.inspection.field.rotas import queries
from services.inspection.field.rotas.domain import (
    AbsenceDetails,
    DutyDetails,
    NotAMember,
    RotaEntry,
    RotaEntryKind,
    RotaNotYours,
)
from services.inspection.field.teams import queries as teams
from services.inspection.field.teams.domain import Team
from shared.facts import journal
from shared.http.policies import Principal


async def assign_duty(
    session: AsyncSession, team_id: UUID, details: DutyDetails, *, caller: Principal, at: datetime
) -> RotaEntry:
    team = await teams.team_for_update(session, team_id, caller)
    _check_keeper(caller, team)
    beside = await _beside(session, team, details)
    entry, fact = RotaEntry.assign(team.id, details, beside, by=caller.subject, at=at)
    session.add(entry)
    await journal.record(session, fact, subject=entry)
    return entry


async def note_absence(
    session: AsyncSession, team_id: UUID, details: AbsenceDetails, *, caller: Principal, at: datetime
) -> RotaEntry:
    team = await teams.team_for_update(session, team_id, caller)
    if details.subject != caller.subject:
        _check_keeper(caller, team)
    beside = await _beside(session, team, details)
    entry, fact = RotaEntry.note_absence(team.id, details, beside, by=caller.subject, at=at)
    session.add(entry)
    await journal.record(session, fact, subject=entry)
    return entry


async def cancel_entry(
    session: AsyncSession, team_id: UUID, entry_id: UUID, *, caller: Principal, at: datetime
) -> RotaEntry:
    team = await teams.team_for_update(session, team_id, caller)
    entry = await queries.entry(session, team.id, entry_id)
    if entry.kind != RotaEntryKind.ABSENCE or entry.subject != caller.subject:
        _check_keeper(caller, team)
    await journal.record(session, entry.cancel(at=at), subject=entry)
    return entry


async def _beside(session: AsyncSession, team: Team, details: DutyDetails | AbsenceDetails) -> Sequence[RotaEntry]:
    if details.subject not in {member["subject"] for member in team.members}:
        raise NotAMember(pointer="/subject")
    return await queries.entries(session, team.id, details.first_day, details.last_day)


def _check_keeper(caller: Principal, team: Team) -> None:
    if not {"bureau", "district_officer"} & caller.roles and caller.subject != team.leader:
        raise RotaNotYours
