"""`/v1/cases`: service, payment, enforcement, closure."""

from typing import Annotated
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from services.inspection.penalties.cases.domain import Case
from services.inspection.penalties.cases.refusals import (
    CaseNotFound,
    CaseStateRefuses,
    EnforcementEarly,
    MoneyOwed,
    PaymentExceeds,
)
from services.inspection.penalties.cases.shapes import CaseOut
from services.inspection.penalties.execution import usecases
from services.inspection.rulebook.offences.domain import MAX_FEN
from shared.domain.clock import utc_now
from shared.domain.wording import NUMBER, Line, Paragraph
from shared.http.policies import Principal, allow
from shared.http.web import SessionDep, problems, service_router

router = service_router(prefix="/v1/cases", tags=["cases"])

OfficialDep = Annotated[Principal, allow("bureau", "district_officer")]


class ServiceIn(BaseModel):
    """How the decision was handed over."""

    model_config = ConfigDict(extra="forbid")

    method: Line


class PaymentIn(BaseModel):
    """A payment, in fen."""

    model_config = ConfigDict(extra="forbid")

    amount_fen: Annotated[int, NUMBER, Field(gt=0, le=MAX_FEN)]


class EnforcementIn(BaseModel):
    """How it was enforced."""

    model_config = ConfigDict(extra="forbid")

    means: Paragraph


@router.post("/{case_id}/service", response_model=CaseOut, responses=problems(CaseNotFound, CaseStateRefuses))
async def serve_decision(case_id: UUID, body: ServiceIn, caller: OfficialDep, session: SessionDep) -> Case:
    """Record that the decision was served. After seven working days it is recorded as late."""
    return await usecases.serve_decision(session, case_id, body.method, caller=caller, at=utc_now())


@router.post(
    "/{case_id}/payments",
    response_model=CaseOut,
    responses=problems(CaseNotFound, CaseStateRefuses, PaymentExceeds),
)
async def take_payment(case_id: UUID, body: PaymentIn, caller: OfficialDep, session: SessionDep) -> Case:
    """Record a payment. Each day late adds 3 % of the fine, up to the amount of the fine."""
    return await usecases.take_payment(session, case_id, body.amount_fen, caller=caller, at=utc_now())


@router.post(
    "/{case_id}/enforcement",
    response_model=CaseOut,
    responses=problems(CaseNotFound, CaseStateRefuses, EnforcementEarly),
)
async def enforce_decision(case_id: UUID, body: EnforcementIn, caller: OfficialDep, session: SessionDep) -> Case:
    """Record that the decision was enforced, once the time to pay has passed."""
    return await usecases.enforce_decision(session, case_id, body.means, caller=caller, at=utc_now())


@router.post(
    "/{case_id}/closure", response_model=CaseOut, responses=problems(CaseNotFound, CaseStateRefuses, MoneyOwed)
)
async def close_case(case_id: UUID, caller: OfficialDep, session: SessionDep) -> Case:
    """Close the case."""
    return await usecases.close_case(session, case_id, caller=caller, at=utc_now())
