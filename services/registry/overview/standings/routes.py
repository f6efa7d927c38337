"""`/v1/public`: what anybody may know, without a token and without personal data."""

from datetime import date, datetime
from typing import Annotated
from uuid import UUID

from fastapi import Path, Query, Request
from fastapi.responses import Response
from pydantic import BaseModel, ConfigDict

from services.registry.ledger.institutions.domain import InstitutionNotFound, Kind, Stage, Uscc
from services.registry.overview.standings import queries
from services.registry.overview.standings.domain import WORDS, Licence, PermitFacts, judge
from shared.domain.clock import china_date, utc_now
from shared.domain.wording import KEY
from shared.http.caching import public_answer
from shared.http.paging import Page, PageParams
from shared.http.policies import public
from shared.http.reads import fetch_page
from shared.http.web import problems, service_router

router = service_router(prefix="/v1/public", tags=["public"])

REUSED_FOR = 60
"""Seconds a page of a list may be shown without asking again. A standing is asked for each time: it changes at once."""


class ListedInstitutionOut(BaseModel):
    """A licensed institution, as the white list shows it."""

    id: UUID
    name: str
    uscc: str | None
    district: str | None
    street: str | None
    address: str
    permit_no: str
    kind: Kind
    stages: list[Stage]
    subjects: list[str]
    valid_from: date | None
    valid_to: date | None


class LicenceOut(BaseModel):
    """The deciding permit and its status today. A null `valid_to` means that it is open-ended."""

    status: Licence
    number: str | None
    kind: Kind | None
    stages: list[Stage]
    subjects: list[str]
    valid_from: date | None
    valid_to: date | None
    suspended_until: date | None


class StandingOrderOut(BaseModel):
    """A holiday stop that binds this institution; `today`: no subject training on this very day."""

    model_config = ConfigDict(from_attributes=True)

    title: str
    first_day: date
    last_day: date
    today: bool


class HolidayOrderOut(BaseModel):
    """Whether a holiday stop order is in force for the institution."""

    in_force: bool
    orders: list[StandingOrderOut]


class ReasonOut(BaseModel):
    """A reason, as a stable code and in words."""

    code: str
    zh: str
    en: str


class StandingOut(BaseModel):
    """Whether the institution is lawful as of `as_of`, a day in China. `lawful` is null if its permit is not
    verified."""

    uscc: str
    name: str
    lawful: bool | None
    licence: LicenceOut
    open_penalties: int
    open_decisions: int
    holiday_order: HolidayOrderOut
    reasons: list[ReasonOut]
    as_of: date


class SubjectOut(BaseModel):
    """An institution that a notice is about."""

    name: str
    uscc: str | None


class PublicNoticeOut(BaseModel):
    """A published notice."""

    id: UUID
    number: str
    title: str
    body: str
    legal_basis: str | None
    published_at: datetime
    subjects: list[SubjectOut]


@router.get("/institutions", response_model=Page[ListedInstitutionOut], dependencies=[public()])
async def list_licensed_institutions(
    request: Request,
    page: PageParams,
    district: Annotated[str | None, KEY, Query(max_length=20)] = None,
    kind: Kind | None = None,
    q: Annotated[str | None, Query(min_length=1, max_length=100, description="Part of name or address.")] = None,
) -> Response:
    """The white list: institutions whose permit is in force today."""
    binding = {"district": district, "kind": kind, "q": q}
    (after,) = page.position(**binding) or (None,)
    statement = queries.white_list(
        china_date(utc_now()), district=district, kind=kind, q=q, after=after, limit=page.limit
    )
    return public_answer(request, await fetch_page(request, statement, page, **binding), max_age=REUSED_FOR)


@router.get(
    "/institutions/{uscc}/standing",
    response_model=StandingOut,
    responses=problems(InstitutionNotFound) | {304: {"description": "Not modified since your ETag."}},
    dependencies=[public()],
)
async def get_standing(request: Request, uscc: Annotated[Uscc, Path()]) -> Response:
    """Whether an institution is lawful today, and why. An institution that is not in the ledger (404) may not teach."""
    today = china_date(utc_now())
    found = await queries.facts_of(request.app.state.reads, uscc, today)
    if found is None:
        raise InstitutionNotFound
    entry, facts = found
    standing = judge(facts, today)
    answer = StandingOut(
        uscc=entry["uscc"] or uscc,
        name=entry["name"],
        lawful=standing.lawful,
        licence=_licence(standing.licence, standing.permit),
        open_penalties=facts.open_penalties,
        open_decisions=facts.open_decisions,
        holiday_order=HolidayOrderOut(
            in_force=bool(facts.orders), orders=[StandingOrderOut.model_validate(order) for order in facts.orders]
        ),
        reasons=[ReasonOut(code=reason, zh=WORDS[reason][0], en=WORDS[reason][1]) for reason in standing.reasons],
        as_of=today,
    )
    return public_answer(request, Response(answer.model_dump_json(), media_type="application/json"), max_age=0)


@router.get("/notices", response_model=Page[PublicNoticeOut], dependencies=[public()])
async def list_published_notices(request: Request, page: PageParams) -> Response:
    """Published notices, newest first."""
    (after,) = page.position() or (None,)
    statement = queries.published_notices(after=after, limit=page.limit)
    return public_answer(request, await fetch_page(request, statement, page), max_age=REUSED_FOR)


def _licence(status: Licence, permit: PermitFacts | None) -> LicenceOut:
    if permit is None:
        return LicenceOut(
            status=status, number=None, kind=None, stages=[], subjects=[], valid_from=None, valid_to=None,
            suspended_until=None,
        )  # fmt: skip
    return LicenceOut.model_validate(
        {name: getattr(permit, name) for name in LicenceOut.model_fields if name != "status"} | {"status": status}
    )
