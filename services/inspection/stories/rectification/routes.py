"""`/v1/violations`: rectification and verification."""

from typing import Annotated
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from services.inspection.findings.evidence.domain import EvidenceUnfit
from services.inspection.findings.violations.domain import (
    VerificationUnexplained,
    Violation,
    ViolationNotFound,
    ViolationNotRectified,
    ViolationNotUnderOrder,
)
from services.inspection.findings.violations.routes import ViolationOut
from services.inspection.stories.rectification import usecases
from shared.domain.clock import utc_now
from shared.domain.wording import Paragraph
from shared.http.policies import Principal, allow
from shared.http.web import SessionDep, problems, service_router

router = service_router(prefix="/v1/violations", tags=["violations"])


class RectificationIn(BaseModel):
    """How the violation was rectified, and the ids of its evidence."""

    model_config = ConfigDict(extra="forbid")

    statement: Paragraph
    evidence: Annotated[list[UUID], Field(max_length=50)] = Field(default_factory=list)


class VerificationIn(BaseModel):
    """Whether the rectification holds, and on what grounds."""

    model_config = ConfigDict(extra="forbid")

    holds: bool
    note: Paragraph | None = None


@router.post(
    "/{violation_id}/rectification",
    response_model=ViolationOut,
    responses=problems(ViolationNotFound, ViolationNotUnderOrder, EvidenceUnfit),
)
async def rectify_violation(
    violation_id: UUID,
    body: RectificationIn,
    caller: Annotated[Principal, allow("operator", "inspector")],
    session: SessionDep,
) -> Violation:
    """Report the rectification, as the operator or as an inspector on the operator's behalf. A re-visit is planned."""
    return await usecases.rectify_violation(
        session, violation_id, body.statement, evidence=body.evidence, caller=caller, at=utc_now()
    )


@router.post(
    "/{violation_id}/verification",
    response_model=ViolationOut,
    responses=problems(ViolationNotFound, ViolationNotRectified, VerificationUnexplained),
)
async def verify_violation(
    violation_id: UUID,
    body: VerificationIn,
    caller: Annotated[Principal, allow("inspector", "district_officer")],
    session: SessionDep,
) -> Violation:
    """Decide about a rectification without the re-visit, which is cancelled. If the rectification holds, the violation
    is closed, with the grounds in `note`; if not, its order is open again."""
    return await usecases.verify_violation(
        session, violation_id, holds=body.holds, note=body.note, caller=caller, at=utc_now()
    )
