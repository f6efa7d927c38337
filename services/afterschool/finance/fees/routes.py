"""`/v1/bills` and `/v1/fee-waivers`."""

from datetime import date, datetime
from typing import Annotated, Self
from uuid import UUID

from fastapi import Query, Request, Response, status
from pydantic import BaseModel, ConfigDict, Field

from services.afterschool.finance.fees import queries, usecases
from services.afterschool.finance.fees.bill import REFUND_SOURCE
from services.afterschool.finance.fees.domain import (
    CollectionOutsideTerm,
    CollectionTooLarge,
    EntryKind,
    FeeWaiver,
    FeeWaiverDaysEmpty,
    FeeWaiverDetails,
    FeeWaiverEndsAlready,
    FeeWaiverNotFound,
    FeeWaiverOverlaps,
    RefundTooLarge,
)
from services.afterschool.finance.fees.queries import Account
from services.afterschool.roster.students.domain import StudentNotFound
from services.afterschool.roster.terms.domain import TermNotFound
from shared.domain.clock import china_date, utc_now
from shared.domain.wording import KEY, NUMBER, Day, Key, Reason
from shared.http.idempotency import PersonalData
from shared.http.paging import Page, PageParams
from shared.http.policies import Principal, allow
from shared.http.reads import fetch_page
from shared.http.web import SessionDep, problems, service_router

bills = service_router(prefix="/v1/bills", tags=["finance"])
waivers = service_router(prefix="/v1/fee-waivers", tags=["finance"])

BillReaderDep = Annotated[Principal, allow("bureau", "district_officer", "school_staff", "guardian")]
KeeperDep = Annotated[Principal, allow("bureau", "district_officer", "school_staff")]
Fen = Annotated[int, NUMBER, Field(ge=1, le=10_000_000)]


class CollectionIn(BaseModel):
    """What was collected for a term, in fen."""

    model_config = ConfigDict(extra="forbid")

    term: Key
    fen: Fen


class RefundIn(CollectionIn):
    """What was paid back for a term, in fen, and why."""

    reason: Reason


class BillLineOut(BaseModel):
    """One seat: the fee per lesson, lessons delivered, attended and to be paid, what is waived, and the sum in fen."""

    model_config = ConfigDict(from_attributes=True)

    enrolment_id: UUID
    offering_id: UUID
    school_id: UUID
    fee: int
    ended: bool
    delivered: int
    attended: int
    due_lessons: int
    waived: int
    fen: int


class FeeEntryOut(BaseModel):
    """A collection or a refund."""

    model_config = ConfigDict(from_attributes=True)

    id: UUID
    kind: EntryKind
    fen: int
    recorded_at: datetime


class BillOut(BaseModel):
    """The bill of a child for a term, in fen. `coming` is for lessons still to be delivered.

    A seat that was given up is paid for by the lessons attended; `refund_source` names the rule.
    """

    student_id: UUID
    term: str
    lines: list[BillLineOut]
    charged: int
    coming: int
    collected: int
    refunded: int
    due: int
    refundable: int
    collectable: int
    entries: list[FeeEntryOut]
    refund_source: str = REFUND_SOURCE

    @classmethod
    def of(cls, student_id: UUID, account: Account) -> Self:
        bill = account.bill
        return cls(
            student_id=student_id,
            term=account.term.name,
            lines=[BillLineOut.model_validate(line) for line in bill.lines],
            charged=bill.charged,
            coming=bill.coming,
            collected=bill.collected,
            refunded=bill.refunded,
            due=bill.due,
            refundable=bill.refundable,
            collectable=bill.collectable,
            entries=[FeeEntryOut.model_validate(entry) for entry in account.entries],
        )


class FeeWaiverIn(FeeWaiverDetails):
    """A waiver of fees for hardship."""

    student_id: UUID


class FeeWaiverEndIn(BaseModel):
    """The first day without the waiver, and why it ends."""

    model_config = ConfigDict(extra="forbid")

    valid_to: Day
    reason: Reason


