"""`/v1/duties`, `/v1/escalations`, `/v1/team-performance`: open duties, escalations and team performance."""

from datetime import date, datetime
from typing import Annotated, Any
from uuid import UUID

from fastapi import Query
from pydantic import BaseModel, ConfigDict

from services.inspection.accountability.duties import queries
from services.inspection.accountability.duties.domain import Escalation
from services.inspection.accountability.duties.performance import Performance, performances
from services.inspection.accountability.duties.queries import DutyFilters
from services.inspection.accountability.duties.steps import Level, Role, Step
from services.inspection.accountability.duties.usecases import period
from shared.domain.clock import china_date, utc_now
from shared.domain.refusals import Invalid
from shared.domain.wording import KEY, Day
from shared.http.paging import Page, PageOf, PageParams
from shared.http.policies import Principal, allow
from shared.http.web import SessionDep, problems, service_router

router = service_router(prefix="/v1", tags=["accountability"])

ReaderDep = Annotated[Principal, allow("bureau", "district_officer", "inspector", "auditor", "service")]
MOST_DAYS = 400


class PeriodUnfit(Invalid):
    """The first day must not be after the last, and the period may have at most 400 days."""

    code = "period-unfit"
    zh = "日期须先后有序，且不超过400天。"


class DutyOut(BaseModel):
    """An open duty: when it is due, and who owns it. `owner` is null where nobody has that responsibility.

    `number` is 1, except for open campaign targets that have no visit: those of one team are one duty, `number` counts
    them, and `subject_id` is the campaign."""

    model_config = ConfigDict(from_attributes=True)

    step: Step
    subject_id: UUID
    institution_id: UUID | None
    district: str | None
    street: str | None
    team: str | None
    due_on: date
    number: int
    days_late: int
    role: Role
    owner: str | None


class EscalationOut(BaseModel):
    """An escalation: who was told of an overdue duty, and when. `officer` is null for the bureau or a vacant post."""

    model_config = ConfigDict(from_attributes=True)

    id: UUID
    step: Step
    subject_id: UUID
    level: Level
    role: Role
    officer: str | None
    institution_id: UUID | None
    district: str | None
    street: str | None
    team: str | None
    due_on: date
    days_late: int
    raised_at: datetime


class TeamPerformanceOut(BaseModel):
    """A team's performance in the period. `load` and `overdue` are as of today; `pace` is visits per working day;
    `agreement` is the share of re-checks in the period that confirmed its visits, and is hidden from inspectors."""

    model_config = ConfigDict(from_attributes=True)

    team: str
    name: str
    district: str | None
    load: int
    overdue: int
    visits: int
    pace: float | None
    closed_door: int
    closed_door_share: float | None
    violations: int
    agreement: float | None


@router.get("/duties", response_model=Page[DutyOut])
async def list_duties(
    caller: ReaderDep,
    session: SessionDep,
    page: PageParams,
    step: Step | None = None,
    team: Annotated[str | None, KEY, Query(max_length=100)] = None,
    institution: UUID | None = None,
    owner: Annotated[str | None, KEY, Query(max_length=100)] = None,
    overdue: Annotated[bool, Query(description="Only overdue duties.")] = False,
) -> PageOf[Any]:
    """Open duties within the caller's reach, most urgent first."""
    binding = {"step": step, "team": team, "institution": institution, "owner": owner, "overdue": overdue}
    position = page.position(**binding)
    after = None
    if position:
        due_on, of_step, subject, part = position
        after = date.fromisoformat(due_on), str(of_step), UUID(subject), str(part)
    filters = DutyFilters(step, team, institution, owner, overdue)
    found = await queries.duties(session, caller, filters, on=china_date(utc_now()), after=after, limit=page.limit + 1)
    return page.page(found, "due_on", "step", "subject_id", "part", **binding)


@router.get("/escalations", response_model=Page[EscalationOut])
async def list_escalations(
    caller: ReaderDep,
    session: SessionDep,
    page: PageParams,
    step: Step | None = None,
    level: Level | None = None,
    institution: UUID | None = None,
) -> PageOf[Escalation]:
    """Escalations within the caller's reach, in the order in which they were sent."""
    binding = {"step": step, "level": level, "institution": institution}
    (after,) = page.position(**binding) or (None,)
    found = await queries.escalations(
        session, caller, step=step, level=level, institution=institution, after=after, limit=page.limit + 1
    )
    return page.page(found, "id", **binding)


@router.get("/team-performance", response_model=Page[TeamPerformanceOut], responses=problems(PeriodUnfit))
async def list_team_performance(
    caller: ReaderDep,
    session: SessionDep,
    page: PageParams,
    first_day: Annotated[Day | None, Query(description="Default: the first day of this month.")] = None,
    last_day: Annotated[Day | None, Query(description="Default: today.")] = None,
) -> PageOf[Performance]:
    """Performance of the teams within the caller's reach: load, pace, closed doors, overdue work and findings."""
    today = china_date(utc_now())
    first, last = period(first_day, last_day, today=today)
    if not 0 <= (last - first).days < MOST_DAYS:
        raise PeriodUnfit(pointer="/last_day")
    binding = {"first_day": first_day, "last_day": last_day}
    (after,) = page.position(**binding) or (None,)
    found = await performances(session, caller, first=first, last=last, on=today, after=after, limit=page.limit + 1)
    return page.page(found, "team", **binding)
