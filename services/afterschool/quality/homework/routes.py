"""`/v1/homework`."""

from datetime import date, datetime, timedelta
from typing import Annotated, Self
from uuid import UUID

from fastapi import Query, Request, Response, status
from pydantic import BaseModel, ConfigDict, Field

from services.afterschool.programme.providers.domain import ProviderNotFound
from services.afterschool.quality.homework import queries, usecases
from services.afterschool.quality.homework.domain import (
    HomeworkEntry,
    HomeworkInFuture,
    HomeworkReport,
    HomeworkReportDetails,
    HomeworkReportExists,
    HomeworkWarning,
    ReportedBy,
    SubjectTwice,
    Week,
    monday_of,
    trend,
    written_minutes,
)
from services.afterschool.roster.classes import queries as classes
from services.afterschool.roster.classes.domain import ClassNotFound
from services.afterschool.roster.terms.domain import CalendarUnknown
from services.afterschool.rulebook.norms.domain import NormUnknown
from shared.domain.clock import china_date, utc_now
from shared.domain.wording import NUMBER, Day
from shared.http.paging import Page, PageParams
from shared.http.policies import Principal, allow
from shared.http.reads import fetch_page
from shared.http.web import SessionDep, problems, service_router

router = service_router(prefix="/v1/homework", tags=["homework"])

ReaderDep = Annotated[Principal, allow("bureau", "district_officer", "school_staff", "auditor", "service")]
StaffDep = Annotated[Principal, allow("school_staff")]
ReporterDep = Annotated[Principal, allow("school_staff", "guardian")]
ReportReaderDep = Annotated[
    Principal, allow("bureau", "district_officer", "school_staff", "guardian", "auditor", "service")
]


class HomeworkIn(BaseModel):
    """The homework of a class for one day, by subject. It replaces what was declared of that day; an empty list means
    that there is none."""

    model_config = ConfigDict(extra="forbid")

    class_id: UUID
    on: Day
    entries: Annotated[list[HomeworkEntry], Field(max_length=20)]


class HomeworkDayOut(BaseModel):
    """What a school declared of a class for one day. `written_minutes` is the sum of the written homework."""

    model_config = ConfigDict(from_attributes=True)

    id: UUID
    version: int
    class_id: UUID
    school_id: UUID
    on: date
    entries: list[HomeworkEntry]
    written_minutes: int
    declared_at: datetime


class MinutesOfDayOut(BaseModel):
    """The written minutes of one day."""

    on: date
    minutes: int


class HomeworkWeekOut(BaseModel):
    """A week of a class against the limit of its grade, which is in force on its Monday. `average_tenths` is in tenths
    of a minute, over all school days of the week, and null in a week without any. Days without lessons are judged one
    by one: `rest_days_over`. `change_tenths` is the difference from the last week with school days."""

    monday: date
    limit_minutes: int
    school_days: list[MinutesOfDayOut]
    rest_days: list[MinutesOfDayOut]
    average_tenths: int | None
    over: bool
    rest_days_over: list[date]
    change_tenths: int | None = None

    @classmethod
    def of(cls, week: Week, *, change: int | None = None) -> Self:
        return cls(
            monday=week.monday,
            limit_minutes=week.limit,
            school_days=[MinutesOfDayOut(on=day, minutes=minutes) for day, minutes in week.school_days.items()],
            rest_days=[MinutesOfDayOut(on=day, minutes=minutes) for day, minutes in week.rest_days.items()],
            average_tenths=week.average_tenths,
            over=week.over,
            rest_days_over=list(week.rest_days_over),
            change_tenths=change,
        )


class HomeworkOut(BaseModel):
    """The day as declared, or as it would be if `published` is false, its week, and warnings. Warnings forbid
    nothing."""

    published: bool
    class_id: UUID
    on: date
    entries: list[HomeworkEntry]
    written_minutes: int
    week: HomeworkWeekOut
    warnings: list[HomeworkWarning]


class ClassHomeworkOut(BaseModel):
    """The weeks of a class, oldest first."""

    class_id: UUID
    grade: int
    weeks: list[HomeworkWeekOut]


class ClassWeekOut(BaseModel):
    """A week of a class that declared homework in it. `id` is the class; `school_days` counts days."""

    id: UUID
    school_id: UUID
    name: str
    grade: int
    monday: date
    limit_minutes: int
    school_days: int
    written_minutes: int
    average_tenths: int | None
    over: bool
    rest_days_over: list[date]


class HomeworkReportIn(HomeworkReportDetails):
    """A report that a training institution set homework. Do not name children in the text."""


class HomeworkReportOut(BaseModel):
    """A report that a training institution set homework, and who reported it: a guardian or a school."""

    model_config = ConfigDict(from_attributes=True)

    id: UUID
    version: int
    institution_id: UUID
    on: date
    subject: str | None
    text: str
    source: ReportedBy
    school_id: UUID | None
    reported_at: datetime


