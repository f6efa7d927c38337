"""`/v1/schools`."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from fastapi import Query, Request, Response, status
from pydantic import BaseModel, ConfigDict

from services.afterschool.roster.schools import queries, usecases
from services.afterschool.roster.schools.domain import (
    OutsideYourDistrict,
    School,
    SchoolCodeTaken,
    SchoolDetails,
    SchoolNotFound,
    Stage,
)
from shared.domain.clock import utc_now
from shared.domain.wording import KEY
from shared.http.paging import Page, PageParams
from shared.http.policies import Principal, allow
from shared.http.reads import fetch_page
from shared.http.web import SessionDep, problems, service_router

router = service_router(prefix="/v1/schools", tags=["schools"])

ReaderDep = Annotated[Principal, allow("bureau", "district_officer", "school_staff", "guardian", "auditor", "service")]
KeeperDep = Annotated[Principal, allow("bureau", "district_officer")]


class SchoolIn(SchoolDetails):
    """A school that takes part in after-school service."""


class SchoolOut(BaseModel):
    """A school."""

    model_config = ConfigDict(from_attributes=True)

    id: UUID
    version: int
    code: str
    name: str
    stage: Stage
    district: str
    street: str | None
    registered_at: datetime


@router.post(
    "",
    status_code=status.HTTP_201_CREATED,
    response_model=SchoolOut,
    responses=problems(SchoolCodeTaken, OutsideYourDistrict),
)
async def register_school(body: SchoolIn, caller: KeeperDep, session: SessionDep, response: Response) -> School:
    """Register a school."""
    school = await usecases.register_school(session, body, caller=caller, at=utc_now())
    response.headers["Location"] = f"/v1/schools/{school.id}"
    return school


@router.get("", response_model=Page[SchoolOut])
async def list_schools(
    request: Request,
    caller: ReaderDep,
    page: PageParams,
    district: Annotated[str | None, KEY, Query(max_length=20)] = None,
    stage: Stage | None = None,
) -> Response:
    """Schools in the order of registration. Guardians see all schools, staff their own."""
    binding = {"district": district, "stage": stage}
    (after,) = page.position(**binding) or (None,)
    statement = queries.schools_page(caller, district=district, stage=stage, after=after, limit=page.limit)
    return await fetch_page(request, statement, page, **binding)


@router.get(
    "/{school_id}",
    response_model=SchoolOut,
    responses=problems(SchoolNotFound),
)
async def get_school(school_id: UUID, caller: ReaderDep, session: SessionDep) -> object:
    """One school."""
    return await queries.school(session, school_id, caller)
