"""`/v1/cases`: opening, reading, investigating. Rights and decisions are in the modules beside."""

from dataclasses import asdict
from typing import Annotated
from uuid import UUID

from fastapi import Query

from services.inspection.penalties.cases import queries
from services.inspection.penalties.cases.queries import CaseFilters
from services.inspection.penalties.cases.refusals import CaseNotFound
from services.inspection.penalties.cases.shapes import CaseOut, PartyCaseOut, as_read_by
from services.inspection.penalties.cases.states import CaseState
from shared.domain.wording import KEY
from shared.http.paging import Page, PageParams
from shared.http.policies import Principal, allow
from shared.http.reach import own_institution
from shared.http.web import SessionDep, problems, service_router

router = service_router(prefix="/v1/cases", tags=["cases"])

ReaderDep = Annotated[Principal, allow("bureau", "district_officer", "inspector", "operator", "auditor", "service")]
OfficialDep = Annotated[Principal, allow("bureau", "district_officer")]
InvestigatorDep = Annotated[Principal, allow("bureau", "district_officer", "inspector")]


@router.get("", response_model=Page[CaseOut] | Page[PartyCaseOut])
async def list_cases(
    caller: ReaderDep,
    session: SessionDep,
    page: PageParams,
    institution: UUID | None = None,
    violation: UUID | None = None,
    state: CaseState | None = None,
    offence: Annotated[str | None, KEY, Query(max_length=100)] = None,
) -> object:
    """Cases within the caller's reach, in the order of their filing. A party sees its case once it was notified."""
    filters = CaseFilters(institution, violation, state, offence)
    (after,) = page.position(**asdict(filters)) or (None,)
    found = await queries.cases(session, caller, filters, after=after, limit=page.limit + 1)
    shape = Page[CaseOut] if own_institution(caller) is None else Page[PartyCaseOut]
    return shape.model_validate(page.page(found, "id", **asdict(filters)))


@router.get(
    "/{case_id}",
    response_model=CaseOut | PartyCaseOut,
    responses=problems(CaseNotFound),
)
async def get_case(case_id: UUID, caller: ReaderDep, session: SessionDep) -> object:
    """One case, with its version as ETag. The party sees fewer fields than officials."""
    case = await queries.case(session, case_id, caller)
    return as_read_by(caller, case)
