"""`/v1/management-shortfalls`."""

from datetime import date, datetime
from typing import Annotated
from uuid import UUID

from fastapi import Query, Request, Response
from pydantic import BaseModel, ConfigDict

from services.afterschool.quality.shortfalls import queries, usecases
from services.afterschool.quality.shortfalls.domain import (
    FoundBy,
    Shortfall,
    ShortfallNotFound,
    ShortfallNotOpen,
    ShortfallState,
)
from services.afterschool.rulebook.managements.domain import Management
from shared.domain.clock import utc_now
from shared.domain.wording import KEY, Day, Reason
from shared.http.paging import Page, PageParams
from shared.http.policies import Principal, allow
from shared.http.reads import fetch_page
from shared.http.web import SessionDep, problems, service_router

router = service_router(prefix="/v1/management-shortfalls", tags=["managements"])

ReaderDep = Annotated[Principal, allow("bureau", "district_officer", "school_staff", "auditor", "service")]
KeeperDep = Annotated[Principal, allow("bureau", "district_officer")]


class ClosureIn(BaseModel):
    """What the official saw."""

    model_config = ConfigDict(extra="forbid")

    note: Reason


class ShortfallOut(BaseModel):
    """A shortfall of a school: the questions of the rule on which it falls short, and the day by which to make it
    good."""

    model_config = ConfigDict(from_attributes=True)

    id: UUID
    version: int
    declaration_id: UUID
    school_id: UUID
    term: str
    management: Management
    questions: list[str]
    found_by: FoundBy
    state: ShortfallState
    found_at: datetime
    due_on: date
    closed_at: datetime | None
    closing_note: str | None


@router.get("", response_model=Page[ShortfallOut])
async def list_shortfalls(
    request: Request,
    caller: ReaderDep,
    page: PageParams,
    school: UUID | None = None,
    term: Annotated[str | None, KEY, Query(max_length=100)] = None,
    management: Management | None = None,
    state: ShortfallState | None = None,
    due_before: Annotated[Day | None, Query(description="Only those due before this day.")] = None,
) -> Response:
    """Shortfalls in the order in which they were found. Staff see those of their school."""
    binding = {"school": school, "term": term, "management": management, "state": state, "due_before": due_before}
    (after,) = page.position(**binding) or (None,)
    statement = queries.shortfalls_page(
        caller,
        school=school,
        term=term,
        management=management,
        state=state,
        due_before=due_before,
        after=after,
        limit=page.limit,
    )
    return await fetch_page(request, statement, page, **binding)


@router.get("/{shortfall_id}", response_model=ShortfallOut, responses=problems(ShortfallNotFound))
async def get_shortfall(shortfall_id: UUID, caller: ReaderDep, session: SessionDep) -> Shortfall:
    """One shortfall."""
    return await queries.shortfall(session, shortfall_id, caller)


@router.post(
    "/{shortfall_id}/closure",
    response_model=ShortfallOut,
    responses=problems(ShortfallNotFound, ShortfallNotOpen),
)
async def close_shortfall(shortfall_id: UUID, body: ClosureIn, caller: KeeperDep, session: SessionDep) -> Shortfall:
    """Close a shortfall that the school has made good, also after its deadline."""
    return await usecases.close_shortfall(session, shortfall_id, body.note, caller=caller, at=utc_now())
