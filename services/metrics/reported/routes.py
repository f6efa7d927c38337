"""`/v1/reports`."""

from datetime import date, datetime
from typing import Annotated, Any
from uuid import UUID

from fastapi import Query, Response, status
from pydantic import BaseModel, ConfigDict

from services.metrics.reported import queries, usecases
from services.metrics.reported.domain import (
    ApproverSubmitted,
    FigureDecided,
    FigureDetails,
    FigureEvidence,
    FigureOfTheFuture,
    FigureOutsideYourDistrict,
    FigureState,
    IndicatorNotReported,
    PeriodReversed,
    ReportedFigure,
    ReportedFigureNotFound,
)
from services.metrics.tree.domain import IndicatorNotFound
from shared.domain.clock import utc_now
from shared.domain.wording import KEY, Reason
from shared.http.paging import Page, PageParams
from shared.http.policies import Principal, allow
from shared.http.web import SessionDep, problems, service_router

router = service_router(prefix="/v1/reports", tags=["reports"])

SubmitterDep = Annotated[Principal, allow("bureau", "district_officer")]
ApproverDep = Annotated[Principal, allow("bureau")]
ReaderDep = Annotated[Principal, allow("bureau", "district_officer", "auditor", "service")]


class ReturnIn(BaseModel):
    """Why a figure is returned."""

    model_config = ConfigDict(extra="forbid")

    reason: Reason


class ReportedFigureOut(BaseModel):
    """A submission with its evidence and its verdict."""

    model_config = ConfigDict(from_attributes=True)

    id: UUID
    version: int
    indicator: str
    district: str | None
    value: int
    as_of: date
    period_from: date | None
    note: str | None
    evidence: list[FigureEvidence]
    state: FigureState
    submitted_by: str
    submitted_at: datetime
    decided_by: str | None
    decided_at: datetime | None
    return_reason: str | None


@router.post(
    "",
    status_code=status.HTTP_201_CREATED,
    response_model=ReportedFigureOut,
    responses=problems(
        IndicatorNotFound, IndicatorNotReported, FigureOfTheFuture, PeriodReversed, FigureOutsideYourDistrict
    ),
)
async def submit_figure(
    body: FigureDetails, caller: SubmitterDep, session: SessionDep, response: Response
) -> ReportedFigure:
    """Submit a figure of which no event tells. It becomes the indicator's value when another person approves it."""
    figure = await usecases.submit_figure(session, body, caller=caller, at=utc_now())
    response.headers["Location"] = f"/v1/reports/{figure.id}"
    return figure


@router.get("", response_model=Page[ReportedFigureOut])
async def list_figures(
    caller: ReaderDep,
    session: SessionDep,
    page: PageParams,
    indicator: Annotated[str | None, KEY, Query(max_length=100)] = None,
    district: Annotated[str | None, KEY, Query(max_length=20)] = None,
    state: FigureState | None = None,
) -> object:
    """Submissions, the newest first: the history of every reported indicator."""
    binding: dict[str, Any] = {"indicator": indicator, "district": district, "state": state}
    (before,) = page.position(**binding) or (None,)
    found = await queries.figures(
        session,
        caller,
        **binding,
        before=None if before is None else UUID(before),
        limit=page.limit + 1,
    )
    return page.page(found, "id", **binding)


@router.get("/{figure_id}", response_model=ReportedFigureOut, responses=problems(ReportedFigureNotFound))
async def get_figure(figure_id: UUID, caller: ReaderDep, session: SessionDep) -> ReportedFigure:
    """One submission."""
    return await queries.figure(session, figure_id, caller)


@router.post(
    "/{figure_id}/approval",
    response_model=ReportedFigureOut,
    responses=problems(ReportedFigureNotFound, FigureDecided, ApproverSubmitted),
)
async def approve_figure(figure_id: UUID, caller: ApproverDep, session: SessionDep) -> ReportedFigure:
    """Approve a figure that somebody else submitted."""
    return await usecases.approve_figure(session, figure_id, caller=caller, at=utc_now())


@router.post(
    "/{figure_id}/return",
    response_model=ReportedFigureOut,
    responses=problems(ReportedFigureNotFound, FigureDecided, ApproverSubmitted),
)
async def return_figure(figure_id: UUID, body: ReturnIn, caller: ApproverDep, session: SessionDep) -> ReportedFigure:
    """Return a figure that somebody else submitted, with a reason. A correction is a new submission."""
    return await usecases.return_figure(session, figure_id, body.reason, caller=caller, at=utc_now())
