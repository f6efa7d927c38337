"""`/v1/sessions` and `/v1/makeup-days`."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Annotated, Self
from uuid import UUID

from fastapi import Query, Request, Response
from pydantic import BaseModel, ConfigDict, Field, model_validator

from services.afterschool.delivery.sessions import queries, usecases
from services.afterschool.delivery.sessions.domain import (
    CancelledFor,
    CourseSession,
    Generated,
    MakeupTimetable,
    NotMakeupWorkday,
    SessionHasAttendance,
    SessionIsCancelled,
    SessionNotFound,
    SessionState,
    TeacherBusy,
    TeacherNotAtSchool,
)
from services.afterschool.programme.offerings.domain import Care, OfferingNotFound
from services.afterschool.roster.schools import queries as schools
from services.afterschool.roster.schools.domain import SchoolNotFound
from services.afterschool.roster.teachers.domain import TeacherNotFound
from services.afterschool.roster.terms.domain import CalendarUnknown, TermNotFound
from shared.domain.clock import utc_now
from shared.domain.refusals import field_error
from shared.domain.wording import NUMBER, Day, Key, Reason
from shared.http.paging import Page, PageParams
from shared.http.policies import Principal, allow
from shared.http.reads import fetch_page
from shared.http.web import SessionDep, problems, service_router

router = service_router(prefix="/v1/sessions", tags=["sessions"])
makeup_days = service_router(prefix="/v1/makeup-days", tags=["sessions"])

ReaderDep = Annotated[Principal, allow("bureau", "district_officer", "school_staff", "guardian", "auditor", "service")]
KeeperDep = Annotated[Principal, allow("bureau", "district_officer", "school_staff")]


class GenerationIn(BaseModel):
    """Of what to generate sessions: one offering, or a school's offerings of a term."""

    model_config = ConfigDict(extra="forbid")

    offering_id: UUID | None = None
    school_id: UUID | None = None
    term: Key | None = None

    @model_validator(mode="after")
    def names_one_thing(self) -> Self:
        of_school = self.school_id is not None and self.term is not None
        neither = self.school_id is None and self.term is None
        if not (of_school if self.offering_id is None else neither):
            raise field_error(
                "offering-or-school",
                en="Send either `offering_id`, or `school_id` and `term`.",
                zh="请提供课程编号，或学校编号和学期。",
            )
        return self


class SessionRefOut(BaseModel):
    """A session by offering, day and period."""

    model_config = ConfigDict(from_attributes=True)

    id: UUID
    offering_id: UUID
    on: date
    number: int


class GeneratedOut(BaseModel):
    """The changes: new sessions, sessions planned again or at another time, and cancelled ones.

    `kept` sessions have no timetable on their day any more, but attendance, so they stay."""

    model_config = ConfigDict(from_attributes=True)

    planned: int
    restored: list[SessionRefOut]
    cancelled: list[SessionRefOut]
    kept: list[SessionRefOut]


class SessionOut(BaseModel):
    """A session. `on` is the day in China, `weekday` the one whose timetable the day follows.

    `taken_at` is null as long as no attendance is recorded."""

    model_config = ConfigDict(from_attributes=True)

    id: UUID
    version: int
    offering_id: UUID
    school_id: UUID
    term_id: UUID
    on: date
    weekday: int
    number: int
    starts_at: datetime
    ends_at: datetime
    care: Care
    teacher_id: UUID | None
    provider_id: UUID | None
    outside_person_id: UUID | None
    substitute_id: UUID | None
    state: SessionState
    cancelled_for: CancelledFor | None
    reason: str | None
    taken_at: datetime | None


class SubstitutionIn(BaseModel):
    """The teacher who takes the session, and why. A null `teacher_id` gives it back to the offering's teacher."""

    model_config = ConfigDict(extra="forbid")

    teacher_id: UUID | None
    reason: Reason


class SessionCancellationIn(BaseModel):
    """Why the session does not take place."""

    model_config = ConfigDict(extra="forbid")

    reason: Reason


class MakeupDayIn(BaseModel):
    """The weekday, 1 (Monday) to 7, whose timetable the make-up workday follows; null: it has no sessions."""

    model_config = ConfigDict(extra="forbid")

    school_id: UUID
    on: Day
    weekday: Annotated[int, NUMBER, Field(ge=1, le=7)] | None


