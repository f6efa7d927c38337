"""`/v1/grids/import`, and the routes of `/v1/teams` that change who walks a grid."""

from typing import Annotated, Literal
from uuid import UUID

from fastapi import Query, Request, Response, status
from fastapi.exceptions import RequestValidationError

from services.inspection.field.grids.domain import (
    Columns,
    GridCodesReused,
    GridOutsideYourDistrict,
    GridSetFarAhead,
    GridSetOutOfOrder,
    GridsRefused,
    GridUnknown,
)
from services.inspection.field.grids.routes import FindingOut, GridImportOut, ReusedCodeOut, SuccessionFindingOut
from services.inspection.field.grids.surveying import (
    FeatureCollectionIn,
    GridsTooDetailed,
    NotGrids,
    NotJson,
    Surveyed,
    survey_elsewhere,
)
from services.inspection.field.teams.domain import (
    GridTaken,
    LeaderNotMember,
    Team,
    TeamCodeTaken,
    TeamHasWork,
    TeamNotFound,
    TeamOutsideYourDistrict,
)
from services.inspection.field.teams.routes import KeeperDep, TeamIn, TeamOut, TeamPatch
from services.inspection.stories.territory import usecases as territory
from shared.domain.clock import china_date, utc_now
from shared.domain.text import key
from shared.domain.wording import Day
from shared.http.etags import IfMatch
from shared.http.openapi import json_body
from shared.http.policies import Principal, allow
from shared.http.problems import EdgeProblem
from shared.http.web import SessionDep, problems, service_router

grids = service_router(prefix="/v1/grids", tags=["grids"])
teams = service_router(prefix="/v1/teams", tags=["teams"])


@grids.post(
    "/import",
    status_code=status.HTTP_201_CREATED,
    response_model=GridImportOut,
    responses=problems(GridsRefused, GridSetOutOfOrder, GridSetFarAhead, GridCodesReused, GridsTooDetailed),
    max_body_size=64 * 1024 * 1024,
    openapi_extra=json_body(FeatureCollectionIn),
)
async def import_grids(
    request: Request,
    caller: Annotated[Principal, allow("bureau", "service")],
    session: SessionDep,
    response: Response,
    code_property: Annotated[str, Query(min_length=1, max_length=100)] = "code",
    name_property: Annotated[str, Query(min_length=1, max_length=100)] = "name",
    name_en_property: Annotated[str, Query(min_length=1, max_length=100)] = "name_en",
    district_property: Annotated[str, Query(min_length=1, max_length=100)] = "district",
    accept: Annotated[Literal["all", "valid"], Query(description="`valid` leaves invalid features out.")] = "all",
    source: Annotated[str, Query(max_length=200)] = "",
    valid_from: Annotated[Day | None, Query(description="The first day of this version. Default: today.")] = None,
    accept_far_date: Annotated[bool, Query(description="Confirms a first day in the far future.")] = False,
    confirm: Annotated[
        list[str] | None, Query(max_length=5000, description="Codes whose name or area changes on purpose.")
    ] = None,
    dry_run: Annotated[bool, Query(description="Checks the import without storing it.")] = False,
) -> GridImportOut:
    """Import a set of polygons as the next version of the grids.

    It is in force from its first day on. Then each institution moves to the grid of its point, or to the successor of
    its former grid, and teams take over the only successor of a grid they had. A district officer may import grids of
    the officer's own district, and grids without a district.
    """
    sent = await _surveyed(request, Columns(code_property, name_property, district_property, name_en_property))
    found, at = sent.survey, utc_now()
    async with session.begin_nested() as trial:
        imported = await territory.import_grids(
            session,
            found,
            sent.successions,
            accept_valid=accept == "valid",
            source=source,
            valid_from=valid_from or china_date(at),
            confirmed=[key(code) for code in confirm or ()],
            accept_far_date=accept_far_date,
            at=at,
        )
        grid_set = imported.grid_set
        taken = GridImportOut(
            grid_set_id=None if dry_run else grid_set.id,
            number=grid_set.number,
            valid_from=grid_set.valid_from,
            state=grid_set.state(on=china_date(at)),
            total=found.total,
            accepted=len(found.candidates),
            rejected=[FindingOut.model_validate(finding) for finding in found.findings],
            rejected_successions=[SuccessionFindingOut.model_validate(finding) for finding in imported.findings],
            vanished=list(imported.vanished),
            changed=[ReusedCodeOut.model_validate(one) for one in imported.changed],
        )
        if dry_run:
            await trial.rollback()
            response.status_code = status.HTTP_200_OK
        else:
            response.headers["Location"] = "/v1/grids"
    return taken


async def _surveyed(request: Request, columns: Columns) -> Surveyed:
    try:
        return await survey_elsewhere(await request.body(), columns)
    except NotJson as refused:
        raise EdgeProblem(400, refused.code) from None
    except NotGrids as refused:
        raise RequestValidationError([{**error, "loc": ("body", *error["loc"])} for error in refused.errors]) from None


@teams.post(
    "",
    status_code=status.HTTP_201_CREATED,
    response_model=TeamOut,
    responses=problems(
        TeamCodeTaken, GridTaken, GridUnknown, GridOutsideYourDistrict, LeaderNotMember, TeamOutsideYourDistrict
    ),
)
async def form_team(body: TeamIn, caller: KeeperDep, session: SessionDep, response: Response) -> Team:
    """Put a team in service with its grids and members."""
    team = await territory.form_team(session, body, caller=caller, at=utc_now())
    response.headers["Location"] = f"/v1/teams/{team.id}"
    return team


@teams.patch(
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
    return await territory.change_team(
        session, team_id, body.model_dump(mode="json"), expected=expected, caller=caller, at=utc_now()
    )
