"""`/v1/draws`, and what of them is public."""

from datetime import date, datetime
from typing import Annotated, Any
from uuid import UUID

from fastapi import Response, status
from pydantic import BaseModel, ConfigDict

from services.inspection.planning.draws import queries, usecases
from services.inspection.planning.draws.domain import (
    Draw,
    DrawDetails,
    DrawHeldInThePast,
    DrawNotCommitted,
    DrawNotFound,
    DrawNotRevealed,
    DrawOutsideYourDistrict,
    DrawScopeEmpty,
    DrawState,
    DrawTooLarge,
    Exclusion,
    ExclusionNotInScope,
    InspectorNotInPool,
    NotEnoughInspectors,
    Pool,
    RecusalNotOnList,
    ShareTooSmall,
    Unvisited,
)
from services.inspection.rounds.campaigns.domain import Scope
from services.inspection.rounds.visits.domain import VisitState
from services.inspection.rulebook.norms.domain import NormUnknown
from shared.domain.clock import utc_now
from shared.domain.wording import Reason
from shared.http.paging import Page, PageOf, PageParams
from shared.http.policies import Principal, allow, public
from shared.http.web import SessionDep, problems, service_router

router = service_router(prefix="/v1/draws", tags=["draws"])
published = service_router(prefix="/v1/public/draws", tags=["public"])

KeeperDep = Annotated[Principal, allow("bureau", "district_officer")]
ReaderDep = Annotated[Principal, allow("bureau", "district_officer", "auditor", "service")]


class DrawIn(DrawDetails):
    """A draw to commit to."""


class CancellationIn(BaseModel):
    """Why the draw is cancelled."""

    model_config = ConfigDict(extra="forbid")

    reason: Reason


class CommitmentOut(BaseModel):
    """SHA-256 of each input of the draw: the secret seed, the terms, and both lists as canonical JSON."""

    seed_sha256: str
    terms_sha256: str
    targets_sha256: str
    inspectors_sha256: str


class DrawSummaryOut(BaseModel):
    """A draw in a list."""

    model_config = ConfigDict(from_attributes=True)

    id: UUID
    version: int
    name: str
    district: str | None
    share_bp: int
    state: DrawState
    targets_total: int
    inspectors_total: int
    drawn_total: int
    seed_sha256: str
    committed_at: datetime
    revealed_at: datetime | None
    cancelled_at: datetime | None
    cancellation_reason: str | None


class DrawOut(DrawSummaryOut):
    """A draw. `version` counts its facts and is its ETag."""

    scope: Scope
    pool: Pool
    certified_per_pair: int
    held_on: date
    exclusions: list[Exclusion]
    commitment: CommitmentOut


class DrawnTargetOut(BaseModel):
    """An institution that was drawn: `drawn` are its inspectors, `went` those named by the submitted visit.

    `as_drawn` is true if all drawn inspectors went, and null until a visit is submitted. `unvisited` says why no visit
    was planned.
    """

    model_config = ConfigDict(from_attributes=True)

    institution_id: UUID
    name: str | None
    drawn: list[str]
    went: list[str]
    as_drawn: bool | None
    visit_id: UUID | None
    visit_state: VisitState | None
    team: str | None
    unvisited: Unvisited | None


class ProofOut(BaseModel):
    """All inputs of the draw and its result. `deploy/verify/draw.py` repeats the draw from them and compares."""

    format: str
    commitment: CommitmentOut
    seed: str
    terms: dict[str, Any]
    targets: list[dict[str, Any]]
    inspectors: list[dict[str, Any]]
    result: list[dict[str, Any]]


class PublishedAssignmentOut(BaseModel):
    """An institution that was drawn, and the certificate numbers of its inspectors; null means no certificate.

    `unvisited` says why no visit was planned: the institution closed or was merged since, or no team can take it.
    """

    institution_id: UUID
    name: str | None
    stratum: str
    certificates: list[str | None]
    unvisited: Unvisited | None


class PublishedDrawOut(BaseModel):
    """A draw as the public sees it: its commitment, then its seed and result, or why it was cancelled."""

    id: UUID
    name: str
    state: DrawState
    share_bp: int
    targets_total: int
    inspectors_total: int
    excluded_total: int
    commitment: CommitmentOut
    seed: str | None
    committed_at: datetime
    revealed_at: datetime | None
    cancelled_at: datetime | None
    cancellation_reason: str | None
    result: list[PublishedAssignmentOut]


@router.post(
    "",
    status_code=status.HTTP_201_CREATED,
    response_model=DrawOut,
    responses=problems(
        DrawOutsideYourDistrict,
        DrawScopeEmpty,
        DrawTooLarge,
        DrawHeldInThePast,
        NotEnoughInspectors,
        ShareTooSmall,
        InspectorNotInPool,
        RecusalNotOnList,
        ExclusionNotInScope,
        NormUnknown,
    ),
)
async def commit_draw(body: DrawIn, caller: KeeperDep, session: SessionDep, response: Response) -> Draw:
    """Create a draw and commit to it: from now on, the hashes of the seed and of both lists are public.

    Targets are grouped by grid and risk class. An inspector is not drawn for an institution from which they are recused
    or which they were the last to visit, nor if the rota says that they are away on the day.
    """
    draw = await usecases.commit_draw(session, body, caller=caller, at=utc_now())
    response.headers["Location"] = f"/v1/draws/{draw.id}"
    return draw


