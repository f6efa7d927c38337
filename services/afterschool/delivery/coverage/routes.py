"""`/v1/coverage`: how far schools of compulsory education are covered, week by week."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Annotated, Self
from uuid import UUID

from fastapi import Query
from pydantic import BaseModel, ConfigDict

from services.afterschool.delivery.coverage import queries
from services.afterschool.delivery.coverage.domain import WORDS, DayCoverage, Figures, SchoolWeek, Shortfall
from services.afterschool.roster.schools import queries as schools
from services.afterschool.roster.schools.domain import SchoolNotFound
from services.afterschool.roster.terms.domain import CalendarUnknown
from services.afterschool.rulebook.norms.domain import NormUnknown
from shared.domain.clock import china_date, utc_now
from shared.domain.wording import KEY, Day
from shared.http.paging import Page, PageOf, PageParams
from shared.http.policies import Principal, allow
from shared.http.web import SessionDep, problems, service_router

router = service_router(prefix="/v1/coverage", tags=["coverage"])

ReaderDep = Annotated[Principal, allow("bureau", "district_officer", "school_staff", "auditor", "service")]
OnDay = Annotated[Day, Query(description="Any day of the week that is meant.")]
District = Annotated[str | None, KEY, Query(max_length=20)]


class FiguresOut(BaseModel):
    """The children of the schools: `willing` if the family wants service this term, `served` if they attended."""

    model_config = ConfigDict(from_attributes=True)

    pupils: int
    served: int
    willing: int
    willing_served: int
    classes: int
    classes_served: int
    teachers: int
    teachers_taking_part: int
    sessions: int
    sessions_outside: int


class CoverageOut(BaseModel):
    """The coverage of a week from `first` to `last`.

    `schools` have school days that are over; `covered` of them served on each of these days, long enough and late
    enough. Full coverage of compulsory-education schools is `covered` = `schools`.
    """

    first: date
    last: date
    schools: int
    covered: int
    figures: FiguresOut


class ShortfallReasonOut(BaseModel):
    """The reason why a day is not covered, as a stable code and in words."""

    code: Shortfall
    zh: str
    en: str


class DayCoverageOut(BaseModel):
    """A school day: the minutes in which service was held, its end, and what the district asks (`end_minute` counts
    from midnight in China). Without reasons the day is covered."""

    on: date
    minutes: int
    ended_at: datetime | None
    least_minutes: int
    end_minute: int
    reasons: list[ShortfallReasonOut]

    @classmethod
    def of(cls, day: DayCoverage) -> Self:
        return cls(
            on=day.on,
            minutes=day.minutes,
            ended_at=day.ended_at,
            least_minutes=day.norm.least_minutes,
            end_minute=day.norm.end_minute,
            reasons=[
                ShortfallReasonOut(code=reason, zh=WORDS[reason][0], en=WORDS[reason][1]) for reason in day.reasons
            ],
        )


class CoverageShortfallOut(BaseModel):
    """A school that falls short, and the days on which it does."""

    school_id: UUID
    days: list[DayCoverageOut]

    @classmethod
    def of(cls, week: SchoolWeek) -> Self:
        return cls(school_id=week.school_id, days=[DayCoverageOut.of(day) for day in week.days if day.reasons])


class ClassServedOut(BaseModel):
    """How many pupils of a class were served."""

    model_config = ConfigDict(from_attributes=True)

    class_id: UUID
    pupils: int
    served: int
    willing: int


class PupilServedOut(BaseModel):
    """Whether a pupil was served in the week, and whether the family wants service this term."""

    model_config = ConfigDict(from_attributes=True)

    student_id: UUID
    class_id: UUID
    willing: bool
    served: bool


class SchoolCoverageOut(BaseModel):
    """The week of one school, day by day. Days that are not over yet are left out."""

    school_id: UUID
    first: date
    last: date
    covered: bool
    days: list[DayCoverageOut]
    figures: FiguresOut
    classes: list[ClassServedOut]


@router.get("", response_model=CoverageOut, responses=problems(CalendarUnknown, NormUnknown))
async def get_coverage(caller: ReaderDep, session: SessionDep, on: OnDay, district: District = None) -> CoverageOut:
    """How many schools within your reach are covered in a week, and whom they serve."""
    found = await _week(session, caller, on=on, district=district)
    parts = await queries.figures(session, found)
    return CoverageOut(
        first=found.first,
        last=found.last,
        schools=len(found.judged),
        covered=sum(school.covered for school in found.judged),
        figures=FiguresOut.model_validate(sum(parts.values(), Figures())),
    )


@router.get("/shortfalls", response_model=Page[CoverageShortfallOut], responses=problems(CalendarUnknown, NormUnknown))
async def list_coverage_shortfalls(
    caller: ReaderDep, session: SessionDep, page: PageParams, on: OnDay, district: District = None
) -> PageOf[CoverageShortfallOut]:
    """Schools within your reach that fall short in a week, with the reasons day by day."""
    binding = {"on": on, "district": district}
    (after,) = page.position(**binding) or (None,)
    found = await _week(session, caller, on=on, district=district)
    short = [week for week in found.schools if week.short and (after is None or week.school_id > UUID(after))]
    return page.page([CoverageShortfallOut.of(week) for week in short], "school_id", **binding)


@router.get(
    "/schools/{school_id}",
    response_model=SchoolCoverageOut,
    responses=problems(SchoolNotFound, CalendarUnknown, NormUnknown),
)
async def get_school_coverage(school_id: UUID, caller: ReaderDep, session: SessionDep, on: OnDay) -> SchoolCoverageOut:
    """The week of one school: each day, whom it serves, and which classes."""
    school = await schools.school_to_keep(session, school_id, caller)
    found = await queries.week(session, [school], on=on, today=china_date(utc_now()))
    (week,) = found.schools
    parts = await queries.figures(session, found)
    classes: Sequence[queries.ClassServed] = await queries.classes_served(session, found)
    return SchoolCoverageOut(
        school_id=school_id,
        first=found.first,
        last=found.last,
        covered=week.covered,
        days=[DayCoverageOut.of(day) for day in week.days],
        figures=FiguresOut.model_validate(parts.get(school_id, Figures())),
        classes=[ClassServedOut.model_validate(one) for one in classes],
    )


@router.get(
    "/schools/{school_id}/pupils",
    response_model=Page[PupilServedOut],
    responses=problems(SchoolNotFound, CalendarUnknown, NormUnknown),
)
async def list_served_pupils(
    school_id: UUID, caller: ReaderDep, session: SessionDep, page: PageParams, on: OnDay
) -> PageOf[queries.PupilServed]:
    """The pupils of a school and whether they were served in a week, by pseudonymous id."""
    binding = {"school": school_id, "on": on}
    (after,) = page.position(**binding) or (None,)
    school = await schools.school_to_keep(session, school_id, caller)
    found = await queries.week(session, [school], on=on, today=china_date(utc_now()))
    pupils = await queries.pupils_served(
        session, found, after=None if after is None else UUID(after), limit=page.limit + 1
    )
    return page.page(pupils, "student_id", **binding)


async def _week(session: SessionDep, caller: Principal, *, on: date, district: str | None) -> queries.Week:
    known = await schools.schools_within_reach(session, caller, district=district)
    return await queries.week(session, known, on=on, today=china_date(utc_now()))
