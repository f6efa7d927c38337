"""`/v1/institutions`: the ledger over HTTP."""

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from fastapi import Query, Request, Response, status
from pydantic import BaseModel, ConfigDict

from services.registry.ledger.institutions import queries, usecases
from services.registry.ledger.institutions.domain import (
    Details,
    ExternalRefTaken,
    Institution,
    InstitutionNotFound,
    Kind,
    Mode,
    OutsideYourDistrict,
    Profit,
    Stage,
    Status,
    UsccTaken,
)
from services.registry.ledger.institutions.queries import Filters
from shared.domain.clock import utc_now
from shared.domain.wording import KEY
from shared.facts import journal
from shared.http.paging import Page, PageParams
from shared.http.policies import Principal, allow
from shared.http.reads import fetch_page
from shared.http.web import SessionDep, problems, service_router

router = service_router(prefix="/v1/institutions", tags=["institutions"])

READERS = ("bureau", "district_officer", "inspector", "operator", "auditor", "service")
KEEPERS = ("bureau", "district_officer", "service")
ReaderDep = Annotated[Principal, allow(*READERS)]
KeeperDep = Annotated[Principal, allow(*KEEPERS)]


class InstitutionIn(Details):
    """An institution to enter in the ledger."""


class InstitutionOut(BaseModel):
    """An institution in the ledger. `version` counts its facts and is its ETag."""

    model_config = ConfigDict(from_attributes=True)

    id: UUID
    version: int
    name: str
    uscc: str | None
    permit_no: str | None
    kind: Kind
    mode: Mode
    profit: Profit
    stages: list[Stage]
    status: Status
    district: str | None
    street: str | None
    address: str
    lon: float | None
    lat: float | None
    legal_representative: str | None
    phone: str | None
    capacity: int | None
    external_ref: str | None
    registered_at: datetime
    changed_at: datetime


class HistoryEntry(BaseModel):
    """One fact: who caused it, when, why, and the state after it."""

    version: int
    type: str
    at: datetime
    actor: str
    reason: str | None
    state: dict[str, Any]


@router.post(
    "",
    status_code=status.HTTP_201_CREATED,
    response_model=InstitutionOut,
    responses=problems(UsccTaken, ExternalRefTaken, OutsideYourDistrict),
)
async def register_institution(
    body: InstitutionIn, caller: KeeperDep, session: SessionDep, response: Response
) -> Institution:
    """Enter an institution in the ledger."""
    institution = await usecases.register_institution(session, body, caller=caller, at=utc_now())
    response.headers["Location"] = f"/v1/institutions/{institution.id}"
    return institution


@router.get("", response_model=Page[InstitutionOut])
async def list_institutions(
    request: Request,
    caller: ReaderDep,
    page: PageParams,
    district: Annotated[str | None, KEY, Query(max_length=20)] = None,
    street: Annotated[str | None, KEY, Query(max_length=20)] = None,
    kind: Kind | None = None,
    status: Status | None = None,
    q: Annotated[
        str | None, Query(min_length=1, max_length=100, description="Part of name or address, or a USCC.")
    ] = None,
) -> Response:
    """Institutions within the caller's reach, in the order of registration."""
    filters = Filters(district, street, kind, status, q)
    binding = {"district": district, "street": street, "kind": kind, "status": status, "q": q}
    (after,) = page.position(**binding) or (None,)
    reachable = filters.within(caller)
    statement = queries.ledger_page(reachable, after=after, limit=page.limit) if reachable else None
    return await fetch_page(request, statement, page, **binding)


@router.get(
    "/{institution_id}",
    response_model=InstitutionOut,
    responses=problems(InstitutionNotFound),
)
async def get_institution(institution_id: UUID, caller: ReaderDep, session: SessionDep) -> object:
    """One institution, with its version as ETag."""
    return await queries.institution(session, institution_id, caller)


@router.get("/{institution_id}/history", response_model=list[HistoryEntry], responses=problems(InstitutionNotFound))
async def get_institution_history(institution_id: UUID, caller: ReaderDep, session: SessionDep) -> list[HistoryEntry]:
    """Every change of the entry, oldest first."""
    await queries.institution(session, institution_id, caller)
    return [
        HistoryEntry(
            version=fact.key_version,
            type=fact.type,
            at=fact.at,
            actor=fact.actor,
            reason=fact.reason,
            state=fact.payload,
        )
        for fact in await journal.history(session, [institution_id])
    ]
