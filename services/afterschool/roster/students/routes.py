"""`/v1/students`."""

from datetime import date
from typing import Annotated
from uuid import UUID

from fastapi import Request, Response, status
from pydantic import BaseModel, ConfigDict

from services.afterschool.roster.classes.domain import ClassNotFound
from services.afterschool.roster.doors import SealerDep
from services.afterschool.roster.people.domain import Identity, PersonNumberTaken, PersonReferenceTaken
from services.afterschool.roster.schools.reach import reaches
from services.afterschool.roster.students import queries, usecases
from services.afterschool.roster.students.domain import (
    Group,
    Pupil,
    StudentNotFound,
    StudentNumberMalformed,
)
from shared.domain.clock import china_date, utc_now
from shared.domain.wording import Day, Key, Line, Phone, Reason
from shared.http.idempotency import PersonalData
from shared.http.paging import Page, PageParams
from shared.http.policies import Principal, allow
from shared.http.reads import fetch_page
from shared.http.web import SessionDep, problems, service_router

router = service_router(prefix="/v1/students", tags=["students"])

ReaderDep = Annotated[Principal, allow("bureau", "district_officer", "school_staff", "guardian", "auditor", "service")]
KeeperDep = Annotated[Principal, allow("bureau", "district_officer", "school_staff")]


class StudentIn(BaseModel):
    """A pupil to admit. `number` is the 学籍号; name, number and phone are stored encrypted."""

    model_config = ConfigDict(extra="forbid")

    class_id: UUID
    name: Line
    number: Key | None = None
    phone: Phone | None = None
    reference: Key | None = None
    valid_from: Day


class GroupIn(BaseModel):
    """Whether the pupil belongs to the group from `since` on."""

    model_config = ConfigDict(extra="forbid")

    belongs: bool
    since: Day
    reason: Reason | None = None


class GroupsOut(PersonalData):
    """The groups of a pupil on the day named, in the published order; the first one counts."""

    groups: list[Group]


class StudentOut(BaseModel):
    """A pupil by pseudonym, with the newest membership: the days `[valid_from, valid_to)`."""

    id: UUID
    version: int
    school_id: UUID
    class_id: UUID
    grade: int
    valid_from: date
    valid_to: date | None

    @classmethod
    def of(cls, pupil: Pupil) -> "StudentOut":
        membership = pupil.membership
        return cls(
            id=pupil.student.id,
            version=pupil.student.version,
            school_id=membership.school_id,
            class_id=membership.class_id,
            grade=membership.grade,
            valid_from=membership.valid_from,
            valid_to=membership.valid_to,
        )


@router.post(
    "",
    status_code=status.HTTP_201_CREATED,
    response_model=StudentOut,
    responses=problems(ClassNotFound, PersonNumberTaken, PersonReferenceTaken, StudentNumberMalformed),
)
async def admit_student(
    body: StudentIn, caller: KeeperDep, session: SessionDep, sealer: SealerDep, response: Response
) -> StudentOut:
    """Admit a pupil to a class. The answer has no name: from here on the pupil is a pseudonymous id."""
    identity = Identity(body.name, body.number, body.phone, body.reference)
    pupil = await usecases.admit_student(
        session, body.class_id, identity, sealer=sealer, on=body.valid_from, caller=caller, at=utc_now()
    )
    response.headers["Location"] = f"/v1/students/{pupil.student.id}"
    return StudentOut.of(pupil)


@router.get("", response_model=Page[StudentOut])
async def list_students(
    request: Request,
    caller: ReaderDep,
    page: PageParams,
    school: UUID | None = None,
    class_id: UUID | None = None,
) -> Response:
    """Pupils by pseudonymous id. Guardians see their own children, staff the pupils of their school."""
    binding = {"school": school, "class": class_id}
    (after,) = page.position(**binding) or (None,)
    today = china_date(utc_now())
    statement = queries.students_page(
        caller, school=school, school_class=class_id, on=today, after=after, limit=page.limit
    )
    return await fetch_page(request, statement, page, **binding)


@router.get("/{student_id}", response_model=StudentOut, responses=problems(StudentNotFound))
async def get_student(student_id: UUID, caller: ReaderDep, session: SessionDep) -> StudentOut:
    """One pupil by pseudonymous id."""
    pupil = await queries.pupil(session, student_id)
    own = "guardian" in caller.roles and await queries.is_guarded(
        session, student_id, caller.subject, china_date(utc_now())
    )
    if not own and not reaches(caller, pupil.school):
        raise StudentNotFound
    return StudentOut.of(pupil)


@router.put(
    "/{student_id}/groups/{group}",
    response_model=GroupsOut,
    responses=problems(StudentNotFound),
)
async def set_group(student_id: UUID, group: Group, body: GroupIn, caller: KeeperDep, session: SessionDep) -> GroupsOut:
    """Confirm that a pupil belongs to a group for whom seats are reserved, or no longer does."""
    await usecases.set_group(
        session, student_id, group, belongs=body.belongs, on=body.since, reason=body.reason, caller=caller
    )
    await session.flush()
    return GroupsOut(groups=list(await queries.groups_on(session, student_id, body.since)))
