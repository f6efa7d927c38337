"""`/v1/imports/{id}/missing`: pupils whom a roster leaves out, and the decision to let them go."""

from typing import Annotated
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from services.afterschool.stories.rosters import missing
from services.afterschool.stories.rosters.missing import RosterNotFound, TooManyMissing
from shared.domain.clock import utc_now
from shared.domain.wording import Day, Reason
from shared.http.policies import Principal, allow
from shared.http.web import SessionDep, problems, service_router

router = service_router(prefix="/v1/imports", tags=["imports"])

ReaderDep = Annotated[Principal, allow("bureau", "district_officer", "auditor")]
DeciderDep = Annotated[Principal, allow("bureau", "district_officer")]


class MissingOut(BaseModel):
    """The pupils of a school whom the file leaves out. More than 5 % of all `pupils` need a confirmation."""

    model_config = ConfigDict(from_attributes=True)

    school_id: UUID
    pupils: int
    missing: list[UUID]
    needs_confirmation: bool


class MissingListOut(BaseModel):
    """The schools of the file from which pupils are missing."""

    model_config = ConfigDict(from_attributes=True)

    items: list[MissingOut]


class DeparturesIn(BaseModel):
    """When and why the missing pupils leave; `confirmed` are the schools that lose more than 5 %."""

    model_config = ConfigDict(extra="forbid")

    left_on: Day
    reason: Reason
    confirmed: Annotated[list[UUID], Field(max_length=10_000)] = []


class DeparturesOut(BaseModel):
    """How many pupils left."""

    students: int


@router.get("/{import_id}/missing", response_model=MissingListOut, responses=problems(RosterNotFound))
async def list_missing(import_id: UUID, caller: ReaderDep, session: SessionDep) -> object:
    """The pupils whom a roster leaves out. The file removed none of them."""
    return {"items": await missing.missing_from(session, import_id, caller)}


@router.post(
    "/{import_id}/departures", response_model=DeparturesOut, responses=problems(RosterNotFound, TooManyMissing)
)
async def let_missing_go(import_id: UUID, body: DeparturesIn, caller: DeciderDep, session: SessionDep) -> DeparturesOut:
    """Record that the pupils who are missing from the roster leave their schools."""
    students = await missing.let_missing_go(
        session,
        import_id,
        confirmed=body.confirmed,
        on=body.left_on,
        reason=body.reason,
        caller=caller,
        at=utc_now(),
    )
    return DeparturesOut(students=students)
