"""Re-checks by round, by team, and how often they agreed."""

from collections.abc import Collection, Mapping, Sequence
from datetime import date, datetime, time, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, false, func, null, select
from sqlalchemy.ext.asyncio import AsyncSession

from services.inspection.oversight.rechecks.domain import (
    LARGEST,
    Agreement,
    Recheck,
    RecheckNotFound,
    RecheckRound,
    RecheckState,
    RoundNotFound,
    as_agreements,
)
from services.inspection.rounds.visits.domain import Visit, VisitState
from shared.domain.clock import CHINA
from shared.http.policies import Principal
from shared.http.reach import within_reach


async def finished(session: AsyncSession, team: str, first_day: date, last_day: date) -> Sequence[Any]:
    """Rows of `id, institution_id, outcome`: a team's finished visits of these days that no round has drawn yet."""
    known = select(Recheck.visit_id).where(Recheck.visit_id == Visit.id)
    wanted = (
        select(Visit.id, Visit.institution_id, Visit.outcome)
        .where(
            Visit.team == team,
            Visit.state.in_((VisitState.DONE, VisitState.REVIEWED)),
            Visit.visited_on.between(first_day, last_day),
            ~known.exists(),
        )
        .order_by(Visit.id)
        .limit(LARGEST + 1)
    )
    return (await session.execute(wanted)).all()


async def concluded(session: AsyncSession, visit_ids: Collection[UUID]) -> set[UUID]:
    wanted = select(Recheck.visit_id).where(Recheck.visit_id.in_(visit_ids), Recheck.state == RecheckState.DONE)
    return set(await session.scalars(wanted))


async def lock_team(session: AsyncSession, team: str) -> None:
    """Wait for other draws of the team: two rounds at once would draw the same visits."""
    await session.execute(select(func.pg_advisory_xact_lock(func.hashtextextended(f"recheck:{team}", 0))))


async def round_(session: AsyncSession, round_id: UUID, caller: Principal) -> RecheckRound:
    found = await session.get(RecheckRound, round_id)
    if found is None or not caller.covers(district=found.district):
        raise RoundNotFound
    return found


async def recheck(session: AsyncSession, recheck_id: UUID, caller: Principal) -> Recheck:
    return _reachable(await session.get(Recheck, recheck_id), caller)


async def recheck_for_update(session: AsyncSession, recheck_id: UUID, caller: Principal) -> Recheck:
    return _reachable(await session.get(Recheck, recheck_id, with_for_update=True, populate_existing=True), caller)


def _reachable(found: Recheck | None, caller: Principal) -> Recheck:
    """Inspectors see the re-checks that their team makes, not those that others make of their team's visits."""
    if found is None or not (_officer(caller, found) or _looks(caller, found)):
        raise RecheckNotFound
    return found


def _officer(caller: Principal, found: Recheck) -> bool:
    return "inspector" not in caller.roles and caller.covers(district=found.district)


def _looks(caller: Principal, found: Recheck) -> bool:
    return "inspector" in caller.roles and caller.team is not None and found.by_team == caller.team


def _reach(caller: Principal) -> ColumnElement[bool]:
    if "inspector" in caller.roles:
        return Recheck.by_team == caller.team if caller.team is not None else false()
    return within_reach(caller, district=Recheck.district, street=null())


async def rechecks(
    session: AsyncSession,
    caller: Principal,
    *,
    round_id: UUID | None,
    team: str | None,
    state: str | None,
    after: str | None,
    limit: int,
) -> Sequence[Recheck]:
    wanted = select(Recheck).where(_reach(caller)).order_by(Recheck.id).limit(limit)
    for column, value in ((Recheck.round_id, round_id), (Recheck.team, team), (Recheck.state, state)):
        if value is not None:
            wanted = wanted.where(column == value)
    if after is not None:
        wanted = wanted.where(Recheck.id > UUID(after))
    return (await session.scalars(wanted)).all()


async def agreement(
    session: AsyncSession, *, teams: Sequence[str] | None = None, first: date | None = None, last: date | None = None
) -> Mapping[str, Agreement]:
    wanted = (
        select(
            Recheck.team,
            func.count().label("rechecked"),
            func.count().filter(Recheck.agrees.is_(True)).label("agreeing"),
        )
        .where(Recheck.state == RecheckState.DONE)
        .group_by(Recheck.team)
        .order_by(Recheck.team)
    )
    if teams is not None:
        wanted = wanted.where(Recheck.team.in_(list(teams)))
    if first is not None:
        wanted = wanted.where(Recheck.done_at >= _midnight(first))
    if last is not None:
        wanted = wanted.where(Recheck.done_at < _midnight(last) + timedelta(days=1))
    return as_agreements(await session.execute(wanted))


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(), CHINA)
