"""`/v1/subsidy-runs`."""

import asyncio
from datetime import datetime
from typing import Annotated
from uuid import UUID

from fastapi import Query, Request, Response, status
from pydantic import BaseModel, ConfigDict

from services.afterschool.finance.subsidies import queries, usecases
from services.afterschool.finance.subsidies.domain import (
    ReviewerComputed,
    SubsidyRun,
    SubsidyRunNotFound,
    SubsidyRunOpen,
    SubsidyRunState,
    SubsidyRunStateUnfit,
)
from services.afterschool.finance.subsidies.postings import Programme
from services.afterschool.finance.subsidies.workbook import MEDIA_TYPE, workbook_of
from services.afterschool.roster.terms.domain import TermNotFound
from services.afterschool.rulebook.norms.domain import NormUnknown
from shared.domain.clock import utc_now
from shared.domain.wording import KEY, Code, Key, Reason
from shared.http.paging import Page, PageParams
from shared.http.policies import Principal, allow
from shared.http.reads import fetch_page
from shared.http.web import SessionDep, problems, service_router

router = service_router(prefix="/v1/subsidy-runs", tags=["finance"])

BureauDep = Annotated[Principal, allow("bureau")]
ReaderDep = Annotated[Principal, allow("bureau", "district_officer", "school_staff", "auditor", "service")]
FinanceDep = Annotated[Principal, allow("bureau", "auditor", "service")]


class SubsidyRunIn(BaseModel):
    """The term of which a run is computed, for one district, or without one for the whole city."""

    model_config = ConfigDict(extra="forbid")

    term: Key
    district: Code | None = None


class DiscardIn(BaseModel):
    """Why the run is discarded."""

    model_config = ConfigDict(extra="forbid")

    reason: Reason


class SubsidyRunOut(BaseModel):
    """A run, of the whole city if `district` is null. `total` is the sum of its lines in fen; only locked runs are
    posted. A run that is `computing` has no lines yet."""

    model_config = ConfigDict(from_attributes=True)

    id: UUID
    version: int
    term: str
    district: str | None
    state: SubsidyRunState
    lines: int
    total: int
    computed_by: str
    asked_at: datetime
    computed_at: datetime | None
    reviewed_by: str | None
    reviewed_at: datetime | None
    locked_by: str | None
    locked_at: datetime | None
    discarded_at: datetime | None
    discard_reason: str | None


class SubsidyLineOut(BaseModel):
    """One posting in fen: `posting` is `target` minus `posted`, which locked runs posted before.

    `days` are those on which sessions attended by children of the class lasted at least `least_minutes` together and
    ended no earlier than `end_minute`; `sessions` are those of these days. The class counts from `least_days` on. Each
    norm is named by the id of its version; `year_amount` is that of the school year, of which the term has half.
    """

    id: UUID
    class_id: UUID
    school_id: UUID
    programme: Programme
    grade: int
    days: int
    sessions: int
    least_days: int
    least_minutes: int
    end_minute: int
    year_amount: int
    amount_norm_id: UUID
    days_norm_id: UUID
    minutes_norm_id: UUID
    end_norm_id: UUID
    share_norm_id: UUID | None
    target: int
    posted: int
    posting: int


class SubsidySchoolOut(BaseModel):
    """The postings of a school in fen, by programme and in all. `id` is the school."""

    id: UUID
    name: str
    district: str
    classes: int
    primary_class: int
    principal_fund: int
    principal_fund_junior: int
    total: int


@router.post(
    "",
    status_code=status.HTTP_202_ACCEPTED,
    response_model=SubsidyRunOut,
    responses=problems(TermNotFound, SubsidyRunOpen, NormUnknown),
)
async def compute_subsidy_run(
    body: SubsidyRunIn, caller: BureauDep, session: SessionDep, response: Response
) -> SubsidyRun:
    """Compute what every class is due for a term, minus what was posted before. The worker does it: ask for the run
    again until its `state` is no longer `computing`."""
    run = await usecases.ask_for_run(session, body.term, body.district, caller=caller, at=utc_now())
    response.headers["Location"] = f"/v1/subsidy-runs/{run.id}"
    return run


