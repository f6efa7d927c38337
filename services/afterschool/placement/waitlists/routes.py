"""`/v1/waitlists`, and the routes by which seats become free or change hands."""

from datetime import datetime
from uuid import UUID

from fastapi import Request, Response
from pydantic import MISSING, BaseModel, ConfigDict

from services.afterschool.placement.enrolments import queries as positions
from services.afterschool.placement.enrolments.domain import Enrolment, EnrolmentEnded, EnrolmentNotFound, NoOffer
from services.afterschool.placement.enrolments.routes import ActorDep, EnrolmentOut, ReaderDep
from services.afterschool.placement.waitlists import queries, usecases
from services.afterschool.placement.waitlists.domain import NotOneChild, ReserveNotReleased
from services.afterschool.programme.offerings import queries as reading
from services.afterschool.programme.offerings.domain import (
    Capacity,
    CapacityBelowEnrolled,
    Instant,
    OfferingNotFound,
    WindowEmpty,
)
from services.afterschool.programme.offerings.routes import OfferingOut, WriterDep
from services.afterschool.roster.students.domain import Group
from shared.domain.clock import china_date, utc_now
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


class PromotionIn(BaseModel):
    """Whether a seat that becomes free is taken at once."""

    model_config = ConfigDict(extra="forbid")

    accepts: bool


class ExchangeIn(BaseModel):
    """The enrolment of the same child whose offered seat is taken instead."""

    model_config = ConfigDict(extra="forbid")

    wanted_id: UUID


class ReleaseOut(BaseModel):
    """How many seats went from the reserve to everybody."""

    seats: int


class OfferingPatch(BaseModel):
    """The fields of a published course that can be changed. An absent field stays as it is."""

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
    statement = queries.queue_page(caller, offering, on=china_date(utc_now()), after=after, limit=page.limit)
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
    return await OfferingOut.of(session, offering, at=at)


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
    return _seen(enrolment)


@enrolments.post(
    "/{enrolment_id}/acceptance",
    response_model=EnrolmentOut,
    responses=problems(EnrolmentNotFound, NoOffer),
)
async def accept_offer(enrolment_id: UUID, caller: ActorDep, session: SessionDep) -> EnrolmentOut:
    """Take the offered seat."""
    return _seen(await usecases.accept_offer(session, enrolment_id, caller=caller, at=utc_now()))


@enrolments.post(
    "/{enrolment_id}/refusal",
    response_model=EnrolmentOut,
    responses=problems(EnrolmentNotFound, EnrolmentEnded),
)
async def decline_offer(enrolment_id: UUID, caller: ActorDep, session: SessionDep) -> EnrolmentOut:
    """Decline the offered seat. The enrolment ends, and the next child in line gets the seat."""
    return _seen(await usecases.decline_offer(session, enrolment_id, caller=caller, at=utc_now()))


@enrolments.put(
    "/{enrolment_id}/promotion",
    response_model=EnrolmentOut,
    responses=problems(EnrolmentNotFound, EnrolmentEnded),
)
async def set_promotion(enrolment_id: UUID, body: PromotionIn, caller: ActorDep, session: SessionDep) -> EnrolmentOut:
    """Say beforehand whether a seat that becomes free is taken at once, or offered for a time."""
    changed = await usecases.set_promotion(session, enrolment_id, accepts=body.accepts, caller=caller, at=utc_now())
    return EnrolmentOut.of(changed, position=await positions.position(session, changed))


@enrolments.post(
    "/{enrolment_id}/exchange",
    response_model=EnrolmentOut,
    responses=problems(EnrolmentNotFound, EnrolmentEnded, NoOffer, NotOneChild),
)
async def exchange_seat(enrolment_id: UUID, body: ExchangeIn, caller: ActorDep, session: SessionDep) -> EnrolmentOut:
    """Give up this seat for an offered one of the same child, in one step."""
    return _seen(await usecases.exchange_seat(session, enrolment_id, body.wanted_id, caller=caller, at=utc_now()))


@offerings.post(
    "/{offering_id}/reserves/{group}/release",
    response_model=ReleaseOut,
    responses=problems(OfferingNotFound, ReserveNotReleased),
)
async def release_reserve(offering_id: UUID, group: Group, caller: WriterDep, session: SessionDep) -> ReleaseOut:
    """Give the free seats of a reserve to everybody before its time."""
    await reading.offering_for_update(session, offering_id, caller)
    return ReleaseOut(seats=await usecases.release_reserve(session, offering_id, group, at=utc_now()))


def _seen(enrolment: Enrolment) -> EnrolmentOut:
    return EnrolmentOut.of(enrolment, position=None)
