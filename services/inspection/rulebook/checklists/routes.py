"""`/v1/checklists`."""

from datetime import date, datetime
from typing import Annotated
from uuid import UUID

from fastapi import Query, Response, status
from pydantic import BaseModel, ConfigDict

from services.inspection.rulebook.checklists import queries, usecases
from services.inspection.rulebook.checklists.domain import (
    Checklist,
    ChecklistBeforeOutdated,
    ChecklistBeginsPast,
    ChecklistContent,
    ChecklistEndsAlready,
    ChecklistNotFound,
    ChecklistOffenceUnknown,
    ChecklistOverlaps,
)
from services.inspection.rulebook.checklists.questions import Question
from shared.domain.clock import utc_now
from shared.domain.dated import LaterVersionStands, MayBeWithdrawn, WithdrawalIn, WithdrawalTooLate, Withdrawn
from shared.domain.wording import KEY, Day, Reason
from shared.facts.versions import place, versions
from shared.http.paging import Page, PageOf, PageParams
from shared.http.policies import Principal, allow
from shared.http.web import SessionDep, problems, service_router

router = service_router(prefix="/v1/checklists", tags=["checklists"])

ReaderDep = Annotated[Principal, allow("bureau", "district_officer", "inspector", "operator", "auditor", "service")]
BureauDep = Annotated[Principal, allow("bureau")]


class ChecklistIn(ChecklistContent):
    """A version of a checklist to put in force. The earlier version ends the day before."""


class RetirementIn(BaseModel):
    """The last day of a version, and why it ends."""

    model_config = ConfigDict(extra="forbid")

    valid_to: Day
    reason: Reason


class ChecklistOut(MayBeWithdrawn):
    """One version of a checklist. `version` counts its facts and is its ETag."""

    model_config = ConfigDict(from_attributes=True)

    id: UUID
    version: int
    code: str
    title: str
    questions: list[Question]
    source: str
    valid_from: date
    valid_to: date | None
    enacted_at: datetime


@router.post(
    "",
    status_code=status.HTTP_201_CREATED,
    response_model=ChecklistOut,
    responses=problems(ChecklistOverlaps, ChecklistBeginsPast, ChecklistOffenceUnknown),
)
async def enact_checklist(body: ChecklistIn, caller: BureauDep, session: SessionDep, response: Response) -> Checklist:
    """Put a version of a checklist in force from a day on. Visits under way keep the version they use."""
    checklist = await usecases.enact_checklist(session, body, at=utc_now())
    response.headers["Location"] = f"/v1/checklists/{checklist.id}"
    return checklist


@router.get("", response_model=Page[ChecklistOut])
async def list_checklists(
    caller: ReaderDep,
    session: SessionDep,
    page: PageParams,
    code: Annotated[str | None, KEY, Query(max_length=100)] = None,
    on: Annotated[Day | None, Query(description="Only versions in force on this day.")] = None,
) -> PageOf[Checklist]:
    """Checklists by code and first day. Institutions may read them too."""
    binding = {"code": code, "on": on}
    after = place(page.position(**binding))
    found = await versions(session, Checklist, code=code, on=on, after=after, limit=page.limit + 1)
    return page.page(found, "code", "valid_from", "id", **binding)


@router.get(
    "/{checklist_id}",
    response_model=ChecklistOut,
    responses=problems(ChecklistNotFound),
)
async def get_checklist(checklist_id: UUID, caller: ReaderDep, session: SessionDep) -> object:
    """One version of a checklist, with its ETag."""
    return await queries.checklist(session, checklist_id)


@router.post(
    "/{checklist_id}/retirement",
    response_model=ChecklistOut,
    responses=problems(ChecklistNotFound, ChecklistBeginsPast, ChecklistEndsAlready, Withdrawn),
)
async def retire_checklist(checklist_id: UUID, body: RetirementIn, caller: BureauDep, session: SessionDep) -> Checklist:
    """Give a version its last day."""
    return await usecases.retire_checklist(
        session, checklist_id, valid_to=body.valid_to, reason=body.reason, at=utc_now()
    )


@router.post(
    "/{checklist_id}/withdrawal",
    response_model=ChecklistOut,
    responses=problems(ChecklistNotFound, Withdrawn, WithdrawalTooLate, LaterVersionStands, ChecklistBeforeOutdated),
)
async def withdraw_checklist(
    checklist_id: UUID, body: WithdrawalIn, caller: BureauDep, session: SessionDep
) -> Checklist:
    """Withdraw a version before its first day, or on it if it was enacted that day. The one before stays in force."""
    return await usecases.withdraw_checklist(session, checklist_id, reason=body.reason, by=caller.subject, at=utc_now())
