"""`/v1/management-declarations`."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from fastapi import Query, Request, Response, status
from pydantic import BaseModel, ConfigDict, Field

from services.afterschool.quality.declarations import queries, usecases
from services.afterschool.quality.declarations.domain import (
    Declaration,
    DeclarationDetails,
    DeclarationExists,
    DeclarationNotFound,
    DeclarationState,
    DeclarationStateUnfit,
    Evidence,
    Figure,
    SignerDeclared,
    VerdictUnfit,
)
from services.afterschool.roster.schools.domain import SchoolNotFound
from services.afterschool.rulebook.managements.domain import (
    FigureOutOfRange,
    FiguresIncomplete,
    Management,
    ManagementRuleUnknown,
    QuestionKey,
)
from services.afterschool.rulebook.norms.domain import NormUnknown
from shared.domain.clock import utc_now
from shared.domain.wording import KEY, Reason
from shared.http.paging import Page, PageParams
from shared.http.policies import Principal, allow
from shared.http.reads import fetch_page
from shared.http.web import SessionDep, problems, service_router

router = service_router(prefix="/v1/management-declarations", tags=["managements"])

ReaderDep = Annotated[Principal, allow("bureau", "district_officer", "school_staff", "auditor", "service")]
StaffDep = Annotated[Principal, allow("school_staff")]
BureauDep = Annotated[Principal, allow("bureau")]


class DeclarationIn(DeclarationDetails):
    """What a school declares about a management in a term: a figure for each question, and the evidence."""

    school_id: UUID


class DeclarationWithdrawalIn(BaseModel):
    """Why the declaration is withdrawn."""

    model_config = ConfigDict(extra="forbid")

    reason: Reason


class VerificationIn(BaseModel):
    """What the verification found: confirmed, or the questions on which the school falls short."""

    model_config = ConfigDict(extra="forbid")

    confirmed: bool
    falls_short: Annotated[list[QuestionKey], Field(max_length=20)] = Field(default_factory=list)
    note: Reason


class DeclarationOut(BaseModel):
    """A declaration. `falls_short` names the questions whose figures do not keep the limits of the day of declaring."""

    model_config = ConfigDict(from_attributes=True)

    id: UUID
    version: int
    school_id: UUID
    term: str
    management: Management
    rule_id: UUID
    figures: list[Figure]
    evidence: list[Evidence]
    falls_short: list[str]
    state: DeclarationState
    declared_by: str
    declared_at: datetime
    signed_by: str | None
    signed_at: datetime | None
    draw_id: UUID | None
    verified_at: datetime | None
    verification_note: str | None


@router.post(
    "",
    status_code=status.HTTP_201_CREATED,
    response_model=DeclarationOut,
    responses=problems(
        SchoolNotFound, DeclarationExists, ManagementRuleUnknown, NormUnknown, FiguresIncomplete, FigureOutOfRange
    ),
)
async def declare_management(
    body: DeclarationIn, caller: StaffDep, session: SessionDep, response: Response
) -> Declaration:
    """Declare a management of the own school for a term. It counts once a second person has signed it."""
    details = DeclarationDetails(**body.model_dump(exclude={"school_id"}))
    declaration = await usecases.declare_management(session, body.school_id, details, caller=caller, at=utc_now())
    response.headers["Location"] = f"/v1/management-declarations/{declaration.id}"
    return declaration


@router.get("", response_model=Page[DeclarationOut])
async def list_declarations(
    request: Request,
    caller: ReaderDep,
    page: PageParams,
    school: UUID | None = None,
    term: Annotated[str | None, KEY, Query(max_length=100)] = None,
    management: Management | None = None,
    state: DeclarationState | None = None,
    draw: UUID | None = None,
) -> Response:
    """Declarations, oldest first. Staff see those of their school."""
    binding = {"school": school, "term": term, "management": management, "state": state, "draw": draw}
    (after,) = page.position(**binding) or (None,)
    statement = queries.declarations_page(
        caller,
        school=school,
        term=term,
        management=management,
        state=state,
        draw=draw,
        after=after,
        limit=page.limit,
    )
    return await fetch_page(request, statement, page, **binding)


@router.get("/{declaration_id}", response_model=DeclarationOut, responses=problems(DeclarationNotFound))
async def get_declaration(declaration_id: UUID, caller: ReaderDep, session: SessionDep) -> Declaration:
    """One declaration with its figures and evidence."""
    return (await queries.declaration(session, declaration_id, caller)).declaration


@router.post(
    "/{declaration_id}/signature",
    response_model=DeclarationOut,
    responses=problems(DeclarationNotFound, DeclarationStateUnfit, SignerDeclared, NormUnknown),
)
async def sign_declaration(declaration_id: UUID, caller: StaffDep, session: SessionDep) -> Declaration:
    """Sign a declaration of the own school that somebody else made. What falls short gets a deadline."""
    return await usecases.sign_declaration(session, declaration_id, caller=caller, at=utc_now())


@router.post(
    "/{declaration_id}/withdrawal",
    response_model=DeclarationOut,
    responses=problems(DeclarationNotFound, DeclarationStateUnfit),
)
async def withdraw_declaration(
    declaration_id: UUID, body: DeclarationWithdrawalIn, caller: StaffDep, session: SessionDep
) -> Declaration:
    """Withdraw a declaration that is not signed yet, to declare again."""
    return await usecases.withdraw_declaration(session, declaration_id, reason=body.reason, caller=caller, at=utc_now())


@router.post(
    "/{declaration_id}/verification",
    response_model=DeclarationOut,
    responses=problems(DeclarationNotFound, DeclarationStateUnfit, VerdictUnfit, NormUnknown),
)
async def verify_declaration(
    declaration_id: UUID, body: VerificationIn, caller: BureauDep, session: SessionDep
) -> Declaration:
    """Record the verification of a drawn declaration. What falls short gets a deadline."""
    return await usecases.verify_declaration(
        session,
        declaration_id,
        confirmed=body.confirmed,
        falls_short=body.falls_short,
        note=body.note,
        caller=caller,
        at=utc_now(),
    )
