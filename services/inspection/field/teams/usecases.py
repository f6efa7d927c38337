"""Form a team, and give it grids."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import delete, insert
from sqlalchemy.ext.asyncio import AsyncSession

from services.inspection.field.grids import queries as grids_in_force
from services.inspection.field.grids.successions import Successors, uncontested
from services.inspection.field.teams import queries
from services.inspection.field.teams.domain import Team, TeamDetails, TeamGrid, TeamOutsideYourDistrict
from shared.domain.clock import china_date
from shared.facts import journal
from shared.http.policies import Principal


async def form_team(session: AsyncSession, details: TeamDetails, *, caller: Principal, at: datetime) -> Team:
    keep_to_district(caller, details.district)
    await grids_in_force.check_named(session, pointers_of(details.grids), caller, on=china_date(at))
    team, formed = Team.form(details, at=at)
    session.add(team)
    await journal.record(session, formed, subject=team)
    await walk_grids(session, team)
    return team


async def take_over_grids(session: AsyncSession, successors: Successors, *, at: datetime) -> None:
    """After a change of the grids, each team takes over the only successor of a grid it walked; each change is a
    fact."""
    teams = {team.id: team for team in await queries.teams_in_service_for_update(session)}
    before = {team.id: team.grids for team in teams.values()}
    after = uncontested(before, {team_id: successors.walked(grids) for team_id, grids in before.items()})
    changed = [team for team in teams.values() if team.grids != after[team.id]]
    if not changed:
        return
    await session.execute(delete(TeamGrid).where(TeamGrid.team_id.in_([team.id for team in changed])))
    for team in changed:
        formed = team.change({"grids": after[team.id]}, at=at)
        assert formed is not None
        await journal.record(session, formed, subject=team, reason="grids-changed")
    for team in changed:
        await walk_grids(session, team)


async def walk_grids(session: AsyncSession, team: Team) -> None:
    """Give the team its grids. The database refuses a grid that another team walks."""
    if team.walked:
        # In one order: two teams that want each other's grids then wait, and one is refused, instead of a deadlock.
        await session.execute(insert(TeamGrid), [{"grid": grid, "team_id": team.id} for grid in sorted(team.walked)])


def pointers_of(grids: Sequence[str]) -> dict[str, str]:
    return {f"/grids/{place}": grid for place, grid in enumerate(grids)}


def keep_to_district(caller: Principal, district: object) -> None:
    """Raise `TeamOutsideYourDistrict` for a district that is not the caller's."""
    if not caller.covers() and (caller.district is None or district != caller.district):
        raise TeamOutsideYourDistrict(pointer="/district")
