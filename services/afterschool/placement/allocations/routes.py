"""`/v1/allocations` and `/v1/preferences`."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from fastapi import Query, Response, status
from pydantic import BaseModel, ConfigDict, Field

from services.afterschool.placement.allocations import queries, usecases
from services.afterschool.placement.allocations.domain import (
    Allocation,
    AllocationDetails,
    AllocationNotFound,
    AllocationState,
    AlreadyDrawn,
    ChoicesMalformed,
    MarketNotFound,
    NotDrawnYet,
    Preference,
    PreferencesClosed,
    StillOpen,
    shown_seed,
)
from services.afterschool.placement.allocations.explanation import Reason
from services.afterschool.placement.allocations.lottery import Key
from services.afterschool.placement.allocations.market import CHOICES
from services.afterschool.programme.offerings.domain import WindowEmpty
from services.afterschool.roster.doors import SealerDep
from services.afterschool.roster.schools.domain import SchoolNotFound
from services.afterschool.roster.students.domain import StudentNotFound
from services.afterschool.roster.terms.domain import TermNotFound
from shared.domain.clock import utc_now
from shared.domain.wording import Line
from shared.http.paging import Page, PageParams
from shared.http.policies import Principal, allow
from shared.http.web import SessionDep, problems, service_router

router = service_router(prefix="/v1/allocations", tags=["allocations"])
preferences = service_router(prefix="/v1/preferences", tags=["allocations"])

ReaderDep = Annotated[Principal, allow("bureau", "district_officer", "school_staff", "guardian", "auditor", "service")]
KeeperDep = Annotated[Principal, allow("bureau", "district_officer", "school_staff")]
ActorDep = Annotated[Principal, allow("guardian", "school_staff")]
FamilyDep = Annotated[Principal, allow("bureau", "district_officer", "school_staff", "guardian", "auditor")]


class AllocationIn(AllocationDetails):
    """An allocation to open."""


class AllocationOut(BaseModel):
    """An allocation. `commitment` is the SHA-256 of the `secret`, which is shown after the draw."""

    id: UUID
    version: int
    name: str
    term_id: UUID
    school_id: UUID | None
    district: str | None
    opens_at: datetime
    closes_at: datetime
    public_source: str
    commitment: str
    state: AllocationState
    public_value: str | None = None
    secret: str | None = None
    opened_at: datetime
    drawn_at: datetime | None

    @classmethod
    def of(cls, allocation: Allocation, sealer: SealerDep) -> "AllocationOut":
        shown = cls.model_fields.keys() - {"public_value", "secret"}
        return cls(**{name: getattr(allocation, name) for name in shown}, **shown_seed(allocation, sealer))


class PublicValueIn(BaseModel):
    """The value that the named source published after the closing."""

    model_config = ConfigDict(extra="forbid")

    public_value: Line


class PreferenceIn(BaseModel):
    """A child's ranked offerings of one slot, best first."""

    model_config = ConfigDict(extra="forbid")

    allocation_id: UUID
    student_id: UUID
    choices: Annotated[list[UUID], Field(min_length=1, max_length=CHOICES)]


class PreferenceOut(BaseModel):
    """A list. `slots` names its time: weekday, period and half of the term, joined by `+`."""

    model_config = ConfigDict(from_attributes=True)

    allocation_id: UUID
    student_id: UUID
    slots: str
    choices: list[UUID]
    entered_at: datetime


class PreferencesOut(BaseModel):
    """The lists of one child."""

    model_config = ConfigDict(from_attributes=True)

    items: list[PreferenceOut]


class ChoicesWithdrawalIn(BaseModel):
    """The list that is withdrawn; `*` means all."""

    model_config = ConfigDict(extra="forbid")

    allocation_id: UUID
    student_id: UUID
    slots: Annotated[str, Field(max_length=400)]


class KeyOut(BaseModel):
    """A place in the order: the higher credit first, then the smaller lottery number (hexadecimal)."""

    credit: int
    number: str

    @classmethod
    def of(cls, key: Key | None) -> "KeyOut | None":
        return None if key is None else cls(credit=key.credit, number=key.number.hex())


