"""`/v1/classes`."""

from typing import Annotated
from uuid import UUID

from fastapi import Query, Request, Response, status
from pydantic import BaseModel, ConfigDict

from services.afterschool.roster.classes import queries, usecases
from services.afterschool.roster.classes.domain import (
    ClassCodeTaken,
    ClassDetails,
    ClassNotFound,
    GradeNotTaught,
    SchoolClass,
)
from services.afterschool.roster.schools.domain import SchoolNotFound
from shared.domain.clock import utc_now
from shared.domain.wording import NUMBER
from shared.http.paging import Page, PageParams
from shared.http.policies import Principal, allow
from shared.http.reads import fetch_page
from shared.http.web import SessionDep, problems, service_router

router = service_router(prefix="/v1/classes", tags=["schools"])

ReaderDep = Annotated[Principal, allow("bureau", "district_officer", "school_staff", "auditor", "service")]
KeeperDep = Annotated[Principal, allow("bureau", "district_officer", "school_staff")]


class ClassIn(ClassDetails):
    """A class to form."""

    school_id: UUID


class ClassOut(BaseModel):
    """A class of one school year."""

    model_config = ConfigDict(from_attributes=True)

    id: UUID
    version: int
    school_id: UUID
    school_year: int
    code: str
    name: str
    grade: int


@router.post(
    "",
    status_code=status.HTTP_201_CREATED,
    response_model=ClassOut,
    responses=problems(SchoolNotFound, ClassCodeTaken, GradeNotTaught),
)
async def form_class(body: ClassIn, caller: KeeperDep, session: SessionDep, response: Response) -> SchoolClass:
    """Form a class of a school for one school year."""
    details = ClassDetails(**body.model_dump(exclude={"school_id"}))
    formed = await usecases.form_class(session, body.school_id, details, caller=caller, at=utc_now())
    response.headers["Location"] = f"/v1/classes/{formed.id}"
    return formed


@router.get("", response_model=Page[ClassOut])
async def list_classes(
    request: Request,
    caller: ReaderDep,
    page: PageParams,
    school: UUID | None = None,
    school_year: Annotated[int | None, NUMBER, Query(ge=2000, le=2099)] = None,
    grade: Annotated[int | None, NUMBER, Query(ge=1, le=9)] = None,
) -> Response:
    """Classes in the order in which they were formed."""
    binding = {"school": school, "school_year": school_year, "grade": grade}
    (after,) = page.position(**binding) or (None,)
    statement = queries.classes_page(
        caller, school=school, school_year=school_year, grade=grade, after=after, limit=page.limit
    )
    return await fetch_page(request, statement, page, **binding)


@router.get("/{class_id}", response_model=ClassOut, responses=problems(ClassNotFound))
async def get_class(class_id: UUID, caller: ReaderDep, session: SessionDep) -> object:
    """One class."""
    found, _ = await queries.school_class(session, class_id, caller)
    return found
