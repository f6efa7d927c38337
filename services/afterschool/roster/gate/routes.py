"""`/v1/students/{id}/identity` and its log, and `/v1/access-requests`."""

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated
from uuid import UUID

from fastapi import Query, Response, status
from pydantic import BaseModel, ConfigDict

from services.afterschool.roster.doors import SealerDep
from services.afterschool.roster.gate import usecases
from services.afterschool.roster.gate.domain import (
    AccessRequest,
    ApprovalDecided,
    ApprovalMissing,
    ApprovalNotFound,
    ConsentMissing,
    IdentityErased,
    IdentityRead,
    OwnRequest,
    Purpose,
    PurposeNotYours,
)
from services.afterschool.roster.people.domain import Identity
from services.afterschool.roster.schools.domain import SchoolNotFound
from services.afterschool.roster.students.domain import StudentNotFound
from shared.domain.clock import utc_now
from shared.domain.wording import NUMBER, Reason
from shared.http.idempotency import PersonalData
from shared.http.policies import Principal, allow
from shared.http.web import SessionDep, problems, service_router

router = service_router(prefix="/v1/students", tags=["students"])
requests = service_router(prefix="/v1/access-requests", tags=["students"])

ReaderDep = Annotated[Principal, allow("bureau", "district_officer", "school_staff", "guardian", "auditor")]
OutsiderDep = Annotated[Principal, allow("bureau", "district_officer", "auditor")]
DeciderDep = Annotated[Principal, allow("bureau", "district_officer", "school_staff")]
AuditorDep = Annotated[Principal, allow("bureau", "district_officer", "school_staff", "auditor")]
GuardianDep = Annotated[Principal, allow("guardian")]


class IdentityOut(PersonalData):
    """A child's identity."""

    model_config = ConfigDict(from_attributes=True)

    name: str
    number: str | None
    phone: str | None


class IdentityReadOut(BaseModel):
    """One read of a child's identity: who, in which roles, for what, and why the reader was let in."""

    model_config = ConfigDict(from_attributes=True)

    reader: str
    roles: str
    purpose: Purpose
    door: str
    at: datetime


class IdentityReadsOut(BaseModel):
    """The newest reads first."""

    model_config = ConfigDict(from_attributes=True)

    items: list[IdentityReadOut]


class ConsentIn(BaseModel):
    """Whether the guardian consents."""

    model_config = ConfigDict(extra="forbid")

    given: bool


class ConsentOut(BaseModel):
    """Whether a guardian consents to a purpose now."""

    student_id: UUID
    purpose: Purpose
    given: bool


class AccessRequestIn(BaseModel):
    """Whose identities are to be read, and why; without `student_id` those of all pupils of the school."""

    model_config = ConfigDict(extra="forbid")

    school_id: UUID
    student_id: UUID | None = None
    purpose: Purpose
    reason: Reason


class AccessDecisionIn(BaseModel):
    """Whether access is approved."""

    model_config = ConfigDict(extra="forbid")

    approved: bool


class AccessRequestOut(BaseModel):
    """A request for access. An approval expires after seven days."""

    model_config = ConfigDict(from_attributes=True)

    id: UUID
    school_id: UUID
    student_id: UUID | None
    requester: str
    purpose: Purpose
    reason: str
    requested_at: datetime
    decided_by: str | None
    decided_at: datetime | None
    approved: bool | None
    expires_at: datetime | None


class AccessRequestsOut(BaseModel):
    """The newest requests first."""

    model_config = ConfigDict(from_attributes=True)

    items: list[AccessRequestOut]


@router.get(
    "/{student_id}/identity",
    response_model=IdentityOut,
    responses=problems(StudentNotFound, PurposeNotYours, ApprovalMissing, ConsentMissing, IdentityErased),
)
async def read_identity(
    student_id: UUID, purpose: Purpose, caller: ReaderDep, session: SessionDep, sealer: SealerDep, response: Response
) -> Identity:
    """Read a child's identity for a purpose. Every read is logged, and guardians can see the log."""
    response.headers["Cache-Control"] = "no-store"
    return await usecases.read_identity(
        session, student_id, purpose=purpose, sealer=sealer, caller=caller, at=utc_now()
    )


@router.get("/{student_id}/identity-reads", response_model=IdentityReadsOut, responses=problems(StudentNotFound))
async def list_identity_reads(
    student_id: UUID,
    caller: ReaderDep,
    session: SessionDep,
    limit: Annotated[int, NUMBER, Query(ge=1, le=200)] = 100,
) -> dict[str, Sequence[IdentityRead]]:
    """Who has read a child's identity, when and for what."""
    return {"items": await usecases.identity_reads(session, student_id, caller, limit=limit, at=utc_now())}


@router.put("/{student_id}/consents/{purpose}", response_model=ConsentOut, responses=problems(StudentNotFound))
async def set_consent(
    student_id: UUID, purpose: Purpose, body: ConsentIn, caller: GuardianDep, session: SessionDep
) -> ConsentOut:
    """Give or withdraw consent to a purpose, as the child's guardian."""
    await usecases.set_consent(session, student_id, purpose, given=body.given, caller=caller, at=utc_now())
    return ConsentOut(student_id=student_id, purpose=purpose, given=body.given)


@requests.post(
    "",
    status_code=status.HTTP_201_CREATED,
    response_model=AccessRequestOut,
    responses=problems(SchoolNotFound, StudentNotFound, PurposeNotYours),
)
async def ask_for_access(body: AccessRequestIn, caller: OutsiderDep, session: SessionDep) -> AccessRequest:
    """Ask to read identities of a school's pupils. Another person decides."""
    return await usecases.ask_for_access(
        session,
        body.school_id,
        body.student_id,
        purpose=body.purpose,
        reason=body.reason,
        caller=caller,
        at=utc_now(),
    )


@requests.get("", response_model=AccessRequestsOut, responses=problems(SchoolNotFound))
async def list_access_requests(
    school: UUID,
    caller: AuditorDep,
    session: SessionDep,
    limit: Annotated[int, NUMBER, Query(ge=1, le=200)] = 100,
) -> dict[str, Sequence[AccessRequest]]:
    """Requests for access to identities of a school's pupils."""
    return {"items": await usecases.access_requests(session, school, caller, limit=limit)}


@requests.post(
    "/{request_id}/decision",
    response_model=AccessRequestOut,
    responses=problems(ApprovalNotFound, ApprovalDecided, OwnRequest),
)
async def decide_access(
    request_id: UUID, body: AccessDecisionIn, caller: DeciderDep, session: SessionDep
) -> AccessRequest:
    """Approve or refuse a request for access. The requester cannot decide it."""
    return await usecases.decide_access(session, request_id, approved=body.approved, caller=caller, at=utc_now())
