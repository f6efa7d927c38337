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
    """What the case is opened on: acts, party, officers."""


class OfficersIn(BaseModel):
    """Who handles the case from now on, and who was recused."""

    model_config = ConfigDict(extra="forbid")

    officers: Officers
    recused: Annotated[list[Line], Field(max_length=20)] = Field(default_factory=list)
    reason: Reason


class InquiryIn(Inquiry):
    """An inquiry or an inspection of the scene, and what it found out."""


class ExhibitsIn(BaseModel):
    """Ids of evidence."""

    model_config = ConfigDict(extra="forbid")

    evidence: Annotated[list[UUID], Field(min_length=1, max_length=100)]


class ReviewIn(Review):
    """The legal opinion of the caller."""


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
    """Open a penalty case on a violation. The offence decides what it may lead to."""
    case = await usecases.file_case(session, violation_id, body, caller=caller, at=utc_now())
    response.headers["Location"] = f"/v1/cases/{case.id}"
    return case


@router.post(
    "/{case_id}/officers",
    response_model=CaseOut,
    responses=problems(CaseNotFound, CaseStateRefuses, OfficersMissing, OfficerRecused),
)
async def assign_case_officers(case_id: UUID, body: OfficersIn, caller: OfficialDep, session: SessionDep) -> Case:
    """Name the officers anew: two of them certified, none recused."""
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
    """Put an inquiry or an inspection of the scene on file."""
    return await usecases.record_inquiry(session, case_id, body, caller=caller, at=utc_now())


@router.post(
    "/{case_id}/exhibits",
    response_model=CaseOut,
    responses=problems(CaseNotFound, CaseStateRefuses, ExhibitsFull, EvidenceNotFound, EvidenceNotKept),
)
async def add_case_exhibits(case_id: UUID, body: ExhibitsIn, caller: InvestigatorDep, session: SessionDep) -> Case:
    """Put evidence on file."""
    return await usecases.add_exhibits(session, case_id, body.evidence, caller=caller, at=utc_now())


@router.post(
    "/{case_id}/preservation",
    response_model=CaseOut,
    responses=problems(CaseNotFound, CaseStateRefuses, PreservedItemsUndecided),
)
async def preserve_case_items(case_id: UUID, caller: InvestigatorDep, session: SessionDep) -> Case:
    """Items were registered and preserved as evidence; within seven working days they must be decided on."""
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
async def review_case(case_id: UUID, body: ReviewIn, caller: OfficialDep, session: SessionDep) -> Case:
    """The legal opinion, by somebody who does not investigate this case."""
    return await usecases.give_review(session, case_id, body, caller=caller, at=utc_now())
