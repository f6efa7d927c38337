"""`/v1/management-draws`."""

from datetime import date, datetime
from typing import Annotated, Any
from uuid import UUID

from fastapi import Response, status
from pydantic import BaseModel, ConfigDict

from services.afterschool.quality.draws import queries, usecases
from services.afterschool.quality.draws.domain import (
    ManagementDraw,
    ManagementDrawDetails,
    ManagementDrawEmpty,
    ManagementDrawNotCommitted,
    ManagementDrawNotFound,
    ManagementDrawNotRevealed,
    ManagementDrawState,
    ManagementDrawTooLarge,
    PublicValueNotLater,
    PublicValueTooEarly,
    SampleTooSmall,
)
from services.afterschool.rulebook.managements.domain import Management
from services.afterschool.rulebook.norms.domain import NormUnknown
from shared.domain.clock import utc_now
from shared.domain.wording import Line, Reason
from shared.http.paging import Page, PageOf, PageParams
from shared.http.policies import Principal, allow
from shared.http.web import SessionDep, problems, service_router

router = service_router(prefix="/v1/management-draws", tags=["managements"])

ReaderDep = Annotated[Principal, allow("bureau", "district_officer", "school_staff", "auditor", "service")]
BureauDep = Annotated[Principal, allow("bureau")]


class ManagementDrawIn(ManagementDrawDetails):
    """A draw to commit to. `public_source` names a value nobody controls, such as a lottery's numbers of a day."""


class RevealIn(BaseModel):
    """The public value, as its source published it."""

    model_config = ConfigDict(extra="forbid")

    public_value: Line


class DrawCancellationIn(BaseModel):
    """Why the draw is cancelled."""

    model_config = ConfigDict(extra="forbid")

    reason: Reason


class ManagementDrawOut(BaseModel):
    """A draw. Until it is revealed, only the hash of its secret is known."""

    model_config = ConfigDict(from_attributes=True)

    id: UUID
    version: int
    term: str
    managements: list[Management]
    share_bp: int
    public_source: str
    public_on: date
    state: ManagementDrawState
    targets_total: int
    drawn_total: int
    secret_sha256: str
    public_value: str | None
    committed_at: datetime
    revealed_at: datetime | None
    cancelled_at: datetime | None
    cancellation_reason: str | None


class ManagementCommitmentOut(BaseModel):
    """SHA-256 of each input of the draw: the secret, the terms, and the list as canonical JSON."""

    secret_sha256: str
    terms_sha256: str
    targets_sha256: str


class ManagementProofOut(BaseModel):
    """All inputs of the draw and its result. `deploy/verify/sample.py` repeats the draw from them and compares."""

    format: str
    commitment: ManagementCommitmentOut
    secret: str
    public_value: str
    seed: str
    terms: dict[str, Any]
    targets: list[dict[str, str]]
    result: list[UUID]


@router.post(
    "",
    status_code=status.HTTP_201_CREATED,
    response_model=ManagementDrawOut,
    responses=problems(ManagementDrawEmpty, ManagementDrawTooLarge, SampleTooSmall, PublicValueNotLater, NormUnknown),
)
async def commit_management_draw(
    body: ManagementDrawIn, caller: BureauDep, session: SessionDep, response: Response
) -> ManagementDraw:
    """Commit to a draw from the signed declarations of a term. The list, the terms and a secret are fixed now."""
    draw = await usecases.commit_management_draw(session, body, at=utc_now())
    response.headers["Location"] = f"/v1/management-draws/{draw.id}"
    return draw


@router.get("", response_model=Page[ManagementDrawOut])
async def list_management_draws(caller: ReaderDep, session: SessionDep, page: PageParams) -> PageOf[ManagementDraw]:
    """Draws of the city, oldest first, cancelled ones included."""
    (after,) = page.position() or (None,)
    found = await queries.management_draws(session, after=None if after is None else UUID(after), limit=page.limit + 1)
    return page.page(found, "id")


@router.get("/{draw_id}", response_model=ManagementDrawOut, responses=problems(ManagementDrawNotFound))
async def get_management_draw(draw_id: UUID, caller: ReaderDep, session: SessionDep) -> ManagementDraw:
    """One draw, with its version as ETag."""
    return await queries.management_draw(session, draw_id)


@router.post(
    "/{draw_id}/reveal",
    response_model=ManagementDrawOut,
    responses=problems(ManagementDrawNotFound, ManagementDrawNotCommitted, PublicValueTooEarly),
)
async def reveal_management_draw(
    draw_id: UUID, body: RevealIn, caller: BureauDep, session: SessionDep
) -> ManagementDraw:
    """Reveal a draw with the public value. The declarations drawn wait for their verification from now on."""
    return await usecases.reveal_management_draw(session, draw_id, body.public_value, at=utc_now())


@router.post(
    "/{draw_id}/cancellation",
    response_model=ManagementDrawOut,
    responses=problems(ManagementDrawNotFound, ManagementDrawNotCommitted),
)
async def cancel_management_draw(
    draw_id: UUID, body: DrawCancellationIn, caller: BureauDep, session: SessionDep
) -> ManagementDraw:
    """Cancel a draw before it is revealed. It stays in the list with the reason."""
    return await usecases.cancel_management_draw(session, draw_id, body.reason, at=utc_now())


@router.get(
    "/{draw_id}/proof",
    response_model=ManagementProofOut,
    responses=problems(ManagementDrawNotFound, ManagementDrawNotRevealed),
)
async def get_management_proof(draw_id: UUID, caller: ReaderDep, session: SessionDep) -> dict[str, Any]:
    """The proof of a revealed draw: one document from which anybody can repeat the draw."""
    return (await queries.management_draw(session, draw_id)).proof()