@router.put(
    "",
    response_model=HomeworkOut,
    responses=problems(ClassNotFound, SubjectTwice, CalendarUnknown, NormUnknown),
)
async def declare_homework(
    body: HomeworkIn,
    caller: StaffDep,
    session: SessionDep,
    dry_run: Annotated[bool, Query(description="Only answer with the week and the warnings; declare nothing.")] = False,
) -> HomeworkOut:
    """Declare the homework of a class for one day, or with `dry_run` see the warnings first."""
    declared = await usecases.declare_homework(
        session, body.class_id, body.on, body.entries, dry_run=dry_run, caller=caller, at=utc_now()
    )
    return HomeworkOut(
        published=not dry_run,
        class_id=body.class_id,
        on=body.on,
        entries=body.entries,
        written_minutes=written_minutes(body.entries),
        week=HomeworkWeekOut.of(declared.week),
        warnings=list(declared.warnings),
    )


@router.get("", response_model=Page[HomeworkDayOut])
async def list_homework(
    request: Request,
    caller: ReaderDep,
    page: PageParams,
    school: UUID | None = None,
    class_id: UUID | None = None,
    first: Annotated[Day | None, Query(description="Only days from this one on.")] = None,
    last: Annotated[Day | None, Query(description="Only days until this one.")] = None,
) -> Response:
    """What schools declared, by class and day. Staff see the classes of their school."""
    binding = {"school": school, "class": class_id, "first": first, "last": last}
    (after,) = page.position(**binding) or (None,)
    statement = queries.days_page(
        caller, school=school, school_class=class_id, first=first, last=last, after=after, limit=page.limit
    )
    return await fetch_page(request, statement, page, **binding)


@router.get("/weeks", response_model=Page[ClassWeekOut], responses=problems(CalendarUnknown, NormUnknown))
async def list_homework_weeks(
    request: Request,
    caller: ReaderDep,
    session: SessionDep,
    page: PageParams,
    week: Annotated[Day | None, Query(description="Any day of the week; by default today.")] = None,
    over: Annotated[
        bool | None, Query(description="Only classes above the limit, in the week or on a day without lessons.")
    ] = None,
    school: UUID | None = None,
    grade: Annotated[int | None, NUMBER, Query(ge=1, le=9)] = None,
) -> Response:
    """One week of all classes that declared homework in it."""
    monday = monday_of(week or china_date(utc_now()))
    binding = {"monday": monday, "over": over, "school": school, "grade": grade}
    (after,) = page.position(**binding) or (None,)
    statement = await queries.class_weeks_page(
        session, caller, monday=monday, over=over, school=school, grade=grade, after=after, limit=page.limit
    )
    return await fetch_page(request, statement, page, **binding)


@router.get(
    "/classes/{class_id}",
    response_model=ClassHomeworkOut,
    responses=problems(ClassNotFound, CalendarUnknown, NormUnknown),
)
async def get_class_homework(
    class_id: UUID,
    caller: ReaderDep,
    session: SessionDep,
    until: Annotated[Day | None, Query(description="Any day of the last week; by default today.")] = None,
    weeks: Annotated[int, NUMBER, Query(ge=1, le=30)] = 8,
) -> ClassHomeworkOut:
    """The weeks of a class with their averages and the trend."""
    school_class, school = await classes.school_class(session, class_id, caller)
    first = (until or china_date(utc_now())) - timedelta(days=7 * (weeks - 1))
    found = await queries.weeks_of(session, school_class, school, first=first, weeks=weeks)
    changes = {point.monday: point.change_tenths for point in trend(found)}
    return ClassHomeworkOut(
        class_id=class_id,
        grade=school_class.grade,
        weeks=[HomeworkWeekOut.of(week, change=changes.get(week.monday)) for week in found],
    )


@router.post(
    "/reports",
    status_code=status.HTTP_201_CREATED,
    response_model=HomeworkReportOut,
    responses=problems(ProviderNotFound, HomeworkInFuture, HomeworkReportExists),
)
async def report_homework(body: HomeworkReportIn, caller: ReporterDep, session: SessionDep) -> HomeworkReport:
    """Report that a training institution set homework. Inspection takes it in as a complaint."""
    return await usecases.report_homework(session, body, caller=caller, at=utc_now())


@router.get("/reports", response_model=Page[HomeworkReportOut])
async def list_homework_reports(
    request: Request,
    caller: ReportReaderDep,
    page: PageParams,
    institution: UUID | None = None,
    source: ReportedBy | None = None,
) -> Response:
    """Reports on training institutions, oldest first. Guardians see their own, staff those of their school."""
    binding = {"institution": institution, "source": source}
    (after,) = page.position(**binding) or (None,)
    statement = queries.reports_page(caller, institution=institution, source=source, after=after, limit=page.limit)
    return await fetch_page(request, statement, page, **binding)
