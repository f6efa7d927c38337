"""`/v1/norms`."""

from typing import Annotated
from uuid import UUID

from fastapi import Query, Response, status

from services.afterschool.rulebook.edge import BureauDep, ReaderDep, RepealIn, VersionOut, VersionWithdrawalIn
from services.afterschool.rulebook.norms import queries, usecases
from services.afterschool.rulebook.norms.domain import Norm, NormContent, NormName, NormNotFound, NormTooLarge, Unit
from services.afterschool.rulebook.versions import (
    VersionBeginsPast,
    VersionEndPast,
    VersionEndsAlready,
    VersionOverlaps,
)
from shared.domain.clock import utc_now
from shared.domain.dated import LaterVersionStands, WithdrawalTooLate, Withdrawn
from shared.domain.wording import KEY, Day
from shared.facts.versions import place
from shared.http.paging import Page, PageOf, PageParams
from shared.http.web import SessionDep, problems, service_router

router = service_router(prefix="/v1/norms", tags=["rulebook"])


class NormIn(NormContent):
    """A norm's value from a day on. The earlier value of this name and district ends the day before."""


class NormOut(VersionOut):
    """One value of a norm. A district without a value of its own has the city's (`district` null)."""

    name: NormName
    district: str | None
    value: int
    unit: Unit


@router.post(
    "",
    status_code=status.HTTP_201_CREATED,
    response_model=NormOut,
    responses=problems(NormTooLarge, VersionBeginsPast, VersionOverlaps),
)
async def enact_norm(body: NormIn, caller: BureauDep, session: SessionDep, response: Response) -> Norm:
    """Enact a norm's value from a day on."""
    norm = await usecases.enact_norm(session, body, at=utc_now())
    response.headers["Location"] = f"/v1/norms/{norm.id}"
    return norm


@router.get("", response_model=Page[NormOut])
async def list_norms(
    caller: ReaderDep,
    session: SessionDep,
    page: PageParams,
    name: NormName | None = None,
    district: Annotated[str | None, KEY, Query(max_length=20)] = None,
    on: Annotated[Day | None, Query(description="Only values in force on this day.")] = None,
) -> PageOf[Norm]:
    """Every value of every norm by name, district and first day."""
    binding = {"name": name, "district": district, "on": on}
    after = place(page.position(**binding))
    found = await queries.norms(session, name=name, district=district, on=on, after=after, limit=page.limit + 1)
    return page.page(found, "code", "valid_from", "id", **binding)


@router.get("/{norm_id}", response_model=NormOut, responses=problems(NormNotFound))
async def get_norm(norm_id: UUID, caller: ReaderDep, session: SessionDep) -> Norm:
    """One value of a norm, with its ETag."""
    return await queries.norm(session, norm_id)


@router.post(
    "/{norm_id}/repeal",
    response_model=NormOut,
    responses=problems(NormNotFound, VersionEndPast, VersionEndsAlready, Withdrawn),
)
async def repeal_norm(norm_id: UUID, body: RepealIn, caller: BureauDep, session: SessionDep) -> Norm:
    """Give a value its last day. After it, the city's value holds in a district; a norm of the city has none."""
    return await usecases.repeal_norm(session, norm_id, valid_to=body.valid_to, reason=body.reason, at=utc_now())


@router.post(
    "/{norm_id}/withdrawal",
    response_model=NormOut,
    responses=problems(NormNotFound, Withdrawn, WithdrawalTooLate, LaterVersionStands),
)
async def withdraw_norm(norm_id: UUID, body: VersionWithdrawalIn, caller: BureauDep, session: SessionDep) -> Norm:
    """Withdraw a value before its first day, or on it if it was enacted that day. The earlier value stays in force."""
    return await usecases.withdraw_norm(session, norm_id, reason=body.reason, by=caller.subject, at=utc_now())
