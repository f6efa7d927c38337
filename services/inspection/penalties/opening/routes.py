"""`/v1/cases`: opening and investigation."""

from typing import Annotated
from uuid import UUID

from fastapi import Response, status
from pydantic import BaseModel, ConfigDict, Field

from services.inspection.findings.evidence.domain import EvidenceNotFound, EvidenceNotKept
from services.inspection.findings.violations.domain import ViolationNotFound, ViolationWithdrawnAlready
from services.inspection.penalties.cases.domain import Case
from services.inspection.penalties.cases.papers import Filing, Inquiry, Officers, Review
from services.inspection.penalties.cases.refusals import (
    ActsAfterFinding,
    ActsReversed,
    CaseNotFound,
    CaseOpenAlready,
    CaseStateRefuses,
    ExhibitsFull,
    IdentityNotShown,
    LimitationPassed,
    NoPenaltyBasis,
    OfficerRecused,
    OfficersMissing,
    PartyMissing,
    PreservedItemsUndecided,
    ReviewerInvolved,
)
from services.inspection.penalties.cases.shapes import CaseOut
from services.inspection.penalties.opening import usecases
from services.inspection.rulebook.offences.domain import OffenceUnknown
from shared.domain.clock import utc_now
from shared.domain.wording import Line, Reason
from shared.http.policies import Principal, allow
from shared.http.web import SessionDep, problems, service_router

router = service_router(prefix="/v1/cases", tags=["cases"])

OfficialDep = Annotated[Principal, allow("bureau", "district_officer")]
InvestigatorDep = Annotated[Principal, allow("bureau", "district_officer", "inspector")]
filings = service_router(prefix="/v1/violations", tags=["cases"])


class FilingIn(Filing):
    """The case to open: acts, party and officers."""


class OfficersIn(BaseModel):
    """The officers who handle the case from now on, and those recused."""

    model_config = ConfigDict(extra="forbid")

    officers: Officers
    recused: Annotated[list[Line], Field(max_length=20)] = Field(default_factory=list)
    reason: Reason


class InquiryIn(Inquiry):
    """An inquiry or an inspection of the scene, and its findings."""


class ExhibitsIn(BaseModel):
    """Ids of the evidence to add."""

    model_config = ConfigDict(extra="forbid")

    evidence: Annotated[list[UUID], Field(min_length=1, max_length=100)]


class LegalReviewIn(Review):
    """The caller's legal review."""


@filings.post(
    "/{violation_id}/case",
    status_code=status.HTTP_201_CREATED,
    response_model=CaseOut,
    responses=problems(
        ViolationNotFound,
        ViolationWithdrawnAlready,
        CaseOpenAlready,
        NoPenaltyBasis,
        OffenceUnknown,
        LimitationPassed,
        OfficersMissing,
        OfficerRecused,
        PartyMissing,
        ActsReversed,
        ActsAfterFinding,
    ),
)
async def file_case(
    violation_id: UUID, body: FilingIn, caller: OfficialDep, session: SessionDep, response: Response
) -> Case:
    """Open a penalty case on a violation. The offence decides which penalties are possible."""
    case = await usecases.file_case(session, violation_id, body, caller=caller, at=utc_now())
    response.headers["Location"] = f"/v1/cases/{case.id}"
    return case


@router.post(
    "/{case_id}/officers",
    response_model=CaseOut,
    responses=problems(CaseNotFound, CaseStateRefuses, OfficersMissing, OfficerRecused),
)
async def assign_case_officers(case_id: UUID, body: OfficersIn, caller: OfficialDep, session: SessionDep) -> Case:
    """Replace the officers. Two must be certified, and none recused."""
    return await usecases.assign_officers(
        session, case_id, body.officers, recused=body.recused, reason=body.reason, caller=caller, at=utc_now()
    )


@router.post(
    "/{case_id}/inquiries",
    response_model=CaseOut,
    responses=problems(
        CaseNotFound,
        CaseStateRefuses,
        OfficersMissing,
        OfficerRecused,
        IdentityNotShown,
        ExhibitsFull,
        EvidenceNotFound,
        EvidenceNotKept,
    ),
)
async def record_case_inquiry(case_id: UUID, body: InquiryIn, caller: InvestigatorDep, session: SessionDep) -> Case:
    """Record an inquiry or an inspection of the scene."""
    return await usecases.record_inquiry(session, case_id, body, caller=caller, at=utc_now())


@router.post(
    "/{case_id}/exhibits",
    response_model=CaseOut,
    responses=problems(CaseNotFound, CaseStateRefuses, ExhibitsFull, EvidenceNotFound, EvidenceNotKept),
)
async def add_case_exhibits(case_id: UUID, body: ExhibitsIn, caller: InvestigatorDep, session: SessionDep) -> Case:
    """Add evidence as exhibits of the case."""
    return await usecases.add_exhibits(session, case_id, body.evidence, caller=caller, at=utc_now())


@router.post(
    "/{case_id}/preservation",
    response_model=CaseOut,
    responses=problems(CaseNotFound, CaseStateRefuses, PreservedItemsUndecided),
)
async def preserve_case_items(case_id: UUID, caller: InvestigatorDep, session: SessionDep) -> Case:
    """Record that items were preserved as evidence. They must be decided on within seven working days."""
    return await usecases.preserve_items(session, case_id, caller=caller, at=utc_now())


@router.post("/{case_id}/settlement", response_model=CaseOut, responses=problems(CaseNotFound, CaseStateRefuses))
async def settle_case_items(case_id: UUID, caller: OfficialDep, session: SessionDep) -> Case:
    """Decide on the preserved items."""
    return await usecases.settle_items(session, case_id, caller=caller, at=utc_now())


@router.post(
    "/{case_id}/legal-review",
    response_model=CaseOut,
    responses=problems(CaseNotFound, CaseStateRefuses, OfficerRecused, ReviewerInvolved),
)
async def review_case(case_id: UUID, body: LegalReviewIn, caller: OfficialDep, session: SessionDep) -> Case:
    """Record the caller's legal review. An investigator of the case may not review it."""
    return await usecases.give_review(session, case_id, body, caller=caller, at=utc_now())