@router.get("", response_model=Page[SubsidyRunOut])
async def list_subsidy_runs(
    request: Request,
    caller: ReaderDep,
    page: PageParams,
    term: Annotated[str | None, KEY, Query(max_length=100)] = None,
    district: Annotated[str | None, KEY, Query(max_length=20)] = None,
    state: SubsidyRunState | None = None,
) -> Response:
    """Runs in the order in which they were asked for."""
    binding = {"term": term, "district": district, "state": state}
    (after,) = page.position(**binding) or (None,)
    statement = queries.runs_page(term=term, district=district, state=state, after=after, limit=page.limit)
    return await fetch_page(request, statement, page, **binding)


@router.get("/{run_id}", response_model=SubsidyRunOut, responses=problems(SubsidyRunNotFound))
async def get_subsidy_run(run_id: UUID, caller: ReaderDep, session: SessionDep) -> SubsidyRun:
    """One run."""
    return await queries.run(session, run_id)


@router.post(
    "/{run_id}/review",
    response_model=SubsidyRunOut,
    responses=problems(SubsidyRunNotFound, SubsidyRunStateUnfit, ReviewerComputed),
)
async def review_subsidy_run(run_id: UUID, caller: BureauDep, session: SessionDep) -> SubsidyRun:
    """Review a run that another person computed."""
    return await usecases.review_run(session, run_id, caller=caller, at=utc_now())


@router.post(
    "/{run_id}/lock",
    response_model=SubsidyRunOut,
    responses=problems(SubsidyRunNotFound, SubsidyRunStateUnfit),
)
async def lock_subsidy_run(run_id: UUID, caller: BureauDep, session: SessionDep) -> SubsidyRun:
    """Lock a reviewed run: its lines are posted and never change."""
    return await usecases.lock_run(session, run_id, caller=caller, at=utc_now())


@router.post(
    "/{run_id}/discard",
    response_model=SubsidyRunOut,
    responses=problems(SubsidyRunNotFound, SubsidyRunStateUnfit),
)
async def discard_subsidy_run(run_id: UUID, body: DiscardIn, caller: BureauDep, session: SessionDep) -> SubsidyRun:
    """Discard a run that is not locked, to compute it again."""
    return await usecases.discard_run(session, run_id, reason=body.reason, at=utc_now())


@router.get("/{run_id}/lines", response_model=Page[SubsidyLineOut], responses=problems(SubsidyRunNotFound))
async def list_subsidy_lines(
    request: Request,
    run_id: UUID,
    caller: ReaderDep,
    session: SessionDep,
    page: PageParams,
    school: UUID | None = None,
    programme: Programme | None = None,
) -> Response:
    """The lines of a run. Officers see those of their district, staff those of their school."""
    await queries.run(session, run_id)
    binding = {"run": run_id, "school": school, "programme": programme}
    (after,) = page.position(**binding) or (None,)
    statement = queries.lines_page(caller, run_id, school=school, programme=programme, after=after, limit=page.limit)
    return await fetch_page(request, statement, page, **binding)


@router.get("/{run_id}/schools", response_model=Page[SubsidySchoolOut], responses=problems(SubsidyRunNotFound))
async def list_subsidy_schools(
    request: Request, run_id: UUID, caller: ReaderDep, session: SessionDep, page: PageParams
) -> Response:
    """The sums of a run by school. Officers see those of their district, staff their own."""
    await queries.run(session, run_id)
    (after,) = page.position(run=run_id) or (None,)
    statement = queries.schools_page(caller, run_id, after=after, limit=page.limit)
    return await fetch_page(request, statement, page, run=run_id)


@router.get(
    "/{run_id}/export",
    response_class=Response,
    responses={
        200: {"content": {MEDIA_TYPE: {}}, "description": "The workbook."},
        **problems(SubsidyRunNotFound),
    },
)
async def export_subsidy_run(run_id: UUID, caller: FinanceDep, session: SessionDep) -> Response:
    """The run as a workbook for finance: lines, sums of schools, total, in fen."""
    await queries.run(session, run_id)
    content = await asyncio.to_thread(workbook_of, await queries.export_rows(session, run_id))
    headers = {"Content-Disposition": f'attachment; filename="subsidy-{run_id}.xlsx"'}
    return Response(content, media_type=MEDIA_TYPE, headers=headers)
