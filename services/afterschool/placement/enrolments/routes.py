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
    REFUSALS,
    Ending,
    Enrolment,
    EnrolmentNotFound,
    PassedFor,
    State,
)
from services.afterschool.roster.students.domain import Group
from shared.domain.clock import china_date, utc_now
from shared.http import idempotency
from shared.http.paging import Page, PageParams
from shared.http.policies import Principal, allow
from shared.http.reads import fetch_page
from shared.http.web import SessionDep, problems, service_router

router = service_router(prefix="/v1/enrolments", tags=["enrolments"])

ReaderDep = Annotated[Principal, allow("bureau", "district_officer", "school_staff", "guardian", "auditor", "service")]
ActorDep = Annotated[Principal, allow("guardian", "school_staff")]


class EnrolmentIn(BaseModel):
    """A request for a seat, by the child's guardian or by staff of its school.

    With `accepts_promotion` a seat that becomes free is taken at once; otherwise it is offered for a time.
    """

    model_config = ConfigDict(extra="forbid")

    offering_id: UUID
    student_id: UUID
    accepts_promotion: bool = False


class EnrolmentOut(BaseModel):
    """An enrolment. `ticket` numbers the requests in order; `position` is the place on the waiting list, from 1.

    `passed_for` says why a waiting child was passed over, `ending` why the enrolment ended. An offer has `expires_at`.
    """

    model_config = ConfigDict(from_attributes=True)

    id: UUID
    version: int
    offering_id: UUID
    student_id: UUID
    school_id: UUID
    state: State
    reserve: Group
    pool: Group | None
    ticket: int
    accepts_promotion: bool
    position: int | None
    asked_at: datetime
    decided_at: datetime | None
    expires_at: datetime | None
    passed_for: PassedFor | None
    ending: Ending | None
    ended_at: datetime | None

    @classmethod
    def of(cls, enrolment: Enrolment, *, position: int | None) -> "EnrolmentOut":
        stored = {name: getattr(enrolment, name) for name in cls.model_fields if name != "position"}
        return cls(**stored, position=position)


@router.post(
    "",
    status_code=status.HTTP_201_CREATED,
    response_model=EnrolmentOut,
    responses=problems(*REFUSALS.values()),
)
async def enrol_student(
    body: EnrolmentIn, request: Request, caller: ActorDep, session: SessionDep, response: Response
) -> Decision:
    """Request a seat. The child gets it at once if one is free and nobody entitled to it waits, else joins the end of
    the waiting list."""
    decision = await usecases.enrol_student(
        _decider(request, session),
        body.offering_id,
        body.student_id,
        accepts_promotion=body.accepts_promotion,
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
        caller,
        offering=offering,
        student=student,
        state=state,
        on=china_date(utc_now()),
        after=after,
        limit=page.limit,
    )
    return await fetch_page(request, statement, page, **binding)


@router.get("/{enrolment_id}", response_model=EnrolmentOut, responses=problems(EnrolmentNotFound))
async def get_enrolment(enrolment_id: UUID, caller: ReaderDep, session: SessionDep) -> EnrolmentOut:
    """One enrolment with its present place on the waiting list. Never 304: the list moves without a new version."""
    placed = await queries.placed(session, enrolment_id, caller, on=china_date(utc_now()))
    return EnrolmentOut.of(placed.enrolment, position=await queries.position(session, placed.enrolment))
