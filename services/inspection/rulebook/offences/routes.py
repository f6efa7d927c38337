"""`/v1/offences`."""

from datetime import date
from typing import Annotated
from uuid import UUID

from fastapi import Query, Response, status
from pydantic import BaseModel, ConfigDict

from services.inspection.rulebook.offences import queries, usecases
from services.inspection.rulebook.offences.domain import (
    Offence,
    OffenceBeginsPast,
    OffenceContent,
    OffenceNotFound,
    OffenceOverlaps,
    PenaltyRule,
    Severity,
)
from shared.domain.clock import utc_now
from shared.domain.dated import MayBeWithdrawn, SourceStatus
from shared.domain.wording import KEY, Day, Reason
from shared.facts.versions import place, versions
from shared.http.paging import Page, PageOf, PageParams
from shared.http.policies import Principal, allow
from shared.http.web import SessionDep, problems, service_router

router = service_router(prefix="/v1/offences", tags=["offences"])

ReaderDep = Annotated[Principal, allow("bureau", "district_officer", "inspector", "operator", "auditor", "service")]
BureauDep = Annotated[Principal, allow("bureau")]


class OffenceIn(OffenceContent):
    """A version of an offence to put in force. The earlier version ends the day before."""


class OffenceRepealIn(BaseModel):
    """The last day of a version, and why it ends."""

    model_config = ConfigDict(extra="forbid")

    valid_to: Day
    reason: Reason


class OffenceOut(MayBeWithdrawn):
    """One version of an offence. `version` counts its facts and is its ETag; `penal`: it may lead to a penalty."""

    model_config = ConfigDict(from_attributes=True)

    id: UUID
    version: int
    code: str
    title: str
    law: str
    article: str
    text: str
    clause: str
    severity: Severity
    days: int
    penal: bool
    penalties: list[PenaltyRule]
    leniency: bool
    life_or_finance: bool
    source: str
    status: SourceStatus
    valid_from: date
    valid_to: date | None


@router.post(
    "",
    status_code=status.HTTP_201_CREATED,
    response_model=OffenceOut,
    responses=problems(OffenceOverlaps, OffenceBeginsPast),
)
async def enact_offence(body: OffenceIn, caller: BureauDep, session: SessionDep, response: Response) -> Offence:
    """Put a version of an offence in force from a day on."""
    offence = await usecases.enact_offence(session, body, at=utc_now())
    response.headers["Location"] = f"/v1/offences/{offence.id}"
    return offence


@router.get("", response_model=Page[OffenceOut])
async def list_offences(
    caller: ReaderDep,
    session: SessionDep,
    page: PageParams,
    code: Annotated[str | None, KEY, Query(max_length=100)] = None,
    on: Annotated[Day | None, Query(description="Only versions in force on this day.")] = None,
) -> PageOf[Offence]:
    """The catalogue by code and first day."""
    binding = {"code": code, "on": on}
    after = place(page.position(**binding))
    found = await versions(session, Offence, code=code, on=on, after=after, limit=page.limit + 1)
    return page.page(found, "code", "valid_from", "id", **binding)


@router.get(
    "/{offence_id}",
    response_model=OffenceOut,
    responses=problems(OffenceNotFound),
)
async def get_offence(offence_id: UUID, caller: ReaderDep, session: SessionDep) -> object:
    """One version of an offence, with its ETag."""
    return await queries.offence(session, offence_id)