class MakeupDayOut(BaseModel):
    """A make-up workday with a timetable."""

    model_config = ConfigDict(from_attributes=True)

    on: date
    weekday: int


class MakeupDaysOut(BaseModel):
    """The make-up workdays of a school that have a timetable."""

    model_config = ConfigDict(from_attributes=True)

    items: list[MakeupDayOut]


@router.post(
    "",
    response_model=GeneratedOut,
    responses=problems(OfferingNotFound, SchoolNotFound, TermNotFound, CalendarUnknown),
)
async def generate_sessions(body: GenerationIn, caller: KeeperDep, session: SessionDep) -> Generated:
    """Generate sessions from the weekly periods and the school days of the calendar.

    The worker does this by itself after a change of the calendar, an offering or a make-up workday. Sessions on days
    that are no school days are cancelled, missing ones are added. A session with attendance is left as it is and listed
    as `kept`. Nothing to change: nothing is written.
    """
    at = utc_now()
    if body.offering_id is not None:
        return await usecases.generate_of_offering(session, body.offering_id, caller=caller, at=at)
    assert body.school_id is not None
    assert body.term is not None
    return await usecases.generate_of_school(session, body.school_id, body.term, caller=caller, at=at)


@router.get("", response_model=Page[SessionOut])
async def list_sessions(
    request: Request,
    caller: ReaderDep,
    page: PageParams,
    offering: UUID | None = None,
    school: UUID | None = None,
    first: Annotated[Day | None, Query(description="The first day.")] = None,
    last: Annotated[Day | None, Query(description="The last day.")] = None,
) -> Response:
    """Sessions of an offering, a school or some days. Guardians see those of all schools, staff those of their own."""
    binding = {"offering": offering, "school": school, "first": first, "last": last}
    (after,) = page.position(**binding) or (None,)
    statement = queries.sessions_page(
        caller, offering=offering, school=school, first=first, last=last, after=after, limit=page.limit
    )
    return await fetch_page(request, statement, page, **binding)


@router.get("/{session_id}", response_model=SessionOut, responses=problems(SessionNotFound))
async def get_session(session_id: UUID, caller: ReaderDep, session: SessionDep) -> CourseSession:
    """One session."""
    return await queries.course_session(session, session_id, caller)


@router.post(
    "/{session_id}/substitution",
    response_model=SessionOut,
    responses=problems(
        SessionNotFound, TeacherNotFound, SessionIsCancelled, SessionHasAttendance, TeacherNotAtSchool, TeacherBusy
    ),
)
async def substitute_teacher(
    session_id: UUID, body: SubstitutionIn, caller: KeeperDep, session: SessionDep
) -> CourseSession:
    """Let another teacher of the school take a session. The teacher must be free at this time."""
    return await usecases.substitute(
        session, session_id, body.teacher_id, reason=body.reason, caller=caller, at=utc_now()
    )


@router.post(
    "/{session_id}/cancellation",
    response_model=SessionOut,
    responses=problems(SessionNotFound, SessionIsCancelled, SessionHasAttendance),
)
async def cancel_session(
    session_id: UUID, body: SessionCancellationIn, caller: KeeperDep, session: SessionDep
) -> CourseSession:
    """Cancel a session that has no attendance yet."""
    return await usecases.cancel_session(session, session_id, reason=body.reason, caller=caller, at=utc_now())


@makeup_days.post(
    "",
    response_model=MakeupDaysOut,
    responses=problems(SchoolNotFound, CalendarUnknown, NotMakeupWorkday),
)
async def set_makeup_day(
    body: MakeupDayIn, caller: KeeperDep, session: SessionDep
) -> dict[str, Sequence[MakeupTimetable]]:
    """Say which weekday's timetable a make-up workday follows at a school. The worker plans its sessions soon."""
    await usecases.set_makeup_day(session, body.school_id, body.on, body.weekday, caller=caller, at=utc_now())
    return {"items": await queries.makeup_timetables(session, body.school_id)}


@makeup_days.get("", response_model=MakeupDaysOut, responses=problems(SchoolNotFound))
async def list_makeup_days(
    school: UUID, caller: ReaderDep, session: SessionDep
) -> dict[str, Sequence[MakeupTimetable]]:
    """The make-up workdays of a school that have a timetable."""
    await schools.school(session, school, caller)
    return {"items": await queries.makeup_timetables(session, school)}
