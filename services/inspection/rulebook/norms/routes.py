"""`/v1/norms`."""

from datetime import date
from typing import Annotated
from uuid import UUID

from fastapi import status
from pydantic import ConfigDict

from services.inspection.rulebook.norms import queries, usecases
from services.inspection.rulebook.norms.domain import (
    Norm,
    NormBeginsPast,
    NormContent,
    NormName,
    NormNotFound,
    NormOfThatDay,
    NormTooLarge,
)
from shared.domain.clock import utc_now
from shared.domain.dated import MayBeWithdrawn, SourceStatus, WithdrawalIn, WithdrawalTooLate, Withdrawn
from shared.facts.versions import place
from shared.http.paging import Page, PageOf, PageParams
from shared.http.policies import Principal, allow
from shared.http.web import SessionDep, problems, service_router

router = service_router(prefix="/v1/norms", tags=["norms"])


class NormIn(NormContent):
    """A norm's value from a day on. The earlier value is in force until then."""


class NormOut(MayBeWithdrawn):
    """One value of a norm. It is in force from `valid_from` until a later value begins."""

    model_config = ConfigDict(from_attributes=True)

    id: UUID
    version: int
    name: NormName
    value: int
    source: str
    status: SourceStatus
    valid_from: date


@router.post(
    "",
    status_code=status.HTTP_201_CREATED,
    response_model=NormOut,
    responses=problems(NormBeginsPast, NormTooLarge, NormOfThatDay),
)
async def enact_norm(body: NormIn, caller: Annotated[Principal, allow("bureau")], session: SessionDep) -> Norm:
    """Enact a norm's value from a day on."""
    return await usecases.enact_norm(session, body, at=utc_now())


@router.get("", response_model=Page[NormOut])
async def list_norms(
    caller: Annotated[Principal, allow("bureau", "district_officer", "inspector", "auditor", "service")],
    session: SessionDep,
    page: PageParams,
    name: NormName | None = None,
) -> PageOf[Norm]:
    """Every value of every norm, past and future, by name and first day."""
    after = place(page.position(name=name))
    found = await queries.norms(session, name=name, after=after, limit=page.limit + 1)
    return page.page(found, "name", "valid_from", "id", name=name)


@router.post(
    "/{norm_id}/withdrawal", response_model=NormOut, responses=problems(NormNotFound, Withdrawn, WithdrawalTooLate)
)
async def withdraw_norm(
    norm_id: UUID, body: WithdrawalIn, caller: Annotated[Principal, allow("bureau")], session: SessionDep
) -> Norm:
    """Withdraw a value before its first day, or on it if it was enacted that day. The earlier value stays in force."""
    return await usecases.withdraw_norm(session, norm_id, reason=body.reason, by=caller.subject, at=utc_now())