class ChoiceOut(BaseModel):
    """Why one choice was given or not: your key, and the last admitted key of your pool and of the general one."""

    rank: int
    offering_id: UUID
    pool: str
    reason: Reason
    key: KeyOut
    last: KeyOut | None
    last_general: KeyOut | None


class ExplanationOut(BaseModel):
    """The result of one market for a child. `child` is its pseudonym in the published file."""

    market: str
    child: str
    offering_id: UUID | None
    pool: str | None
    choices: list[ChoiceOut]


class ExplanationsOut(BaseModel):
    """The results of one child."""

    items: list[ExplanationOut]


class CutOffOut(BaseModel):
    """The last admitted key of one pool of one offering; null if nobody was admitted."""

    market: str
    offering_id: UUID
    pool: str
    seats: int
    admitted: int
    last: KeyOut | None


class CutOffsOut(BaseModel):
    """The published cut-offs."""

    items: list[CutOffOut]


class MarketOut(BaseModel):
    """A market and the hash of its frozen input."""

    model_config = ConfigDict(from_attributes=True)

    name: str
    school_id: UUID
    slots: list[str]
    input_hash: str


class MarketsOut(BaseModel):
    """The markets of an allocation."""

    model_config = ConfigDict(from_attributes=True)

    items: list[MarketOut]


@router.post(
    "",
    status_code=status.HTTP_201_CREATED,
    response_model=AllocationOut,
    responses=problems(SchoolNotFound, TermNotFound, WindowEmpty),
)
async def open_allocation(
    body: AllocationIn, caller: KeeperDep, session: SessionDep, sealer: SealerDep, response: Response
) -> AllocationOut:
    """Open an allocation: families rank courses from `opens_at` to `closes_at`. The hash of the secret is published
    now."""
    details = AllocationDetails(**body.model_dump())
    opened = await usecases.open_allocation(session, details, sealer=sealer, caller=caller, at=utc_now())
    response.headers["Location"] = f"/v1/allocations/{opened.id}"
    return AllocationOut.of(opened, sealer)


@router.get("", response_model=Page[AllocationOut])
async def list_allocations(
    _: ReaderDep, session: SessionDep, sealer: SealerDep, page: PageParams, term: UUID | None = None
) -> object:
    """Allocations in the order in which they were opened. What they promise is public."""
    (after,) = page.position(term=term) or (None,)
    found = await queries.allocations(
        session, term_id=term, after=None if after is None else UUID(after), limit=page.limit + 1
    )
    return page.page([AllocationOut.of(one, sealer) for one in found], "id", term=term)


@router.get("/{allocation_id}", response_model=AllocationOut, responses=problems(AllocationNotFound))
async def get_allocation(allocation_id: UUID, _: ReaderDep, session: SessionDep, sealer: SealerDep) -> AllocationOut:
    """One allocation."""
    return AllocationOut.of(await queries.allocation(session, allocation_id), sealer)


@router.post(
    "/{allocation_id}/draw",
    status_code=status.HTTP_202_ACCEPTED,
    response_model=AllocationOut,
    responses=problems(AllocationNotFound, AlreadyDrawn, StillOpen),
)
async def draw_allocation(
    allocation_id: UUID, body: PublicValueIn, caller: KeeperDep, session: SessionDep, sealer: SealerDep
) -> AllocationOut:
    """Enter the public value after the closing. The choices are frozen and the lots drawn within a minute."""
    entered = await usecases.enter_public_value(session, allocation_id, body.public_value, caller=caller, at=utc_now())
    return AllocationOut.of(entered, sealer)


@router.get("/{allocation_id}/markets", response_model=MarketsOut, responses=problems(AllocationNotFound))
async def list_markets(allocation_id: UUID, _: ReaderDep, session: SessionDep) -> object:
    """The markets that were drawn: one for each slot of a school."""
    await queries.allocation(session, allocation_id)
    return {"items": await queries.drawn_markets(session, allocation_id)}