@router.get("", response_model=Page[DrawSummaryOut])
async def list_draws(caller: ReaderDep, session: SessionDep, page: PageParams) -> PageOf[Any]:
    """Draws, oldest first. District officers see those of their district."""
    (after,) = page.position() or (None,)
    return page.page(await queries.draws(session, caller, after=after, limit=page.limit + 1), "id")


@router.get("/{draw_id}", response_model=DrawOut, responses=problems(DrawNotFound))
async def get_draw(draw_id: UUID, caller: ReaderDep, session: SessionDep) -> Draw:
    """One draw, with its version as ETag."""
    return await queries.draw(session, draw_id, caller)


@router.post("/{draw_id}/reveal", response_model=DrawOut, responses=problems(DrawNotFound, DrawNotCommitted))
async def reveal_draw(draw_id: UUID, caller: KeeperDep, session: SessionDep) -> Draw:
    """Reveal the draw: its seed and result become public, and the visits are planned.

    An institution that closed or was merged since the commitment stays in the result, without a visit. If a team is no
    longer active, its visit goes to the other inspector's team, else to the team of the grid.
    """
    return await usecases.reveal_draw(session, draw_id, caller=caller, at=utc_now())


@router.post("/{draw_id}/cancellation", response_model=DrawOut, responses=problems(DrawNotFound, DrawNotCommitted))
async def cancel_draw(draw_id: UUID, body: CancellationIn, caller: KeeperDep, session: SessionDep) -> Draw:
    """Cancel a draw before it is revealed. Its seed stays secret; the cancellation and its reason are public."""
    return await usecases.cancel_draw(session, draw_id, body.reason, caller=caller, at=utc_now())


@router.get("/{draw_id}/result", response_model=Page[DrawnTargetOut], responses=problems(DrawNotFound))
async def list_draw_result(draw_id: UUID, caller: ReaderDep, session: SessionDep, page: PageParams) -> PageOf[Any]:
    """The result of a revealed draw by institution: inspectors drawn, and inspectors who went. Empty before."""
    draw = await queries.draw(session, draw_id, caller)
    (after,) = page.position(draw=draw.id) or (None,)
    found = await queries.drawn_targets(session, draw.id, after=after, limit=page.limit + 1)
    return page.page(found, "institution_id", draw=draw.id)


@router.get("/{draw_id}/proof", response_model=ProofOut, responses=problems(DrawNotFound, DrawNotRevealed))
async def get_proof(draw_id: UUID, caller: ReaderDep, session: SessionDep) -> dict[str, Any]:
    """The proof of a revealed draw: one document from which anybody can repeat the draw."""
    return (await queries.draw(session, draw_id, caller)).proof()


@published.get("", response_model=Page[DrawSummaryOut], dependencies=[public()])
async def list_published_draws(session: SessionDep, page: PageParams) -> PageOf[Any]:
    """All draws of the city, newest first, cancelled ones included."""
    (after,) = page.position() or (None,)
    return page.page(await queries.published_draws(session, after=after, limit=page.limit + 1), "id")


@published.get("/{draw_id}", response_model=PublishedDrawOut, dependencies=[public()], responses=problems(DrawNotFound))
async def get_published_draw(draw_id: UUID, session: SessionDep) -> PublishedDrawOut:
    """The commitment of a draw and, once revealed, its result, with institution names and certificate numbers."""
    draw = await queries.published_draw(session, draw_id)
    drawn = draw.assignments()
    names = await queries.names(session, [one.institution_id for one in drawn])
    unvisited = await queries.unvisited(session, draw.id)
    return PublishedDrawOut(
        id=draw.id,
        name=draw.name,
        state=DrawState(draw.state),
        share_bp=draw.share_bp,
        targets_total=draw.targets_total,
        inspectors_total=draw.inspectors_total,
        excluded_total=draw.excluded_total,
        commitment=CommitmentOut(**draw.commitment),
        seed=draw.seed.hex() if draw.state == DrawState.REVEALED else None,
        committed_at=draw.committed_at,
        revealed_at=draw.revealed_at,
        cancelled_at=draw.cancelled_at,
        cancellation_reason=draw.cancellation_reason,
        result=[
            PublishedAssignmentOut(
                institution_id=one.institution_id,
                name=names.get(one.institution_id),
                stratum=one.stratum,
                certificates=list(one.certificates),
                unvisited=Unvisited(unvisited[one.institution_id]) if one.institution_id in unvisited else None,
            )
            for one in drawn
        ],
    )


@published.get(
    "/{draw_id}/proof",
    response_model=ProofOut,
    dependencies=[public()],
    responses=problems(DrawNotFound, DrawNotRevealed),
)
async def get_published_proof(draw_id: UUID, session: SessionDep) -> dict[str, Any]:
    """The proof of a revealed draw. It names inspectors only by certificate number."""
    return (await queries.published_draw(session, draw_id)).proof()
