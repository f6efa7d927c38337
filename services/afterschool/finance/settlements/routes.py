"""`/v1/settlements`, `/v1/session-rates` and `/v1/provider-settlements`."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Annotated, Self
from uuid import UUID

from fastapi import Query, Request, Response, status
from pydantic import BaseModel, ConfigDict

from services.afterschool.finance.settlements import queries, usecases
from services.afterschool.finance.settlements.domain import (
    NothingToSettle,
    RateAbovePrice,
    SessionRate,
    SessionRateDetails,
    SettledMeanwhile,
    Settlement,
    SettlementAhead,
    SettlementBefore,
    SettlementLine,
    SettlementNotFound,
    TaughtBySchool,
)
from services.afterschool.finance.settlements.lines import WORDS, Unpaid
from services.afterschool.programme.engagements.domain import ProviderNotListed
from services.afterschool.programme.offerings import queries as offerings
from services.afterschool.programme.offerings.domain import OfferingNotFound
from services.afterschool.programme.providers.domain import ProviderNotFound
from services.afterschool.roster.schools.domain import SchoolNotFound
from shared.domain.clock import utc_now
from shared.domain.wording import Day
from shared.http.paging import Page, PageParams
from shared.http.policies import Principal, allow
from shared.http.reads import fetch_page
from shared.http.web import SessionDep, problems, service_router

router = service_router(prefix="/v1/settlements", tags=["finance"])
session_rates = service_router(prefix="/v1/session-rates", tags=["finance"])
provider_settlements = service_router(prefix="/v1/provider-settlements", tags=["finance"])

ReaderDep = Annotated[Principal, allow("bureau", "district_officer", "school_staff", "auditor", "service")]
KeeperDep = Annotated[Principal, allow("bureau", "district_officer", "school_staff")]


class SettlementLineOut(BaseModel):
    """Sessions of one offering that a provider delivered, by one of its people, or by nobody named (null)."""

    model_config = ConfigDict(from_attributes=True)

    offering_id: UUID
    school_id: UUID
    outside_person_id: UUID | None
    sessions: int
    minutes: int


class SettlementOut(BaseModel):
    """What is to be settled with a provider: the sessions held from `first` to `last`, and their sums.

    A session that a substitute took, that was cancelled, or of which the person from outside is not recorded as
    present, does not count.
    """

    institution_id: UUID
    first: date
    last: date
    lines: list[SettlementLineOut]
    sessions: int
    minutes: int


@router.get("/{institution_id}", response_model=SettlementOut, responses=problems(ProviderNotFound))
async def get_settlement(
    institution_id: UUID,
    caller: ReaderDep,
    session: SessionDep,
    first: Annotated[Day, Query()],
    last: Annotated[Day, Query()],
) -> SettlementOut:
    """The sessions that a provider delivered. Officers see those in their district, staff those of their school."""
    found = await queries.delivered_by(session, institution_id, first=first, last=last, caller=caller)
    return SettlementOut(
        institution_id=institution_id,
        first=first,
        last=last,
        lines=[SettlementLineOut.model_validate(line) for line in found],
        sessions=sum(line.sessions for line in found),
        minutes=sum(line.minutes for line in found),
    )


class SessionRateIn(SessionRateDetails):
    """A rate to agree for an offering."""

    offering_id: UUID


class SessionRateOut(BaseModel):
    """The price of each session of an offering from `valid_from` on, in fen, until another rate begins. Of two from the
    same day, the one agreed later holds."""

    model_config = ConfigDict(from_attributes=True)

    id: UUID
    version: int
    offering_id: UUID
    institution_id: UUID
    fen: int
    valid_from: date
    agreed_by: str
    agreed_at: datetime


class SessionRatesOut(BaseModel):
    """All rates ever agreed for an offering, in the order of agreement."""

    model_config = ConfigDict(from_attributes=True)

    items: list[SessionRateOut]


class ProviderSettlementIn(BaseModel):
    """Settle the sessions of a provider at a school up to the day `until`, this included."""

    model_config = ConfigDict(extra="forbid")

    institution_id: UUID
    school_id: UUID
    until: Day


class ProviderSettlementOut(BaseModel):
    """A settlement of a school with a provider. `total` is the sum of the postings in fen."""

    model_config = ConfigDict(from_attributes=True)

    id: UUID
    version: int
    school_id: UUID
    institution_id: UUID
    number: int
    until: date
    total: int
    posted_by: str
    posted_at: datetime


class PaidSessionsOut(BaseModel):
    """Sessions at one rate, in fen per session."""

    fen: int
    sessions: int


class UnpaidSessionsOut(BaseModel):
    """Sessions that are not paid for, and why."""

    code: Unpaid
    sessions: int
    zh: str
    en: str


class ProviderSettlementLineOut(BaseModel):
    """One offering, all its sessions up to the day of the settlement. `posting` is `target` minus `posted`, which
    earlier settlements posted; below zero it takes money back."""

    offering_id: UUID
    sessions: int
    minutes: int
    rates: list[PaidSessionsOut]
    unpaid: list[UnpaidSessionsOut]
    target: int
    posted: int
    posting: int

    @classmethod
    def of(cls, line: SettlementLine) -> Self:
        unpaid = [one | dict(zip(("zh", "en"), WORDS[Unpaid(one["code"])], strict=True)) for one in line.unpaid]
        stored = {name: getattr(line, name) for name in cls.model_fields if name != "unpaid"}
        return cls.model_validate(stored | {"unpaid": unpaid})


class SettledOut(ProviderSettlementOut):
    """A settlement with its lines."""

    details: list[ProviderSettlementLineOut]

    @classmethod
    async def of(cls, session: SessionDep, settlement: Settlement) -> Self:
        lines = [ProviderSettlementLineOut.of(line) for line in await queries.lines_of(session, settlement.id)]
        stored = ProviderSettlementOut.model_validate(settlement).model_dump()
        return cls.model_validate(stored | {"details": lines})


@session_rates.post(
    "",
    status_code=status.HTTP_201_CREATED,
    response_model=SessionRateOut,
    responses=problems(OfferingNotFound, TaughtBySchool, ProviderNotListed, RateAbovePrice),
)
async def agree_session_rate(body: SessionRateIn, caller: KeeperDep, session: SessionDep) -> SessionRate:
    """Agree what a provider gets for each session of an offering from a day on, at most the price of the white list."""
    details = SessionRateDetails(**body.model_dump(exclude={"offering_id"}))
    return await usecases.agree_rate(session, body.offering_id, details, caller=caller, at=utc_now())


@session_rates.get("", response_model=SessionRatesOut, responses=problems(OfferingNotFound))
async def list_session_rates(
    offering: UUID, caller: ReaderDep, session: SessionDep
) -> dict[str, Sequence[SessionRate]]:
    """The rates of an offering."""
    await offerings.offering_within_reach(session, offering, caller)
    return {"items": await queries.rates(session, offering)}


@provider_settlements.post(
    "",
    status_code=status.HTTP_201_CREATED,
    response_model=SettledOut,
    responses=problems(
        SchoolNotFound, ProviderNotFound, SettlementAhead, SettlementBefore, NothingToSettle, SettledMeanwhile
    ),
)
async def settle_provider(
    body: ProviderSettlementIn, caller: KeeperDep, session: SessionDep, response: Response
) -> SettledOut:
    """Settle with a provider: sessions delivered times their rates, minus what was posted before. A correction of
    attendance, or a rate agreed later, is part of the next settlement. A settlement never changes."""
    settlement = await usecases.settle_provider(
        session, body.institution_id, body.school_id, body.until, caller=caller, at=utc_now()
    )
    response.headers["Location"] = f"/v1/provider-settlements/{settlement.id}"
    return await SettledOut.of(session, settlement)


@provider_settlements.get("", response_model=Page[ProviderSettlementOut])
async def list_provider_settlements(
    request: Request,
    caller: ReaderDep,
    page: PageParams,
    institution: UUID | None = None,
    school: UUID | None = None,
) -> Response:
    """Settlements in the order in which they were posted. Officers see those in their district, staff those of their
    school."""
    binding = {"institution": institution, "school": school}
    (after,) = page.position(**binding) or (None,)
    statement = queries.settlements_page(caller, institution=institution, school=school, after=after, limit=page.limit)
    return await fetch_page(request, statement, page, **binding)


@provider_settlements.get("/{settlement_id}", response_model=SettledOut, responses=problems(SettlementNotFound))
async def get_provider_settlement(settlement_id: UUID, caller: ReaderDep, session: SessionDep) -> SettledOut:
    """One settlement with its lines."""
    return await SettledOut.of(session, await queries.settlement(session, settlement_id, caller))
