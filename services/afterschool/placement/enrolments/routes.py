"""`/v1/enrolments`."""

from datetime import datetime
from functools import partial
from typing import Annotated
from uuid import UUID

from fastapi import Request, Response, status
from pydantic import BaseModel, ConfigDict
from sqlalchemy.ext.asyncio import AsyncSession

from services.afterschool.placement.enrolments import queries, usecases
from services.afterschool.placement.enrolments.counter import Counter
from services.afterschool.placement.enrolments.decision import Decision, decide_within
from services.afterschool.placement.enrolments.domain import (
    AlreadyEnrolled,
    Enrolment,
    EnrolmentNotFound,
    EnrolmentNotOpen,
    GuardianUnclear,
    State,
    StudentNotFound,
)
from services.afterschool.placement.enrolments.usecases import EnrolmentBusy
from services.afterschool.programme.offerings.domain import OfferingNotFound
from shared.domain.clock import utc_now
from shared.domain.wording import Line
from shared.http import idempotency
from shared.http.paging import Page, PageParams
from shared.http.policies import Principal, allow
from shared.http.reads import fetch_page
from shared.http.web import SessionDep, problems, service_router

router = service_router(prefix="/v1/enrolments", tags=["enrolments"])

ReaderDep = Annotated[Principal, allow("bureau", "district_officer", "school_staff", "guardian", "auditor", "service")]
ActorDep = Annotated[Principal, allow("guardian", "school_staff")]


class EnrolmentIn(BaseModel):
    """A request for a place. School staff name the `guardian` they act for; a guardian leaves it out."""

    model_config = ConfigDict(extra="forbid")

    offering_id: UUID
    student_id: UUID
    guardian: Line | None = None


class EnrolmentOut(BaseModel):
    """An enrolment. `ticket` numbers the requests in order; `position` is the place on the waiting list, from 1."""

    model_config = ConfigDict(from_attributes=True)

    id: UUID
    version: int
    offering_id: UUID
    student_id: UUID
    school_id: UUID
    state: State
    ticket: int
    position: int | None
    asked_at: datetime
    decided_at: datetime | None
    withdrawn_at: datetime | None

    @classmethod
    def of(cls, enrolment: Enrolment, *, position: int | None) -> "EnrolmentOut":
        stored = {name: getattr(enrolment, name) for name in cls.model_fields if name != "position"}
        return cls(**stored, position=position)


@router.post(
    "",
    status_code=status.HTTP_201_CREATED,
    response_model=EnrolmentOut,
    responses=problems(
        AlreadyEnrolled, EnrolmentNotOpen, EnrolmentBusy, OfferingNotFound, StudentNotFound, GuardianUnclear
    ),
)
async def enrol_student(
    body: EnrolmentIn, request: Request, caller: ActorDep, session: SessionDep, response: Response
) -> Decision:
    """Request a place. The child gets it at once if one is free and nobody waits, else joins the end of the waiting
    list."""
    decision = await usecases.enrol_student(
        _decider(request, session),
        session,
        body.offering_id,
        body.student_id,
        guardian=body.guardian,
        caller=caller,
        at=utc_now(),
    )
    response.headers["Location"] = f"/v1/enrolments/{decision.id}"
    response.headers["ETag"] = '"1"'
    return decision


def _decider(request: Request, session: AsyncSession) -> usecases.Decide:
    """With an Idempotency-Key, decision and stored answer share one transaction; otherwise the decision has its own."""
    if idempotency.HEADER in request.headers:
        return partial(decide_within, session)
    counter: Counter = request.app.state.counter
    return counter.decide


@router.get("", response_model=Page[EnrolmentOut])
async def list_enrolments(
    request: Request,
    caller: ReaderDep,
    page: PageParams,
    offering: UUID | None = None,
    student: UUID | None = None,
    state: State | None = None,
) -> Response:
    """Enrolments in the order of their requests. A guardian sees those of own children, staff those of their school."""
    binding = {"offering": offering, "student": student, "state": state}
    (after,) = page.position(**binding) or (None,)
    statement = queries.enrolments_page(
        caller, offering=offering, student=student, state=state, after=after, limit=page.limit
    )
    return await fetch_page(request, statement, page, **binding)


@router.get("/{enrolment_id}", response_model=EnrolmentOut, responses=problems(EnrolmentNotFound))
async def get_enrolment(enrolment_id: UUID, caller: ReaderDep, session: SessionDep) -> EnrolmentOut:
    """One enrolment with its present place on the waiting list. Never 304: the list moves without a new version."""
    placed = await queries.placed(session, enrolment_id, caller)
    return EnrolmentOut.of(placed.enrolment, position=await queries.position(session, placed.enrolment))
