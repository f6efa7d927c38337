"""`/v1/notices`: notices, their recipients, and who confirmed them."""

from datetime import date, datetime
from typing import Annotated
from uuid import UUID

from fastapi import Query, Response, status
from pydantic import BaseModel, ConfigDict, Field

from services.registry.ledger.institutions.domain import InstitutionNotFound
from services.registry.supervision.answers.domain import AnsweredInFuture, AnsweredTooEarly, Means, RecordedAnswer
from services.registry.supervision.notices import queries, usecases
from services.registry.supervision.notices.domain import (
    ConfirmByPast,
    Notice,
    NoticeConfirmedAlready,
    NoticeContent,
    NoticeNotFound,
    Receipt,
    Recipients,
    RecipientsBeyondReach,
)
from shared.domain.clock import china_date, utc_now
from shared.http.paging import Page, PageOf, PageParams
from shared.http.policies import Principal, allow
from shared.http.web import SessionDep, problems, service_router

router = service_router(prefix="/v1/notices", tags=["notices"])

ReaderDep = Annotated[Principal, allow("bureau", "district_officer", "inspector", "operator", "auditor", "service")]
IssuerDep = Annotated[Principal, allow("bureau", "district_officer")]


class NoticeIn(NoticeContent):
    """A notice to publish. The institutions that it is about (`subjects`) receive it too."""

    subjects: Annotated[list[UUID], Field(max_length=1000)] = Field(default_factory=list)


class NoticeOut(BaseModel):
    """A notice. `version` counts its facts and is its ETag."""

    model_config = ConfigDict(from_attributes=True)

    id: UUID
    version: int
    number: str
    title: str
    body: str
    legal_basis: str | None
    subjects: list[UUID]
    recipients: Recipients
    confirm_by: date
    published_at: datetime
    published_by: str


class ReceiptCountsOut(BaseModel):
    """Within the caller's reach: recipients, confirmed, and overdue."""

    model_config = ConfigDict(from_attributes=True)

    recipients: int
    confirmed: int
    overdue: int


class NoticeWithCounts(NoticeOut):
    """A notice and the counts of its confirmations."""

    counts: ReceiptCountsOut


class ReceiptOut(BaseModel):
    """An institution's confirmation of a notice."""

    model_config = ConfigDict(from_attributes=True)

    id: UUID
    version: int
    notice_id: UUID
    institution_id: UUID
    confirmed_at: datetime
    means: Means | None
    confirmed_on: date | None
    note: str | None


class ListedReceiptOut(BaseModel):
    """A recipient of a notice, confirmed or not."""

    model_config = ConfigDict(from_attributes=True)

    id: UUID
    version: int
    institution_id: UUID
    institution: str
    district: str | None
    street: str | None
    confirmed_at: datetime | None
    means: Means | None
    confirmed_on: date | None
    note: str | None
    overdue: bool


@router.post(
    "",
    status_code=status.HTTP_201_CREATED,
    response_model=NoticeOut,
    responses=problems(ConfirmByPast, RecipientsBeyondReach, InstitutionNotFound),
)
async def publish_notice(body: NoticeIn, caller: IssuerDep, session: SessionDep, response: Response) -> Notice:
    """Publish a notice. Its recipients are the institutions operating in its scope today, and its subjects."""
    content = NoticeContent.model_construct(**{name: getattr(body, name) for name in NoticeContent.model_fields})
    notice = await usecases.issue_notice(session, content, subjects=body.subjects, caller=caller, at=utc_now())
    response.headers["Location"] = f"/v1/notices/{notice.id}"
    return notice


@router.get("", response_model=Page[NoticeOut])
async def list_notices(
    caller: ReaderDep, session: SessionDep, page: PageParams, institution: UUID | None = None
) -> PageOf[Notice]:
    """Notices within the caller's reach, in the order of publication. Operators see those sent to them."""
    binding = {"institution": institution}
    (after,) = page.position(**binding) or (None,)
    found = await queries.notices(session, caller, institution=institution, after=after, limit=page.limit + 1)
    return page.page(found, "id", **binding)


@router.get("/{notice_id}", response_model=NoticeWithCounts, responses=problems(NoticeNotFound))
async def get_notice(notice_id: UUID, caller: ReaderDep, session: SessionDep) -> NoticeWithCounts:
    """One notice, and how many of those within the caller's reach have confirmed it."""
    notice = await queries.notice(session, notice_id, caller)
    counts = await queries.receipt_counts(session, notice, caller, on=china_date(utc_now()))
    return NoticeWithCounts(
        **NoticeOut.model_validate(notice).model_dump(), counts=ReceiptCountsOut.model_validate(counts)
    )


@router.post(
    "/{notice_id}/receipts",
    status_code=status.HTTP_201_CREATED,
    response_model=ReceiptOut,
    responses=problems(NoticeNotFound, NoticeConfirmedAlready),
)
async def confirm_notice(
    notice_id: UUID, caller: Annotated[Principal, allow("operator")], session: SessionDep
) -> Receipt:
    """Confirm, as the operator, that your institution has received the notice."""
    return await usecases.confirm_notice(session, notice_id, caller=caller, at=utc_now())


@router.post(
    "/{notice_id}/receipts/{institution_id}/confirmation",
    response_model=ReceiptOut,
    responses=problems(NoticeNotFound, NoticeConfirmedAlready, AnsweredInFuture, AnsweredTooEarly),
)
async def record_notice_confirmation(
    notice_id: UUID, institution_id: UUID, body: RecordedAnswer, caller: IssuerDep, session: SessionDep
) -> Receipt:
    """Record that a recipient within reach confirmed the notice on paper or by telephone."""
    return await usecases.record_confirmation(session, notice_id, institution_id, body, caller=caller, at=utc_now())


@router.get("/{notice_id}/receipts", response_model=Page[ListedReceiptOut], responses=problems(NoticeNotFound))
async def list_notice_receipts(
    notice_id: UUID,
    caller: ReaderDep,
    session: SessionDep,
    page: PageParams,
    confirmed: bool | None = None,
    overdue: Annotated[bool | None, Query(description="Only recipients whose confirmation is overdue.")] = None,
) -> PageOf[object]:
    """The notice's recipients within the caller's reach, in the order of the ledger."""
    binding = {"notice": notice_id, "confirmed": confirmed, "overdue": overdue}
    (after,) = page.position(**binding) or (None,)
    notice = await queries.notice(session, notice_id, caller)
    found = await queries.receipts(
        session,
        notice,
        caller,
        confirmed=confirmed,
        overdue=overdue,
        on=china_date(utc_now()),
        after=after,
        limit=page.limit + 1,
    )
    return page.page(found, "institution_id", **binding)
