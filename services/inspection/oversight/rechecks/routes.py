"""`/v1/rechecks`."""

from datetime import date, datetime
from typing import Annotated
from uuid import UUID

from fastapi import Query, Response, status
from pydantic import BaseModel, ConfigDict

from services.inspection.field.teams import queries as teams
from services.inspection.field.teams.domain import TeamNotFound
from services.inspection.oversight.rechecks import queries, usecases
from services.inspection.oversight.rechecks.domain import (
    NothingToRecheck,
    Recheck,
    RecheckDone,
    RecheckNotFound,
    RecheckNotYours,
    RecheckOwnVisit,
    RecheckRound,
    RecheckSawNothing,
    RecheckState,
    RecheckTeamUnknown,
    ResultDetails,
    RoundDetails,
    RoundNotFound,
    SameTeamRechecks,
    TooManyToRecheck,
)
from services.inspection.rounds.outcomes import Outcome
from services.inspection.rulebook.offences.domain import Finding
from shared.domain.clock import utc_now
from shared.domain.wording import KEY, Day
from shared.http.paging import Page, PageOf, PageParams
from shared.http.policies import Principal, allow
from shared.http.web import SessionDep, problems, service_router

router = service_router(prefix="/v1/rechecks", tags=["re-checks"])

SupervisorDep = Annotated[Principal, allow("bureau", "district_officer")]
LookerDep = Annotated[Principal, allow("bureau", "district_officer", "inspector")]
AuditorDep = Annotated[Principal, allow("bureau", "district_officer", "auditor", "service")]
ReaderDep = Annotated[Principal, allow("bureau", "district_officer", "inspector", "auditor", "service")]


class RoundIn(RoundDetails):
    """A round of re-checks to draw."""


class ResultIn(ResultDetails):
    """The result of the re-check."""


class RoundOut(BaseModel):
    """A round. The drawn visits are the first of `population` when it is sorted by HMAC-SHA256(seed, visit id)."""

    model_config = ConfigDict(from_attributes=True)

    id: UUID
    version: int
    team: str
    district: str | None
    by_team: str | None
    first_day: date
    last_day: date
    share_bp: int
    seed_hex: str
    population: list[UUID]
    drawn_total: int
    drawn_by: str
    drawn_at: datetime


class RecheckOut(BaseModel):
    """A re-check of a visit. `differences` lists how it differs from the visit: `outcome`, `violations_missed`.

    `attempts` counts closed doors; `outcome_before` is the visit's outcome at the latest attempt or result.
    """

    model_config = ConfigDict(from_attributes=True)

    id: UUID
    version: int
    round_id: UUID
    visit_id: UUID
    institution_id: UUID | None
    team: str
    by_team: str | None
    district: str | None
    state: RecheckState
    agrees: bool | None
    differences: list[str]
    outcome_before: Outcome
    outcome_found: Outcome | None
    missed: list[Finding]
    attempts: int
    note: str | None
    rechecked_by: str | None
    done_at: datetime | None


class AgreementOut(BaseModel):
    """How often re-checks agreed with a team's visits."""

    model_config = ConfigDict(from_attributes=True)

    team: str
    rechecked: int
    agreeing: int
    share: float | None


@router.post(
    "",
    status_code=status.HTTP_201_CREATED,
    response_model=RoundOut,
    responses=problems(TeamNotFound, NothingToRecheck, TooManyToRecheck, SameTeamRechecks, RecheckTeamUnknown),
)
async def draw_rechecks(body: RoundIn, caller: SupervisorDep, session: SessionDep, response: Response) -> RecheckRound:
    """Draw a share of a team's finished visits for re-checks. The draw is random; nobody chooses the visits."""
    round_ = await usecases.draw_rechecks(session, body, caller=caller, at=utc_now())
    response.headers["Location"] = f"/v1/rechecks/rounds/{round_.id}"
    return round_


@router.get("", response_model=Page[RecheckOut])
async def list_rechecks(
    caller: ReaderDep,
    session: SessionDep,
    page: PageParams,
    round_id: Annotated[UUID | None, Query(alias="round")] = None,
    team: Annotated[str | None, KEY, Query(max_length=100, description="The team whose visits are re-checked.")] = None,
    state: RecheckState | None = None,
) -> PageOf[Recheck]:
    """Re-checks. Inspectors see those assigned to their team, officers those of their district's teams."""
    binding = {"round": round_id, "team": team, "state": state}
    (after,) = page.position(**binding) or (None,)
    found = await queries.rechecks(
        session, caller, round_id=round_id, team=team, state=state, after=after, limit=page.limit + 1
    )
    return page.page(found, "id", **binding)


@router.get("/agreement", response_model=list[AgreementOut])
async def get_agreement(
    caller: AuditorDep,
    session: SessionDep,
    first: Annotated[Day | None, Query(alias="from")] = None,
    last: Annotated[Day | None, Query(alias="to")] = None,
) -> list[AgreementOut]:
    """For each team within the caller's reach, how often re-checks of the period agreed with its visits."""
    codes = [team.code for team in await teams.teams_in_service(session, caller)]
    found = await queries.agreement(session, teams=codes, first=first, last=last)
    return [AgreementOut.model_validate(one) for one in found.values()]


@router.get("/rounds/{round_id}", response_model=RoundOut, responses=problems(RoundNotFound))
async def get_round(round_id: UUID, caller: AuditorDep, session: SessionDep) -> RecheckRound:
    """One round, with its seed and all visits it drew from, so that the draw can be repeated."""
    return await queries.round_(session, round_id, caller)


@router.get("/{recheck_id}", response_model=RecheckOut, responses=problems(RecheckNotFound))
async def get_recheck(recheck_id: UUID, caller: ReaderDep, session: SessionDep) -> Recheck:
    """One re-check, with its version as ETag."""
    return await queries.recheck(session, recheck_id, caller)


@router.post(
    "/{recheck_id}/result",
    response_model=RecheckOut,
    responses=problems(RecheckNotFound, RecheckDone, RecheckOwnVisit, RecheckNotYours, RecheckSawNothing),
)
async def conclude_recheck(recheck_id: UUID, body: ResultIn, caller: LookerDep, session: SessionDep) -> Recheck:
    """Record the result of a re-check. The service compares it with the visit and reports missed violations.

    If the visit got in and the re-check met a closed door, the re-check stays open.
    """
    return await usecases.conclude_recheck(session, recheck_id, body, caller=caller, at=utc_now())
