"""`/v1/teachers`."""

from datetime import date
from typing import Annotated
from uuid import UUID

from fastapi import Request, Response, status
from pydantic import BaseModel, ConfigDict

from services.afterschool.roster.doors import SealerDep
from services.afterschool.roster.people.domain import Identity, PersonNumberTaken, PersonReferenceTaken
from services.afterschool.roster.schools.domain import SchoolNotFound
from services.afterschool.roster.teachers import queries, usecases
from services.afterschool.roster.teachers.domain import Teacher, TeacherHasLeft, TeacherNotFound
from shared.domain.clock import utc_now
from shared.domain.wording import Day, Key, Line, Phone
from shared.http.paging import Page, PageParams
from shared.http.policies import Principal, allow
from shared.http.reads import fetch_page
from shared.http.web import SessionDep, problems, service_router

router = service_router(prefix="/v1/teachers", tags=["schools"])

ReaderDep = Annotated[Principal, allow("bureau", "district_officer", "school_staff", "auditor", "service")]
KeeperDep = Annotated[Principal, allow("bureau", "district_officer", "school_staff")]


class TeacherIn(BaseModel):
    """A teacher to register. Name, number and phone are stored encrypted."""

    model_config = ConfigDict(extra="forbid")

    school_id: UUID
    name: Line
    number: Key | None = None
    phone: Phone | None = None
    reference: Key | None = None
    valid_from: Day


class TeacherDepartureIn(BaseModel):
    """`left_on` is the first day on which the teacher no longer belongs to the school."""

    model_config = ConfigDict(extra="forbid")

    left_on: Day


class TeacherOut(BaseModel):
    """A teacher by pseudonym, who belongs to the school on the days `[valid_from, valid_to)`."""

    model_config = ConfigDict(from_attributes=True)

    id: UUID
    version: int
    school_id: UUID
    valid_from: date
    valid_to: date | None


@router.post(
    "",
    status_code=status.HTTP_201_CREATED,
    response_model=TeacherOut,
    responses=problems(SchoolNotFound, PersonNumberTaken, PersonReferenceTaken),
)
async def register_teacher(
    body: TeacherIn, caller: KeeperDep, session: SessionDep, sealer: SealerDep, response: Response
) -> Teacher:
    """Register a teacher of a school."""
    identity = Identity(body.name, body.number, body.phone, body.reference)
    teacher = await usecases.register_teacher(
        session, body.school_id, identity, sealer=sealer, on=body.valid_from, caller=caller, at=utc_now()
    )
    response.headers["Location"] = f"/v1/teachers/{teacher.id}"
    return teacher


@router.get("", response_model=Page[TeacherOut])
async def list_teachers(request: Request, caller: ReaderDep, page: PageParams, school: UUID | None = None) -> Response:
    """Teachers by pseudonymous id."""
    binding = {"school": school}
    (after,) = page.position(**binding) or (None,)
    statement = queries.teachers_page(caller, school=school, after=after, limit=page.limit)
    return await fetch_page(request, statement, page, **binding)


@router.get("/{teacher_id}", response_model=TeacherOut, responses=problems(TeacherNotFound))
async def get_teacher(teacher_id: UUID, caller: ReaderDep, session: SessionDep) -> object:
    """One teacher by pseudonymous id."""
    found, _ = await queries.teacher(session, teacher_id, caller)
    return found


@router.post("/{teacher_id}/departure", response_model=TeacherOut, responses=problems(TeacherNotFound, TeacherHasLeft))
async def let_teacher_go(teacher_id: UUID, body: TeacherDepartureIn, caller: KeeperDep, session: SessionDep) -> Teacher:
    """Record that a teacher leaves the school."""
    return await usecases.let_teacher_go(session, teacher_id, on=body.left_on, caller=caller, at=utc_now())
