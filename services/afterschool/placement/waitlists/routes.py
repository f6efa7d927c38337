"""`/v1/waitlists`, and the two routes by which places become free: of an offering, and of an enrolment."""

from datetime import datetime
from uuid import UUID

from fastapi import Request, Response
from pydantic import MISSING, BaseModel, ConfigDict

from services.afterschool.placement.enrolments.domain import EnrolmentEnded, EnrolmentNotFound
from services.afterschool.placement.enrolments.routes import ActorDep, EnrolmentOut, ReaderDep
from services.afterschool.placement.waitlists import queries, usecases
from services.afterschool.programme.offerings.domain import (
    Capacity,
    CapacityBelowEnrolled,
    Instant,
    OfferingNotFound,
    WindowEmpty,
)
from services.afterschool.programme.offerings.routes import OfferingOut, WriterDep
from shared.domain.clock import utc_now
from shared.domain.wording import Line, Reason
from shared.http.etags import IfMatch
from shared.http.paging import Page, PageParams
from shared.http.reads import fetch_page
from shared.http.web import SessionDep, problems, service_router

router = service_router(prefix="/v1/waitlists", tags=["enrolments"])
offerings = service_router(prefix="/v1/offerings", tags=["offerings"])
enrolments = service_router(prefix="/v1/enrolments", tags=["enrolments"])


class WaitingOut(BaseModel):
    """One place on a waiting list."""

    ticket: int
    position: int
    enrolment_id: UUID
    offering_id: UUID
    student_id: UUID
    asked_at: datetime


class WithdrawalIn(BaseModel):
    """Why the enrolment is withdrawn."""

    model_config = ConfigDict(extra="forbid")

    reason: Reason | None = None


class OfferingPatch(BaseModel):
    """What can be changed in a published course. An absent field stays as it is."""

    model_config = ConfigDict(extra="forbid")

    name: Line | MISSING = MISSING
    capacity: Capacity | MISSING = MISSING
    opens_at: Instant | MISSING = MISSING
    closes_at: Instant | MISSING = MISSING
    reason: Reason | MISSING = MISSING


@router.get("", response_model=Page[WaitingOut])
async def list_waiting(request: Request, caller: ReaderDep, page: PageParams, offering: UUID) -> Response:
    """The waiting list of an offering, in order. A guardian sees only own children, at their true positions."""
    binding = {"queue": offering}
    (after,) = page.position(**binding) or (None,)
    statement = queries.queue_page(caller, offering, after=after, limit=page.limit)
    return await fetch_page(request, statement, page, **binding)


@offerings.patch(
    "/{offering_id}",
    response_model=OfferingOut,
    responses=problems(OfferingNotFound, CapacityBelowEnrolled, WindowEmpty),
)
async def change_offering(
    offering_id: UUID,
    body: OfferingPatch,
    expected: IfMatch,
    caller: WriterDep,
    session: SessionDep,
) -> OfferingOut:
    """Change a course. In the same transaction, new places go to waiting children. Send the ETag you last read in
    If-Match."""
    at = utc_now()
    changes = body.model_dump()
    reason = changes.pop("reason", None)
    offering = await usecases.change_offering(
        session, offering_id, changes, expected=expected, reason=reason, caller=caller, at=at
    )
    return OfferingOut.of(offering, at=at)


@enrolments.post(
    "/{enrolment_id}/withdrawal",
    response_model=EnrolmentOut,
    responses=problems(EnrolmentNotFound, EnrolmentEnded),
)
async def withdraw_enrolment(
    enrolment_id: UUID, caller: ActorDep, session: SessionDep, body: WithdrawalIn | None = None
) -> EnrolmentOut:
    """Withdraw an enrolment. In the same transaction, its place goes to the child that has waited longest."""
    reason = body.reason if body else None
    enrolment = await usecases.withdraw_enrolment(session, enrolment_id, reason=reason, caller=caller, at=utc_now())
    return EnrolmentOut.of(enrolment, position=None)
