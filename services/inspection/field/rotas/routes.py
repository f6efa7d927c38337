"""`/v1/teams/{team_id}/rota`: duties and absences."""

from datetime import date, datetime
from typing import Annotated
from uuid import UUID

from fastapi import Query, status
from pydantic import BaseModel, ConfigDict

from services.inspection.field.rotas import queries, usecases
from services.inspection.field.rotas.domain import (
    AbsenceDetails,
    DutyDetails,
    NotAMember,
    RotaEntry,
    RotaEntryCancelled,
    RotaEntryKind,
    RotaEntryNotFound,
    RotaNotYours,
    RotaOverlap,
    RotaSpanTooLong,
    roster,
)
from services.inspection.field.teams import queries as teams
from services.inspection.field.teams.domain import Inspector, TeamNotFound
from shared.domain.clock import utc_now
from shared.domain.wording import Day
from shared.http.policies import Principal, allow
from shared.http.web import SessionDep, problems, service_router

router = service_router(prefix="/v1/teams", tags=["teams"])

KeeperDep = Annotated[Principal, allow("bureau", "district_officer", "inspector")]
ReaderDep = Annotated[Principal, allow("bureau", "district_officer", "inspector", "auditor", "service")]


class DutyIn(DutyDetails):
    """A member to put on duty."""


class AbsenceIn(AbsenceDetails):
    """A member who will be away."""


class RotaEntryOut(BaseModel):
    """A duty or an absence. Without weekdays it covers every day from the first to the last."""

    model_config = ConfigDict(from_attributes=True)

    id: UUID
    version: int
    team_id: UUID
    kind: RotaEntryKind
    subject: str
    first_day: date
    last_day: date
    weekdays: list[int]
    reason: str | None
    noted_by: str
    noted_at: datetime
    cancelled_at: datetime | None


class PresentOut(BaseModel):
    """A member on duty and not absent; `certified` says that the certificate is in force that day."""

    model_config = ConfigDict(from_attributes=True)

    subject: str
    name: str
    certified: bool


class DutyDayOut(BaseModel):
    """The members present on a day. Work that may lead to a penalty needs two certified officers."""

    model_config = ConfigDict(from_attributes=True)

    day: date
    present: list[PresentOut]
    absent: list[str]
    certified: int
    two_certified: bool


class RotaOut(BaseModel):
    """A team's rota, day by day. Without any duty on its rota, a team has every member present who is not absent."""

    team_id: UUID
    keeps_rota: bool
    days: list[DutyDayOut]
    entries: list[RotaEntryOut]


@router.get("/{team_id}/rota", response_model=RotaOut, responses=problems(TeamNotFound, RotaSpanTooLong))
async def get_rota(
    team_id: UUID,
    caller: ReaderDep,
    session: SessionDep,
    first: Annotated[Day, Query(alias="from")],
    last: Annotated[Day, Query(alias="to")],
) -> RotaOut:
    """The members present on each day of a period, and whether two of them are certified."""
    team = await teams.team(session, team_id, caller)
    entries = await queries.entries(session, team.id, first, last)
    keeps_rota = await queries.keeps_rota(session, team.id)
    members = [Inspector.model_validate(member) for member in team.members]
    days = roster(members, entries, keeps_rota=keeps_rota, first=first, last=last)
    return RotaOut(
        team_id=team.id,
        keeps_rota=keeps_rota,
        days=[DutyDayOut.model_validate(day) for day in days],
        entries=[RotaEntryOut.model_validate(entry) for entry in entries],
    )


@router.post(
    "/{team_id}/duties",
    status_code=status.HTTP_201_CREATED,
    response_model=RotaEntryOut,
    responses=problems(TeamNotFound, RotaOverlap, NotAMember, RotaNotYours),
)
async def assign_duty(team_id: UUID, body: DutyIn, caller: KeeperDep, session: SessionDep) -> RotaEntry:
    """Put a member on duty. Officers and the team's leader may do this."""
    return await usecases.assign_duty(session, team_id, body, caller=caller, at=utc_now())


@router.post(
    "/{team_id}/absences",
    status_code=status.HTTP_201_CREATED,
    response_model=RotaEntryOut,
    responses=problems(TeamNotFound, RotaOverlap, NotAMember, RotaNotYours),
)
async def note_absence(team_id: UUID, body: AbsenceIn, caller: KeeperDep, session: SessionDep) -> RotaEntry:
    """Record an absence. Officers and the team's leader may do this, and each member for themselves."""
    return await usecases.note_absence(session, team_id, body, caller=caller, at=utc_now())


@router.post(
    "/{team_id}/rota/{entry_id}/cancellation",
    response_model=RotaEntryOut,
    responses=problems(TeamNotFound, RotaEntryNotFound, RotaEntryCancelled, RotaNotYours),
)
async def cancel_rota_entry(team_id: UUID, entry_id: UUID, caller: KeeperDep, session: SessionDep) -> RotaEntry:
    """Cancel a duty or an absence. It stays on record."""
    return await usecases.cancel_entry(session, team_id, entry_id, caller=caller, at=utc_now())
