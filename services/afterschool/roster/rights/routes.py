"""`PUT /v1/students/{id}/identity` and `POST /v1/students/{id}/erasure`."""

from typing import Annotated
from uuid import UUID

from pydantic import BaseModel, ConfigDict

from services.afterschool.roster.doors import SealerDep
from services.afterschool.roster.gate.domain import IdentityErased
from services.afterschool.roster.people.domain import PersonNumberTaken
from services.afterschool.roster.rights import usecases
from services.afterschool.roster.rights.domain import KEPT, IdentityNeeded
from services.afterschool.roster.students.domain import StudentNotFound, StudentNumberMalformed
from shared.domain.clock import utc_now
from shared.domain.wording import Key, Line, Phone, Reason
from shared.http.policies import Principal, allow
from shared.http.web import SessionDep, problems, service_router

router = service_router(prefix="/v1/students", tags=["students"])

KeeperDep = Annotated[Principal, allow("bureau", "district_officer", "school_staff")]
EraserDep = Annotated[Principal, allow("bureau", "district_officer", "school_staff", "guardian")]


class IdentityCorrectionIn(BaseModel):
    """What is corrected, and why; what is left out stays."""

    model_config = ConfigDict(extra="forbid")

    name: Line | None = None
    number: Key | None = None
    phone: Phone | None = None
    reason: Reason


class IdentityCorrectionOut(BaseModel):
    """The pupil whose identity was corrected."""

    student_id: UUID


class KeptOut(BaseModel):
    """Something that stays, and why."""

    what: str
    zh: str
    en: str


class ErasureOut(BaseModel):
    """The identity is erased; `kept` stays, by pseudonym."""

    student_id: UUID
    kept: list[KeptOut]


@router.put(
    "/{student_id}/identity",
    response_model=IdentityCorrectionOut,
    responses=problems(StudentNotFound, IdentityErased, StudentNumberMalformed, PersonNumberTaken),
)
async def correct_identity(
    student_id: UUID, body: IdentityCorrectionIn, caller: KeeperDep, session: SessionDep, sealer: SealerDep
) -> IdentityCorrectionOut:
    """Correct a pupil's name, number or phone."""
    await usecases.correct_identity(
        session, student_id, **body.model_dump(), sealer=sealer, caller=caller, at=utc_now()
    )
    return IdentityCorrectionOut(student_id=student_id)


@router.post("/{student_id}/erasure", response_model=ErasureOut, responses=problems(StudentNotFound, IdentityNeeded))
async def erase_identity(student_id: UUID, caller: EraserDep, session: SessionDep) -> ErasureOut:
    """Erase the identity of a child who has left, and of its guardians. The answer says what stays and why."""
    await usecases.erase_identity(session, student_id, caller=caller, at=utc_now())
    kept = [KeptOut(what=what, zh=zh, en=en) for what, (zh, en) in KEPT.items()]
    return ErasureOut(student_id=student_id, kept=kept)
