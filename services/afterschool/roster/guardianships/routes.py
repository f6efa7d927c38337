"""`/v1/guardianships`, and those of one student."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Annotated
from uuid import UUID

from fastapi import Response, status
from pydantic import BaseModel, ConfigDict

from services.afterschool.roster.doors import SealerDep
from services.afterschool.roster.guardianships import queries, usecases
from services.afterschool.roster.guardianships.domain import (
    AlreadyGuardian,
    CodeNotValid,
    GuardianBarred,
    GuardianEntered,
    Guardianship,
    GuardianshipDetails,
    GuardianshipNotFound,
    Relation,
)
from services.afterschool.roster.people.domain import Identity
from services.afterschool.roster.students.domain import StudentNotFound
from shared.domain.clock import utc_now
from shared.domain.wording import Key, Line, Phone, Reason
from shared.http.idempotency import PersonalData
from shared.http.policies import Principal, allow
from shared.http.web import SessionDep, problems, service_router

router = service_router(prefix="/v1/guardianships", tags=["students"])
of_student = service_router(prefix="/v1/students", tags=["students"])

KeeperDep = Annotated[Principal, allow("bureau", "district_officer", "school_staff")]
ReaderDep = Annotated[Principal, allow("bureau", "district_officer", "school_staff", "guardian", "auditor")]
GuardianDep = Annotated[Principal, allow("guardian")]


class GuardianshipIn(GuardianshipDetails):
    """A guardian to enter. Name and phone are stored encrypted."""

    student_id: UUID
    name: Line | None = None
    phone: Phone | None = None


class GuardianshipPut(GuardianshipDetails):
    """What the guardian may do from now on, and why."""

    reason: Reason


class GuardianshipOut(BaseModel):
    """A guardianship. `proven` says whether the guardian has used a code."""

    model_config = ConfigDict(from_attributes=True)

    id: UUID
    version: int
    student_id: UUID
    relation: Relation
    may_act: bool
    may_see: bool
    barred: bool
    valid_from: date
    valid_to: date | None
    origin: str
    proven_at: datetime | None


class GuardianshipsOut(BaseModel):
    """The guardianships of one student."""

    model_config = ConfigDict(from_attributes=True)

    items: list[GuardianshipOut]


class CodeOut(PersonalData):
    """A one-time code. It is shown this once only."""

    code: str
    expires_at: datetime


class CodeIn(BaseModel):
    """A code that the school gave to a guardian."""

    model_config = ConfigDict(extra="forbid")

    code: Key


@router.post(
    "",
    status_code=status.HTTP_201_CREATED,
    response_model=GuardianshipOut,
    responses=problems(StudentNotFound, GuardianEntered),
)
async def enter_guardianship(
    body: GuardianshipIn, caller: KeeperDep, session: SessionDep, sealer: SealerDep, response: Response
) -> Guardianship:
    """Enter a guardian of a pupil."""
    details = GuardianshipDetails(**body.model_dump(exclude={"student_id", "name", "phone"}))
    identity = None if body.name is None else Identity(body.name, phone=body.phone)
    entered = await usecases.enter_guardianship(
        session, body.student_id, details, identity, sealer=sealer, caller=caller, at=utc_now()
    )
    response.headers["Location"] = f"/v1/students/{entered.student_id}/guardianships"
    return entered


@router.put("/{guardianship_id}", response_model=GuardianshipOut, responses=problems(GuardianshipNotFound))
async def change_guardianship(
    guardianship_id: UUID, body: GuardianshipPut, caller: KeeperDep, session: SessionDep
) -> Guardianship:
    """Change, limit, bar or end a guardianship. A later roster file does not change it back."""
    details = GuardianshipDetails(**body.model_dump(exclude={"reason"}))
    return await usecases.change_guardianship(
        session, guardianship_id, details, reason=body.reason, caller=caller, at=utc_now()
    )


@router.post(
    "/{guardianship_id}/code",
    status_code=status.HTTP_201_CREATED,
    response_model=CodeOut,
    responses=problems(GuardianshipNotFound),
)
async def give_code(
    guardianship_id: UUID, caller: KeeperDep, session: SessionDep, sealer: SealerDep, response: Response
) -> CodeOut:
    """Make a one-time code for the guardian. It ends an older code."""
    code, expires_at = await usecases.give_code(session, guardianship_id, sealer=sealer, caller=caller, at=utc_now())
    response.headers["Cache-Control"] = "no-store"
    return CodeOut(code=code, expires_at=expires_at)


@router.post(
    "/proof",
    response_model=GuardianshipOut,
    responses=problems(CodeNotValid, AlreadyGuardian, GuardianBarred),
)
async def prove_guardianship(body: CodeIn, caller: GuardianDep, session: SessionDep, sealer: SealerDep) -> Guardianship:
    """Prove that you are a child's guardian, with the code from the school."""
    return await usecases.prove_guardianship(session, body.code, sealer=sealer, caller=caller, at=utc_now())


@of_student.get("/{student_id}/guardianships", response_model=GuardianshipsOut, responses=problems(StudentNotFound))
async def list_guardianships(
    student_id: UUID, caller: ReaderDep, session: SessionDep
) -> dict[str, Sequence[Guardianship]]:
    """The guardianships of a pupil. A guardian sees their own only."""
    return {"items": await queries.guardianships_of(session, student_id, caller)}
