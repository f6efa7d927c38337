"""What each team does: load, pace, doors that stayed closed, what is late, what it found, what re-checks confirmed.

How often re-checks agreed is shown to those who order them, not to inspectors: as under `/v1/rechecks/agreement`.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from services.inspection.accountability.duties.duties import duties_on
from services.inspection.accountability.duties.queries import team_reach
from services.inspection.field.teams.domain import Team
from services.inspection.findings.violations.domain import Violation, ViolationState
from services.inspection.oversight.rechecks import queries as rechecks
from services.inspection.oversight.rechecks.domain import Agreement
from services.inspection.rounds.visits.domain import Visit, VisitState
from services.inspection.rulebook.calendars.queries import working_calendar
from shared.http.policies import Principal

ENDED = (VisitState.DONE, VisitState.REVIEWED)


@dataclass(frozen=True, slots=True)
class Performance:
    """One team over some days; shares are null where there is nothing to share, `agreement` where nobody re-checked."""

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


async def performances(
    session: AsyncSession,
    caller: Principal,
    *,
    first: date,
    last: date,
    on: date,
    after: str | None,
    limit: int,
) -> Sequence[Performance]:
    """The performance of teams in service within the caller's reach, by code. `first` and `last` bound the days of
    their visits."""
    wanted = select(Team.code, Team.name, Team.district).where(
        Team.active, team_reach(caller, district=Team.district, code=Team.code)
    )
    if after is not None:
        wanted = wanted.where(Team.code > after)
    teams = (await session.execute(wanted.order_by(Team.code).limit(limit))).all()
    codes = [team.code for team in teams]
    calendar = await working_calendar(session, first)
    working = calendar.working_days(date.fromordinal(first.toordinal() - 1), last)
    loads = await _open(session, codes, on)
    walked = await _walked(session, codes, first, last)
    found = await _found(session, codes, first, last)
    looked = (
        {} if "inspector" in caller.roles else await rechecks.agreement(session, teams=codes, first=first, last=last)
    )
    nothing = (0, 0)
    shown = []
    for team in teams:
        load, late = loads.get(team.code, nothing)
        visits, closed = walked.get(team.code, nothing)
        shown.append(
            Performance(
                team=team.code,
                name=team.name,
                district=team.district,
                load=load,
                overdue=late,
                visits=visits,
                pace=round(visits / working, 2) if working else None,
                closed_door=closed,
                closed_door_share=round(closed / visits, 4) if visits else None,
                violations=found.get(team.code, 0),
                agreement=_share(looked.get(team.code)),
            )
        )
    return shown


def _share(agreement: Agreement | None) -> float | None:
    return None if agreement is None or agreement.share is None else round(agreement.share, 4)


async def _open(session: AsyncSession, codes: Sequence[str], on: date) -> dict[str, tuple[int, int]]:
    duty = duties_on(on).c
    rows = await session.execute(
        select(
            duty.team,
            func.sum(duty.number).label("open"),
            func.coalesce(func.sum(duty.number).filter(duty.days_late > 0), 0).label("late"),
        )
        .where(duty.team.in_(codes))
        .group_by(duty.team)
    )
    return {row.team: (row.open, row.late) for row in rows}


async def _walked(session: AsyncSession, codes: Sequence[str], first: date, last: date) -> dict[str, tuple[int, int]]:
    rows = await session.execute(
        select(
            Visit.team,
            func.count().label("visits"),
            func.count().filter(Visit.outcome == "closed_door").label("closed"),
        )
        .where(Visit.team.in_(codes), Visit.state.in_(ENDED), Visit.visited_on.between(first, last))
        .group_by(Visit.team)
    )
    return {row.team or "": (row.visits, row.closed) for row in rows}


async def _found(session: AsyncSession, codes: Sequence[str], first: date, last: date) -> dict[str, int]:
    rows = await session.execute(
        select(Violation.team, func.count().label("found"))
        .where(
            Violation.team.in_(codes),
            Violation.found_on.between(first, last),
            Violation.state != ViolationState.WITHDRAWN,
        )
        .group_by(Violation.team)
    )
    return {row.team or "": row.found for row in rows}
