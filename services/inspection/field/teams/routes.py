"""`/v1/teams`."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from fastapi import Query
from pydantic import MISSING, BaseModel, ConfigDict

from services.inspection.field.teams import queries
from services.inspection.field.teams.domain import Grids, Inspector, Members, Team, TeamDetails, TeamNotFound
from shared.domain.wording import KEY, Code, Line
from shared.http.paging import Page, PageOf, PageParams
from shared.http.policies import Principal, allow
from shared.http.web import SessionDep, problems, service_router

router = service_router(prefix="/v1/teams", tags=["teams"])

KeeperDep = Annotated[Principal, allow("bureau", "district_officer")]
ReaderDep = Annotated[Principal, allow("bureau", "district_officer", "inspector", "auditor", "service")]


class TeamIn(TeamDetails):
    """A team to put in service."""


class TeamPatch(BaseModel):
    """What to change; an absent field stays as it is. `active: false` takes the team out of service."""

    model_config = ConfigDict(extra="forbid")

    name: Line | MISSING = MISSING
    district: Code | MISSING | None = MISSING
    street: Code | MISSING | None = MISSING
    grids: Grids | MISSING = MISSING
    members: Members | MISSING = MISSING
    leader: Line | MISSING | None = MISSING
    active: bool | MISSING = MISSING


class TeamOut(BaseModel):
    """A team. `version` counts its facts and is its ETag."""

    model_config = ConfigDict(from_attributes=True)

    id: UUID
    version: int
    code: str
    name: str
    district: str | None
    street: str | None
    grids: list[str]
    members: list[Inspector]
    leader: str | None
    active: bool
    formed_at: datetime
    changed_at: datetime


@router.get("", response_model=Page[TeamOut])
async def list_teams(
    caller: ReaderDep,
    session: SessionDep,
    page: PageParams,
    district: Annotated[str | None, KEY, Query(max_length=20)] = None,
) -> PageOf[Team]:
    """Teams, oldest first."""
    (after,) = page.position(district=district) or (None,)
    found = await queries.teams(session, caller, district=district, after=after, limit=page.limit + 1)
    return page.page(found, "id", district=district)


@router.get(
    "/{team_id}",
    response_model=TeamOut,
    responses=problems(TeamNotFound),
)
async def get_team(team_id: UUID, caller: ReaderDep, session: SessionDep) -> object:
    """One team, with its version as ETag."""
    return await queries.team(session, team_id, caller)
