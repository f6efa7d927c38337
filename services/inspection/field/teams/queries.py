"""Teams by id, by code, by grid."""

from collections.abc import Iterable, Sequence
from datetime import date
from typing import Final
from uuid import UUID

from sqlalchemy import ColumnElement, null, select
from sqlalchemy.ext.asyncio import AsyncSession

from services.inspection.field.teams.domain import Inspector, Team, TeamGrid, TeamNotFound
from shared.http.policies import Principal
from shared.http.reach import ReachColumns, reachable, within_reach

_REACH: Final[ReachColumns] = {"district": Team.district, "team": Team.code}


async def team(session: AsyncSession, team_id: UUID, caller: Principal) -> Team:
    return reachable(await session.get(Team, team_id), caller, TeamNotFound, **_REACH)


async def team_for_update(session: AsyncSession, team_id: UUID, caller: Principal) -> Team:
    return reachable(
        await session.get(Team, team_id, with_for_update=True, populate_existing=True), caller, TeamNotFound, **_REACH
    )


async def teams(
    session: AsyncSession, caller: Principal, *, district: str | None, after: str | None, limit: int
) -> Sequence[Team]:
    wanted = select(Team).where(_reach(caller)).order_by(Team.id).limit(limit)
    if district is not None:
        wanted = wanted.where(Team.district == district)
    if after is not None:
        wanted = wanted.where(Team.id > UUID(after))
    return (await session.scalars(wanted)).all()


def _reach(caller: Principal) -> ColumnElement[bool]:
    return within_reach(caller, district=Team.district, street=null(), team=Team.code)


async def teams_in_service(session: AsyncSession, caller: Principal) -> Sequence[Team]:
    return (await session.scalars(select(Team).where(Team.active, _reach(caller)).order_by(Team.id))).all()


async def teams_in_service_for_update(session: AsyncSession) -> Sequence[Team]:
    """All teams in service, locked in the order of their ids."""
    wanted = select(Team).where(Team.active).order_by(Team.id).with_for_update()
    return (await session.scalars(wanted.execution_options(populate_existing=True))).all()


async def covered_grids(session: AsyncSession) -> set[str]:
    return set(await session.scalars(select(TeamGrid.grid)))


async def team_of_grid(session: AsyncSession, grid: str | None) -> Team | None:
    if grid is None:
        return None
    found: Team | None = await session.scalar(
        select(Team).join(TeamGrid, TeamGrid.team_id == Team.id).where(TeamGrid.grid == grid)
    )
    return found


async def team_for(
    session: AsyncSession, caller: Principal, *, walking: Team | None, district: str | None
) -> Team | None:
    """The team responsible for a place: the team that walks its grid; if there is none, an inspector's own team.

    An inspector's own team is checked against stored data, not against the token: it is in service and of the place's
    district. Raises `TeamNotFound` otherwise.
    """
    if walking is not None or "inspector" not in caller.roles or caller.covers():
        return walking
    own = await team_by_code(session, caller.team) if caller.team is not None else None
    if own is None or not own.active or district not in (None, own.district):
        raise TeamNotFound
    return own


async def teams_by_grid(session: AsyncSession) -> dict[str, str]:
    rows = await session.execute(select(TeamGrid.grid, Team.code).join(Team, TeamGrid.team_id == Team.id))
    return {row.grid: row.code for row in rows}


async def codes_in_service(session: AsyncSession) -> set[str]:
    return set(await session.scalars(select(Team.code).where(Team.active)))


async def team_by_code(session: AsyncSession, code: str) -> Team | None:
    found: Team | None = await session.scalar(select(Team).where(Team.code == code))
    return found


async def certified(session: AsyncSession, subjects: Iterable[str], *, on: date) -> set[str]:
    """Those of these people whose certificate is in force on the day, according to the teams in service."""
    wanted = set(subjects)
    members = await session.scalars(select(Team.members).where(Team.active))
    people = (Inspector.model_validate(person) for team in members for person in team)
    return {person.subject for person in people if person.subject in wanted and person.certified(on=on)}


async def known_codes(session: AsyncSession, codes: Iterable[str], *, district: str | None) -> set[str]:
    """Those of the codes that name a team, in service or not; with `district`, a team of that district."""
    wanted = select(Team.code).where(Team.code.in_(list(codes)))
    return set(await session.scalars(wanted if district is None else wanted.where(Team.district == district)))
