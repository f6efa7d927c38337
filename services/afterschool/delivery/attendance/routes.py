"""`/v1/attendance`."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Annotated, Any
from uuid import UUID

from fastapi import Query, Request, Response
from pydantic import BaseModel, ConfigDict, Field

from services.afterschool.delivery.attendance import queries, usecases
from services.afterschool.delivery.attendance.domain import MAX_MARKS, REFUSALS, MarkIdTaken, MarkIn, Verdict
from services.afterschool.delivery.sessions.domain import AttendanceState
from services.afterschool.programme.offerings.domain import OfferingNotFound
from services.afterschool.programme.offerings.queries import offering_within_reach
from shared.domain.clock import china_date, utc_now
from shared.domain.wording import Day
from shared.http.batches import Broken, one_by_one
from shared.http.paging import Page, PageParams
from shared.http.policies import Principal, allow
from shared.http.reads import fetch_page
from shared.http.web import SessionDep, problems, service_router

router = service_router(prefix="/v1/attendance", tags=["attendance"])

ReaderDep = Annotated[Principal, allow("bureau", "district_officer", "school_staff", "guardian", "auditor", "service")]
CounterDep = Annotated[Principal, allow("bureau", "district_officer", "school_staff", "auditor", "service")]
TakerDep = Annotated[Principal, allow("school_staff")]


class BatchIn(BaseModel):
    """The marks of a phone, in order. A malformed element of `marks` is refused; the others are processed."""

    model_config = ConfigDict(extra="forbid")

    marks: Annotated[list[Annotated[MarkIn, one_by_one]], Field(min_length=1, max_length=MAX_MARKS)]

    @property
    def elements(self) -> Sequence[MarkIn | Broken]:
        """The marks; in place of an element that could not be read, its damage."""
        return self.marks


class MessageOut(BaseModel):
    """The reason in words."""

    zh: str
    en: str


class MarkAnswerOut(BaseModel):
    """The verdict on one mark. `version` is the version that holds now; in a conflict, `theirs` is that attendance.

    `row` is the JSON text of a refused element, so that nothing is lost; `message` explains the codes of attendance.
    """

    mark_id: UUID | None
    verdict: Verdict
    code: str | None
    message: MessageOut | None
    version: int | None
    theirs: dict[str, Any] | None
    row: str | None

    @classmethod
    def of(cls, answer: usecases.Answer) -> "MarkAnswerOut":
        refusal = REFUSALS.get(answer.code or "")
        return cls(
            mark_id=answer.mark_id,
            verdict=answer.verdict,
            code=answer.code,
            message=None if refusal is None else MessageOut(zh=refusal.zh, en=refusal.en()),
            version=answer.version,
            theirs=answer.theirs,
            row=answer.row,
        )


class AnswersOut(BaseModel):
    """One verdict per mark of the batch, in order."""

    received_at: datetime
    verdicts: list[MarkAnswerOut]


class AttendanceOut(BaseModel):
    """The attendance of a student or a teacher in a session. `version` counts its corrections, from 1."""

    id: UUID
    session_id: UUID
    offering_id: UUID
    school_id: UUID
    on: date
    number: int
    student_id: UUID | None
    teacher_id: UUID | None
    state: AttendanceState
    version: int
    marked_at: datetime


class DaysAttendedOut(BaseModel):
    """On how many days a child attended an offering, and in how many sessions."""

    model_config = ConfigDict(from_attributes=True)

    student_id: UUID
    offering_id: UUID
    days: int
    sessions: int


class DaysOut(BaseModel):
    """Days attended, by child. A child that attended on no day is left out."""

    model_config = ConfigDict(from_attributes=True)

    items: list[DaysAttendedOut]


@router.post("", response_model=AnswersOut, responses=problems(MarkIdTaken), max_body_size=1024**2)
async def take_attendance(body: BatchIn, caller: TakerDep, session: SessionDep) -> AnswersOut:
    """Send attendance that a phone recorded, offline or not. Each mark gets a verdict.

    A batch can be sent again at any time without effect. A correction is a new mark with the version that the phone saw
    (`base_version`); if somebody recorded something else meanwhile, the verdict is `conflict` and nothing changes.
    """
    at = utc_now()
    answers = await usecases.take_batch(session, body.elements, caller=caller, at=at)
    return AnswersOut(received_at=at, verdicts=[MarkAnswerOut.of(answer) for answer in answers])


@router.get("", response_model=Page[AttendanceOut])
async def list_attendance(
    request: Request,
    caller: ReaderDep,
    page: PageParams,
    session_id: Annotated[UUID | None, Query(alias="session")] = None,
    offering: UUID | None = None,
    student: UUID | None = None,
) -> Response:
    """Attendance as it holds now. Who is not listed was not taken. Guardians see their own children only."""
    binding = {"session": session_id, "offering": offering, "student": student}
    (after,) = page.position(**binding) or (None,)
    statement = queries.attendance_page(
        caller,
        session_id=session_id,
        offering=offering,
        student=student,
        on=china_date(utc_now()),
        after=after,
        limit=page.limit,
    )
    return await fetch_page(request, statement, page, **binding)


@router.get("/days", response_model=DaysOut, responses=problems(OfferingNotFound))
async def list_days_attended(
    offering: UUID,
    caller: CounterDep,
    session: SessionDep,
    first: Annotated[Day, Query(description="The first day.")],
    last: Annotated[Day, Query(description="The last day.")],
) -> dict[str, Sequence[queries.DaysAttended]]:
    """On how many days the children of an offering attended it, from the first to the last day."""
    await offering_within_reach(session, offering, caller)
    return {"items": await queries.days_attended(session, offering_id=offering, first=first, last=last)}
