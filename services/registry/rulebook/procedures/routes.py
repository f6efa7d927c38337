"""`/v1/procedures`: how matters are handled, as dated and sourced records."""

from datetime import date, datetime
from typing import Annotated
from uuid import UUID

from fastapi import Response, status
from pydantic import ConfigDict

from services.registry.ledger.institutions.domain import Kind
from services.registry.rulebook.procedures import queries, usecases
from services.registry.rulebook.procedures.domain import (
    DocumentRequirement,
    Matter,
    Office,
    PermitFate,
    Procedure,
    ProcedureNotFound,
    ProcedureTaken,
    StateDays,
    Step,
    Terms,
)
from shared.domain.clock import utc_now
from shared.domain.dated import MayBeWithdrawn, WithdrawalIn, WithdrawalTooLate, Withdrawn
from shared.http.paging import Page, PageOf, PageParams
from shared.http.policies import Principal, allow
from shared.http.web import SessionDep, problems, service_router

router = service_router(prefix="/v1/procedures", tags=["procedures"])

ReaderDep = Annotated[Principal, allow("bureau", "district_officer", "inspector", "operator", "auditor", "service")]


class ProcedureIn(Terms):
    """A procedure to put in force. It never changes matters already under way."""


class ProcedureOut(MayBeWithdrawn):
    """A procedure. `days` and `overall_days` are working days."""

    model_config = ConfigDict(from_attributes=True)

    id: UUID
    version: int
    matter: Matter
    kind: Kind | None
    district: str | None
    valid_from: date
    documents: list[DocumentRequirement]
    deciding_office: Office
    site_visit: bool
    days: StateDays
    overall_days: int
    extension_days: int
    steps: list[Step]
    permit: PermitFate
    source: str
    enacted_at: datetime


@router.post("", status_code=status.HTTP_201_CREATED, response_model=ProcedureOut, responses=problems(ProcedureTaken))
async def enact_procedure(
    body: ProcedureIn, caller: Annotated[Principal, allow("bureau")], session: SessionDep, response: Response
) -> Procedure:
    """Put a procedure in force for matters that begin from a day on."""
    procedure = await usecases.enact_procedure(session, body, at=utc_now())
    response.headers["Location"] = f"/v1/procedures/{procedure.id}"
    return procedure


@router.get("", response_model=Page[ProcedureOut])
async def list_procedures(
    caller: ReaderDep, session: SessionDep, page: PageParams, matter: Matter | None = None
) -> PageOf[Procedure]:
    """Every procedure ever enacted, oldest first."""
    (after,) = page.position(matter=matter) or (None,)
    found = await queries.procedures(
        session, matter=matter, after=None if after is None else UUID(after), limit=page.limit + 1
    )
    return page.page(found, "id", matter=matter)


@router.get("/{procedure_id}", response_model=ProcedureOut, responses=problems(ProcedureNotFound))
async def get_procedure(procedure_id: UUID, caller: ReaderDep, session: SessionDep) -> Procedure:
    """One procedure."""
    return await queries.procedure(session, procedure_id)


@router.post(
    "/{procedure_id}/withdrawal",
    response_model=ProcedureOut,
    responses=problems(ProcedureNotFound, Withdrawn, WithdrawalTooLate),
)
async def withdraw_procedure(
    procedure_id: UUID, body: WithdrawalIn, caller: Annotated[Principal, allow("bureau")], session: SessionDep
) -> Procedure:
    """Withdraw a procedure before its first day, or on it if it was enacted that day. Matters begun under it keep
    it."""
    return await usecases.withdraw_procedure(session, procedure_id, reason=body.reason, by=caller.subject, at=utc_now())