class FeeWaiverOut(PersonalData):
    """A waiver of fees on the days `[valid_from, valid_to)`. `share_bp`: 10000 is all of them."""

    model_config = ConfigDict(from_attributes=True)

    id: UUID
    version: int
    student_id: UUID
    school_id: UUID
    share_bp: int
    valid_from: date
    valid_to: date | None
    reason: str
    decided_at: datetime


@bills.get("/{student_id}", response_model=BillOut, responses=problems(StudentNotFound, TermNotFound))
async def get_bill(
    student_id: UUID,
    caller: BillReaderDep,
    session: SessionDep,
    term: Annotated[str, KEY, Query(min_length=1, max_length=100)],
) -> BillOut:
    """The bill of a child for a term, from the lessons really delivered. Guardians see their own children's."""
    found = await queries.account(session, student_id, term, caller=caller, today=china_date(utc_now()))
    return BillOut.of(student_id, found)


@bills.post(
    "/{student_id}/collections",
    status_code=status.HTTP_201_CREATED,
    response_model=BillOut,
    responses=problems(StudentNotFound, TermNotFound, CollectionOutsideTerm, CollectionTooLarge),
)
async def collect_fees(student_id: UUID, body: CollectionIn, caller: KeeperDep, session: SessionDep) -> BillOut:
    """Enter what was collected. Fees are collected for one term, during it, and not beyond its lessons."""
    found = await usecases.collect_fees(session, student_id, body.term, body.fen, caller=caller, at=utc_now())
    return BillOut.of(student_id, found)


@bills.post(
    "/{student_id}/refunds",
    status_code=status.HTTP_201_CREATED,
    response_model=BillOut,
    responses=problems(StudentNotFound, TermNotFound, RefundTooLarge),
)
async def refund_fees(student_id: UUID, body: RefundIn, caller: KeeperDep, session: SessionDep) -> BillOut:
    """Enter what was paid back, not more than the bill says."""
    found = await usecases.refund_fees(
        session, student_id, body.term, body.fen, reason=body.reason, caller=caller, at=utc_now()
    )
    return BillOut.of(student_id, found)


@waivers.post(
    "",
    status_code=status.HTTP_201_CREATED,
    response_model=FeeWaiverOut,
    responses=problems(StudentNotFound, FeeWaiverDaysEmpty, FeeWaiverOverlaps),
)
async def grant_fee_waiver(body: FeeWaiverIn, caller: KeeperDep, session: SessionDep) -> FeeWaiver:
    """Waive fees of a child for hardship."""
    details = FeeWaiverDetails(**body.model_dump(exclude={"student_id"}))
    return await usecases.grant_waiver(session, body.student_id, details, caller=caller, at=utc_now())


@waivers.get("", response_model=Page[FeeWaiverOut])
async def list_fee_waivers(
    request: Request,
    caller: KeeperDep,
    page: PageParams,
    student: UUID | None = None,
    school: UUID | None = None,
    on: Annotated[Day | None, Query(description="Only waivers that hold on this day.")] = None,
) -> Response:
    """Waivers in the order in which they were granted. Staff see those of their school."""
    binding = {"student": student, "school": school, "on": on}
    (after,) = page.position(**binding) or (None,)
    statement = queries.waivers_page(caller, student=student, school=school, on=on, after=after, limit=page.limit)
    return await fetch_page(request, statement, page, **binding)


@waivers.post(
    "/{waiver_id}/end",
    response_model=FeeWaiverOut,
    responses=problems(FeeWaiverNotFound, FeeWaiverDaysEmpty, FeeWaiverEndsAlready),
)
async def end_fee_waiver(waiver_id: UUID, body: FeeWaiverEndIn, caller: KeeperDep, session: SessionDep) -> FeeWaiver:
    """End a waiver on a day."""
    return await usecases.end_waiver(session, waiver_id, body.valid_to, reason=body.reason, caller=caller, at=utc_now())
