"""`/v1/calendar`: holidays, school terms and vacations, and when subject training is forbidden."""

from datetime import date
from typing import Annotated
from uuid import UUID

from fastapi import Query, Response, status
from pydantic import BaseModel, ConfigDict

from services.registry.rulebook.calendars import queries, usecases
from services.registry.rulebook.calendars.domain import (
    Calendar,
    DayKind,
    Period,
    SchoolTerm,
    TermContent,
    TermNotFound,
    TermOverlaps,
    TermReversed,
)
from shared.domain.clock import utc_now
from shared.domain.dated import MayBeWithdrawn, WithdrawalIn, WithdrawalTooLate, Withdrawn
from shared.domain.refusals import Invalid
from shared.domain.wording import KEY, Code, Day
from shared.domain.working_days import days_between
from shared.http.etags import IfMatch
from shared.http.paging import Page, PageOf, PageParams
from shared.http.policies import Principal, allow
from shared.http.web import SessionDep, problems, service_router

router = service_router(prefix="/v1/calendar", tags=["calendar"])

MAX_DAYS = 400
ReaderDep = Annotated[
    Principal,
    allow("bureau", "district_officer", "inspector", "operator", "school_staff", "guardian", "auditor", "service"),
]
BureauDep = Annotated[Principal, allow("bureau")]


class DaysOutOfRange(Invalid):
    """The first day must not be after the last, and the range may have at most 400 days."""

    code = "days-out-of-range"
    zh = "查询范围须为1至400天，且起始日期不晚于结束日期。"


class DayOut(BaseModel):
    """One day. `subject_training_forbidden` is null where the year's calendar is not published."""

    on: date
    kind: DayKind
    name: str | None
    vacation: str | None
    subject_training_forbidden: bool | None


class CalendarOut(BaseModel):
    """Days in order, and those of their years that are not published."""

    days: list[DayOut]
    unpublished_years: list[int]


class SchoolTermOut(MayBeWithdrawn):
    """A term or vacation; `district` null is the whole city. `version` counts its facts and is its ETag."""

    model_config = ConfigDict(from_attributes=True)

    id: UUID
    version: int
    period: Period
    name: str
    district: str | None
    starts_on: date
    ends_on: date
    source: str


@router.get("", response_model=CalendarOut, responses=problems(DaysOutOfRange))
async def get_calendar(
    _: ReaderDep,
    session: SessionDep,
    first: Annotated[Day, Query(alias="from")],
    last: Annotated[Day, Query(alias="to")],
    district: Annotated[Code | None, Query(description="The district whose vacations count too.")] = None,
) -> CalendarOut:
    """The kind of each day, and whether subject training is forbidden on it."""
    if not 0 <= (last - first).days < MAX_DAYS:
        raise DaysOutOfRange(days=MAX_DAYS)
    calendar = await queries.calendar(session, first, last)
    days = [_day(calendar, day, district) for day in days_between(first, last)]
    unpublished = sorted({day.on.year for day in days if day.kind is DayKind.UNKNOWN})
    return CalendarOut(days=days, unpublished_years=unpublished)


def _day(calendar: Calendar, on: date, district: str | None) -> DayOut:
    kind, vacation = calendar.kind(on), calendar.vacation_on(on, district)
    return DayOut(
        on=on,
        kind=kind,
        name=calendar.name(on),
        vacation=vacation.name if vacation else None,
        subject_training_forbidden=(
            None if kind is DayKind.UNKNOWN else calendar.forbids_subject_training(on, district)
        ),
    )


@router.post(
    "/terms",
    status_code=status.HTTP_201_CREATED,
    response_model=SchoolTermOut,
    responses=problems(TermOverlaps, TermReversed),
)
async def set_school_term(body: TermContent, _: BureauDep, session: SessionDep, response: Response) -> SchoolTerm:
    """Enter a school term or vacation."""
    term = await usecases.set_term(session, body, at=utc_now())
    response.headers["Location"] = f"/v1/calendar/terms/{term.id}"
    return term


@router.get("/terms", response_model=Page[SchoolTermOut])
async def list_school_terms(
    _: ReaderDep,
    session: SessionDep,
    page: PageParams,
    period: Period | None = None,
    district: Annotated[str | None, KEY, Query(max_length=20)] = None,
) -> PageOf[SchoolTerm]:
    """Terms and vacations in the order they were set."""
    binding = {"period": period, "district": district}
    (after,) = page.position(**binding) or (None,)
    found = await queries.terms(session, period=period, district=district, after=after, limit=page.limit + 1)
    return page.page(found, "id", **binding)


@router.get("/terms/{term_id}", response_model=SchoolTermOut, responses=problems(TermNotFound))
async def get_school_term(term_id: UUID, _: ReaderDep, session: SessionDep) -> SchoolTerm:
    """One term or vacation, with its version as ETag."""
    return await queries.term(session, term_id)


@router.put(
    "/terms/{term_id}",
    response_model=SchoolTermOut,
    responses=problems(TermNotFound, TermOverlaps, TermReversed, Withdrawn),
)
async def reset_school_term(
    term_id: UUID, body: TermContent, expected: IfMatch, _: BureauDep, session: SessionDep
) -> SchoolTerm:
    """Correct a term or vacation. Send the ETag that you last read in If-Match."""
    return await usecases.reset_term(session, term_id, body, expected=expected, at=utc_now())


@router.post(
    "/terms/{term_id}/withdrawal",
    response_model=SchoolTermOut,
    responses=problems(TermNotFound, Withdrawn, WithdrawalTooLate),
)
async def withdraw_school_term(term_id: UUID, body: WithdrawalIn, caller: BureauDep, session: SessionDep) -> SchoolTerm:
    """Withdraw a term or vacation before its first day, or on it if it was entered that day."""
    return await usecases.withdraw_term(session, term_id, reason=body.reason, by=caller.subject, at=utc_now())
