"""`/v1/cases`: opening, reading, investigating. Rights and decisions are in the modules beside."""

from dataclasses import asdict
from datetime import datetime
from typing import Annotated
from uuid import UUID

from fastapi import Query, Response, status
from pydantic import BaseModel, ConfigDict, Field

from services.inspection.cases import queries, usecases
from services.inspection.cases.clock import ticks
from services.inspection.cases.domain import Case
from services.inspection.cases.papers import Filing, Inquiry, Officers, Review
from services.inspection.cases.queries import CaseFilters
from services.inspection.cases.refusals import (
    ActsAfterFinding,
    ActsReversed,
    CaseNotFound,
    CaseOpenAlready,
    CaseStateRefuses,
    ExhibitsFull,
    ExtensionRefused,
    IdentityNotShown,
    LimitationPassed,
    NoPenaltyBasis,
    OfficerRecused,
    OfficersMissing,
    PartyMissing,
    PreservedItemsUndecided,
    ReviewerInvolved,
)
from services.inspection.cases.shapes import BlockOut, CaseOut, ClockOut, PartyCaseOut, TickOut, as_read_by
from services.inspection.cases.states import UNDECIDED, CaseState
from services.inspection.evidence.domain import EvidenceNotFound, EvidenceNotKept
from services.inspection.norms.domain import NormUnknown
from services.inspection.offences.domain import OffenceUnknown
from services.inspection.violations.domain import ViolationNotFound, ViolationWithdrawnAlready
from shared.domain.clock import china_date, utc_now
from shared.domain.refusals import Refusal
from shared.domain.wording import KEY, Day, Line, Reason
from shared.http.paging import Page, PageParams
from shared.http.policies import Principal, allow
from shared.http.reach import own_institution
from shared.http.web import SessionDep, problems, service_router

router = service_router(prefix="/v1/cases", tags=["cases"])
filings = service_router(prefix="/v1/violations", tags=["cases"])

ReaderDep = Annotated[Principal, allow("bureau", "district_officer", "inspector", "operator", "auditor", "service")]
OfficialDep = Annotated[Principal, allow("bureau", "district_officer")]
InvestigatorDep = Annotated[Principal, allow("bureau", "district_officer", "inspector")]


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


class ReviewIn(Review):
    """The caller's legal review."""


class CaseExtensionIn(BaseModel):
    """The new time limit, and why."""

    model_config = ConfigDict(extra="forbid")

    until: Day
    reason: Reason


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


@router.get("", response_model=Page[CaseOut] | Page[PartyCaseOut])
async def list_cases(
    caller: ReaderDep,
    session: SessionDep,
    page: PageParams,
    institution: UUID | None = None,
    violation: UUID | None = None,
    state: CaseState | None = None,
    offence: Annotated[str | None, KEY, Query(max_length=100)] = None,
) -> object:
    """Cases within the caller's reach, in the order of their filing. A party sees its case once it was notified."""
    filters = CaseFilters(institution, violation, state, offence)
    (after,) = page.position(**asdict(filters)) or (None,)
    found = await queries.cases(session, caller, filters, after=after, limit=page.limit + 1)
    shape = Page[CaseOut] if own_institution(caller) is None else Page[PartyCaseOut]
    return shape.model_validate(page.page(found, "id", **asdict(filters)))


@router.get(
    "/{case_id}",
    response_model=CaseOut | PartyCaseOut,
    responses=problems(CaseNotFound),
)
async def get_case(case_id: UUID, caller: ReaderDep, session: SessionDep) -> object:
    """One case, with its version as ETag. The party sees fewer fields than officials."""
    case = await queries.case(session, case_id, caller)
    return as_read_by(caller, case)


@router.get("/{case_id}/clock", response_model=ClockOut, responses=problems(CaseNotFound, NormUnknown))
async def get_case_clock(case_id: UUID, caller: ReaderDep, session: SessionDep) -> ClockOut:
    """Each deadline with its article and remaining days, and what prevents a decision today."""
    case = await queries.case(session, case_id, caller)
    return await _clock(session, case, party=own_institution(caller) is not None, at=utc_now())


async def _clock(session: SessionDep, case: Case, *, party: bool, at: datetime) -> ClockOut:
    """The party sees its deadlines, and not where the office stands with its file."""
    on = china_date(at)
    ground = await usecases.ground_of(session, case, on=on)
    deadlines = ticks(case, ground.calendar, five_years=ground.offence.life_or_finance, on=on)
    blocks = case.blocks(ground, None, on=on) if case.state in UNDECIDED and not party else ()
    late = case.late_fen(on) if case.state == CaseState.SERVED else 0
    return ClockOut(
        case_id=case.id,
        as_of=on,
        state=CaseState(case.state),
        deadlines=[TickOut.model_validate(tick) for tick in deadlines],
        blocks=[_block(refusal) for refusal in blocks],
        late_fen=late,
        owed_fen=max(case.owed_fen + late - case.paid_fen, 0),
    )


def _block(refusal: Refusal) -> BlockOut:
    law, article = refusal.facts.get("law"), refusal.facts.get("article")
    return BlockOut(
        code=refusal.code,
        law=None if law is None else str(law),
        article=None if article is None else str(article),
        zh=refusal.zh,
        en=refusal.en(),
    )


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
async def review_case(case_id: UUID, body: ReviewIn, caller: OfficialDep, session: SessionDep) -> Case:
    """Record the caller's legal review. An investigator of the case may not review it."""
    return await usecases.give_review(session, case_id, body, caller=caller, at=utc_now())


@router.post(
    "/{case_id}/extension",
    response_model=CaseOut,
    responses=problems(CaseNotFound, CaseStateRefuses, OfficerRecused, ExtensionRefused, NormUnknown),
)
async def extend_case(
    case_id: UUID,
    body: CaseExtensionIn,
    caller: Annotated[Principal, allow("bureau")],
    session: SessionDep,
) -> Case:
    """Extend the time limit of the decision: once, and before the ninety days have passed."""
    return await usecases.extend_case(
        session, case_id, until=body.until, reason=body.reason, caller=caller, at=utc_now()
    )
