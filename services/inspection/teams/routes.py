"""`/v1/teams`."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from fastapi import Query, Response, status
from pydantic import MISSING, BaseModel, ConfigDict

from services.inspection.grids.domain import GridOutsideYourDistrict, GridUnknown
from services.inspection.teams import queries, usecases
from services.inspection.teams.domain import (
    Grids,
    GridTaken,
    Inspector,
    LeaderNotMember,
    Members,
    Team,
    TeamCodeTaken,
    TeamDetails,
    TeamHasWork,
    TeamNotFound,
    TeamOutsideYourDistrict,
)
from shared.domain.clock import utc_now
from shared.domain.wording import KEY, Code, Line
from shared.http.etags import IfMatch
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


@router.post(
    "",
    status_code=status.HTTP_201_CREATED,
    response_model=TeamOut,
    responses=problems(
        TeamCodeTaken, GridTaken, GridUnknown, GridOutsideYourDistrict, LeaderNotMember, TeamOutsideYourDistrict
    ),
)
async def form_team(body: TeamIn, caller: KeeperDep, session: SessionDep, response: Response) -> Team:
    """Put a team in service with its grids and members."""
    team = await usecases.form_team(session, body, caller=caller, at=utc_now())
    response.headers["Location"] = f"/v1/teams/{team.id}"
    return team


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


@router.patch(
    "/{team_id}",
    response_model=TeamOut,
    responses=problems(
        TeamNotFound,
        GridTaken,
        GridUnknown,
        GridOutsideYourDistrict,
        LeaderNotMember,
        TeamHasWork,
        TeamOutsideYourDistrict,
    ),
)
async def change_team(
    team_id: UUID, body: TeamPatch, expected: IfMatch, caller: KeeperDep, session: SessionDep
) -> Team:
    """Change a team. Send the ETag that you last read in If-Match."""
    return await usecases.change_team(
        session, team_id, body.model_dump(mode="json"), expected=expected, caller=caller, at=utc_now()
    )
