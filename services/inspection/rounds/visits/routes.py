"""`/v1/visits`."""

from datetime import date, datetime
from typing import Annotated, Any
from uuid import UUID

from fastapi import Query, Response, status
from pydantic import BaseModel, ConfigDict

from services.inspection.field.grids.domain import GridOutsideYourDistrict, GridUnknown
from services.inspection.field.targets.domain import TargetMerged, TargetNotFound
from services.inspection.rounds.campaigns.domain import CampaignNotFound, CampaignNotOpen, InstitutionNotOnList
from services.inspection.rounds.discoveries.domain import DiscoveryUndescribed
from services.inspection.rounds.outcomes import Outcome
from services.inspection.rounds.visits import queries, usecases
from services.inspection.rounds.visits.bodies import StartIn, VisitIn
from services.inspection.rounds.visits.domain import (
    AnotherTeamsWork,
    Purpose,
    Visit,
    VisitAskedFor,
    VisitIdTaken,
    VisitNotDone,
    VisitNotFound,
    VisitNotPlanned,
    VisitPlaceMissing,
    VisitState,
    VisitTeamUnknown,
)
from services.inspection.rounds.visits.queries import VisitFilters
from services.inspection.rounds.visits.usecases import Wish
from services.inspection.rulebook.checklists.domain import ChecklistUnknown
from shared.domain.clock import utc_now
from shared.domain.wording import KEY, Paragraph, Reason
from shared.http.paging import Page, PageOf, PageParams
from shared.http.policies import Principal, allow
from shared.http.web import SessionDep, problems, service_router

router = service_router(prefix="/v1/visits", tags=["visits"])

PlannerDep = Annotated[Principal, allow("bureau", "district_officer", "inspector")]
ReviewerDep = Annotated[Principal, allow("bureau", "district_officer")]
InspectorDep = Annotated[Principal, allow("inspector")]
ReaderDep = Annotated[Principal, allow("bureau", "district_officer", "inspector", "auditor", "service")]


class VisitReviewIn(BaseModel):
    """Whether the submission is accepted. If not, the visit is under way again."""

    model_config = ConfigDict(extra="forbid")

    accepted: bool
    note: Paragraph | None = None


class CallingOffIn(BaseModel):
    """Why the visit is cancelled."""

    model_config = ConfigDict(extra="forbid")

    reason: Reason


class VisitOut(BaseModel):
    """A visit. `version` counts its facts and is its ETag."""

    model_config = ConfigDict(from_attributes=True)

    id: UUID
    version: int
    institution_id: UUID | None
    campaign_id: UUID | None
    campaign_target_id: UUID | None
    team: str | None
    grid: str | None
    district: str | None
    street: str | None
    state: VisitState
    outcome: Outcome | None
    visited_on: date | None
    inspectors: list[str]
    score: int | None
    visit_type: str | None
    note: str | None
    review_note: str | None
    external_ref: str | None
    purpose: Purpose | None
    reference_id: UUID | None
    passed: bool | None
    checklist_id: UUID | None
    answers: dict[str, Any] | None
    planned_at: datetime
    started_at: datetime | None
    submitted_at: datetime | None
    reviewed_at: datetime | None


@router.post(
    "",
    status_code=status.HTTP_201_CREATED,
    response_model=VisitOut,
    responses=problems(
        TargetNotFound,
        TargetMerged,
        CampaignNotFound,
        VisitIdTaken,
        CampaignNotOpen,
        InstitutionNotOnList,
        AnotherTeamsWork,
        VisitTeamUnknown,
        VisitPlaceMissing,
        GridUnknown,
        GridOutsideYourDistrict,
    )
    | {200: {"model": VisitOut, "description": "The visit with this id was already planned."}},
)
async def plan_visit(body: VisitIn, caller: PlannerDep, session: SessionDep, response: Response) -> Visit:
    """Put a visit on a team's list."""
    visit, new = await usecases.plan_visit(session, Wish(**body.model_dump()), caller=caller, at=utc_now())
    if not new:
        response.status_code = status.HTTP_200_OK
    response.headers["Location"] = f"/v1/visits/{visit.id}"
    return visit


@router.get("", response_model=Page[VisitOut])
async def list_visits(
    caller: ReaderDep,
    session: SessionDep,
    page: PageParams,
    campaign: UUID | None = None,
    institution: UUID | None = None,
    team: Annotated[str | None, KEY, Query(max_length=100)] = None,
    state: VisitState | None = None,
) -> PageOf[Visit]:
    """Visits within the caller's reach, in the order in which they were planned. Inspectors see those of their team."""
    binding = {"campaign": campaign, "institution": institution, "team": team, "state": state}
    (after,) = page.position(**binding) or (None,)
    filters = VisitFilters(campaign, institution, team, state)
    found = await queries.visits(session, caller, filters, after=after, limit=page.limit + 1)
    return page.page(found, "id", **binding)


@router.get(
    "/{visit_id}",
    response_model=VisitOut,
    responses=problems(VisitNotFound),
)
async def get_visit(visit_id: UUID, caller: ReaderDep, session: SessionDep) -> object:
    """One visit, with its version as ETag."""
    return await queries.visit(session, visit_id, caller)


@router.post(
    "/{visit_id}/start", response_model=VisitOut, responses=problems(VisitNotFound, VisitNotPlanned, ChecklistUnknown)
)
async def start_visit(visit_id: UUID, caller: InspectorDep, session: SessionDep, body: StartIn | None = None) -> Visit:
    """Start the visit, with a checklist if one is named. Its day is today in China."""
    said = body or StartIn()
    return await usecases.start_visit(
        session,
        visit_id,
        colleagues=said.inspectors,
        checklist_id=said.checklist_id,
        caller=caller,
        at=utc_now(),
    )


@router.post(
    "/{visit_id}/review",
    response_model=VisitOut,
    responses=problems(VisitNotFound, VisitNotDone, DiscoveryUndescribed),
)
async def review_visit(visit_id: UUID, body: VisitReviewIn, caller: ReviewerDep, session: SessionDep) -> Visit:
    """Accept the submission, or send the visit back to the team. A discovery must be described before it is
    accepted."""
    return await usecases.review_visit(
        session, visit_id, accepted=body.accepted, note=body.note, caller=caller, at=utc_now()
    )


@router.post(
    "/{visit_id}/calling-off",
    response_model=VisitOut,
    responses=problems(VisitNotFound, VisitNotPlanned, VisitAskedFor),
)
async def call_off_visit(visit_id: UUID, body: CallingOffIn, caller: ReviewerDep, session: SessionDep) -> Visit:
    """Cancel a planned visit. Its campaign target stays open."""
    return await usecases.call_off_visit(session, visit_id, reason=body.reason, caller=caller, at=utc_now())