@router.get("/{allocation_id}/cut-offs", response_model=CutOffsOut, responses=problems(AllocationNotFound, NotDrawnYet))
async def list_cutoffs(
    allocation_id: UUID,
    _: ReaderDep,
    session: SessionDep,
    market: Annotated[str | None, Query(max_length=400)] = None,
) -> CutOffsOut:
    """The last admitted key of every offering and pool."""
    await usecases.drawn_allocation(session, allocation_id)
    pools = await queries.drawn_offerings(session, allocation_id, market=market)
    cuts = zip(pools, queries.cutoffs(pools), strict=True)
    return CutOffsOut(
        items=[
            CutOffOut(
                market=pool.market,
                offering_id=pool.offering_id,
                pool=cut.pool,
                seats=cut.seats,
                admitted=cut.admitted,
                last=KeyOut.of(cut.last),
            )
            for pool, cut in cuts
        ]
    )


@router.get(
    "/{allocation_id}/publication",
    responses={200: {"content": {"application/json": {}}}, **problems(AllocationNotFound, NotDrawnYet, MarketNotFound)},
)
async def get_publication(
    allocation_id: UUID,
    market: Annotated[str, Query(max_length=400)],
    _: ReaderDep,
    session: SessionDep,
    sealer: SealerDep,
) -> Response:
    """The file of one market: `deploy/verify/allocation.py` draws it again. Children have pseudonyms of this draw."""
    content = await usecases.publication_of(session, allocation_id, market, sealer=sealer)
    return Response(content, media_type="application/json")


@router.get(
    "/{allocation_id}/explanations",
    response_model=ExplanationsOut,
    responses=problems(AllocationNotFound, NotDrawnYet, StudentNotFound),
)
async def explain_allocation(
    allocation_id: UUID, student: UUID, caller: FamilyDep, session: SessionDep, sealer: SealerDep
) -> ExplanationsOut:
    """For each choice of a child: its key, the last admitted key, and the reason."""
    found = await usecases.explanations(session, allocation_id, student, sealer=sealer, caller=caller, at=utc_now())
    return ExplanationsOut(
        items=[
            ExplanationOut(
                market=market,
                child=child,
                offering_id=None if seat is None else UUID(seat.offering),
                pool=None if seat is None else seat.pool,
                choices=[
                    ChoiceOut(
                        rank=one.rank,
                        offering_id=UUID(one.offering),
                        pool=one.pool,
                        reason=one.reason,
                        key=KeyOut(credit=one.key.credit, number=one.key.number.hex()),
                        last=KeyOut.of(one.last),
                        last_general=KeyOut.of(one.last_general),
                    )
                    for one in told
                ],
            )
            for market, child, seat, told in found
        ]
    )


@preferences.put(
    "",
    response_model=PreferenceOut,
    responses=problems(AllocationNotFound, StudentNotFound, PreferencesClosed, ChoicesMalformed),
)
async def rank_choices(body: PreferenceIn, caller: ActorDep, session: SessionDep) -> Preference:
    """Rank up to five courses of one slot, best first. The newest list of a slot counts. Ranking truthfully is best."""
    return await usecases.rank_choices(
        session, body.allocation_id, body.student_id, body.choices, caller=caller, at=utc_now()
    )


@preferences.post(
    "/withdrawal",
    response_model=PreferencesOut,
    responses=problems(AllocationNotFound, StudentNotFound, PreferencesClosed),
)
async def withdraw_choices(body: ChoicesWithdrawalIn, caller: ActorDep, session: SessionDep) -> object:
    """Withdraw the list of one slot, or all lists. The answer has those that are left."""
    at = utc_now()
    await usecases.withdraw_choices(session, body.allocation_id, body.student_id, body.slots, caller=caller, at=at)
    await session.flush()
    left = await usecases.preferences(session, body.allocation_id, body.student_id, caller=caller, at=at)
    return {"items": left}


@preferences.get("", response_model=PreferencesOut, responses=problems(StudentNotFound))
async def list_preferences(allocation: UUID, student: UUID, caller: FamilyDep, session: SessionDep) -> object:
    """The lists of a child, for its guardians and its school."""
    return {"items": await usecases.preferences(session, allocation, student, caller=caller, at=utc_now())}
