"""`/v1/quality`: the work list of the ledger."""

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from fastapi import Query, status
from pydantic import BaseModel, ConfigDict

from services.registry.ledger.institutions.domain import InstitutionNotFound, Kind
from services.registry.ledger.responsibilities.queries import Part
from services.registry.overview.quality import queries, usecases
from services.registry.overview.quality.domain import (
    PAIRED,
    Dismissal,
    DismissedAlready,
    Doubt,
    Finding,
    PairIncomplete,
    PartTooLarge,
)
from services.registry.overview.quality.queries import Search
from shared.domain.clock import china_date, utc_now
from shared.domain.wording import KEY, Reason
from shared.http.paging import Page, PageOf, PageParams
from shared.http.policies import Principal, allow
from shared.http.web import SessionDep, problems, service_router

router = service_router(prefix="/v1/quality", tags=["ledger quality"])

ReaderDep = Annotated[Principal, allow("bureau", "district_officer", "auditor", "service")]
KeeperDep = Annotated[Principal, allow("bureau", "district_officer")]
Code = Annotated[str | None, KEY, Query(max_length=20)]


class FindingOut(BaseModel):
    """A doubt about one institution, or about a pair (`other_id`), and its evidence."""

    model_config = ConfigDict(from_attributes=True)

    doubt: Doubt
    institution_id: UUID
    name: str
    district: str | None
    street: str | None
    other_id: UUID | None
    facts: dict[str, Any]


class CountsOut(BaseModel):
    """Findings per kind of doubt. Similar entries are not counted: they are compared only when you list them."""

    counts: dict[Doubt, int]


class DismissalIn(BaseModel):
    """A finding to dismiss, and why nothing is wrong."""

    model_config = ConfigDict(extra="forbid")

    doubt: Doubt
    institution_id: UUID
    other_id: UUID | None = None
    reason: Reason


class DismissalOut(BaseModel):
    """A dismissed finding. It is not raised again."""

    model_config = ConfigDict(from_attributes=True)

    id: UUID
    version: int
    code: Doubt
    institution_id: UUID
    other_id: UUID | None
    reason: str
    dismissed_by: str
    dismissed_at: datetime


@router.get("", response_model=CountsOut)
async def count_findings(
    caller: ReaderDep, session: SessionDep, district: Code = None, street: Code = None, kind: Kind | None = None
) -> CountsOut:
    """The number of findings within the caller's reach."""
    part = Part(district, street, kind)
    return CountsOut(counts=await queries.counts(session, caller, part, china_date(utc_now())))


@router.get("/findings", response_model=Page[FindingOut], responses=problems(PartTooLarge))
async def list_findings(
    caller: ReaderDep,
    session: SessionDep,
    page: PageParams,
    doubt: Doubt,
    district: Code = None,
    street: Code = None,
    kind: Kind | None = None,
) -> PageOf[Finding]:
    """The findings of one kind of doubt, without dismissed ones."""
    binding = {"doubt": doubt, "district": district, "street": street, "kind": kind}
    position = page.position(**binding)
    after = None if position is None else (UUID(position[0]), None if position[1] is None else UUID(position[1]))
    search = Search(doubt, Part(district, street, kind), china_date(utc_now()))
    found = await queries.findings(session, caller, search, after=after, limit=page.limit + 1)
    return page.page(found, "institution_id", "other_id", **binding)


@router.post(
    "/dismissals",
    status_code=status.HTTP_201_CREATED,
    response_model=DismissalOut,
    responses=problems(InstitutionNotFound, DismissedAlready, PairIncomplete),
)
async def dismiss_finding(body: DismissalIn, caller: KeeperDep, session: SessionDep) -> Dismissal:
    """Dismiss a finding: it was checked and nothing is wrong."""
    if (body.doubt in PAIRED) != (body.other_id is not None):
        raise PairIncomplete(pointer="/other_id")
    return await usecases.dismiss_finding(
        session, body.doubt, body.institution_id, body.other_id, reason=body.reason, caller=caller, at=utc_now()
    )
