"""Form a team, change it."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import delete, insert
from sqlalchemy.ext.asyncio import AsyncSession

from services.inspection.field.grids import queries as grids_in_force
from services.inspection.field.grids.successions import Heirs, uncontested
from services.inspection.field.teams import queries
from services.inspection.field.teams.domain import (
    Team,
    TeamDetails,
    TeamGrid,
    TeamHasWork,
    TeamOutsideYourDistrict,
)
from services.inspection.rounds.visits.assignments import assign_waiting
from services.inspection.stories.handovers.queries import open_work
from shared.domain.clock import china_date
from shared.facts import journal
from shared.http.etags import check_version
from shared.http.policies import Principal


async def form_team(session: AsyncSession, details: TeamDetails, *, caller: Principal, at: datetime) -> Team:
    """Put a team in service; the database refuses a grid that another one walks."""
    _keep_to_district(caller, details.district)
    await grids_in_force.check_named(session, _pointers(details.grids), caller, on=china_date(at))
    team, formed = Team.form(details, at=at)
    session.add(team)
    await journal.record(session, formed, subject=team)
    await _take_grids(session, team)
    await assign_waiting(session, at=at)
    return team


async def change_team(
    session: AsyncSession,
    team_id: UUID,
    changes: Mapping[str, object],
    *,
    expected: int,
    caller: Principal,
    at: datetime,
) -> Team:
    """Change a team that is still at version `expected`."""
    team = await queries.team_for_update(session, team_id, caller)
    check_version(team, expected)
    _keep_to_district(caller, changes.get("district", team.district))
    known = set(team.grids)
    if team.active and changes.get("active") is False:
        await _check_done(session, team)
    formed = team.change(changes, at=at)
    if formed is not None:
        # A grid that a later set of grids no longer has may stay on the list; a new one must exist.
        new = {pointer: grid for pointer, grid in _pointers(team.grids).items() if grid not in known}
        await grids_in_force.check_named(session, new, caller, on=china_date(at))
        await journal.record(session, formed, subject=team)
        await session.execute(delete(TeamGrid).where(TeamGrid.team_id == team.id))
        await _take_grids(session, team)
        await assign_waiting(session, at=at)
    return team


async def take_over_grids(session: AsyncSession, heirs: Heirs, *, at: datetime) -> None:
    """After a new set of grids: a team that walked an old code walks its only successor, and says so."""
    teams = {team.id: team for team in await queries.teams_in_service_for_update(session)}
    before = {team.id: team.grids for team in teams.values()}
    after = uncontested(before, {team_id: heirs.walked(grids) for team_id, grids in before.items()})
    changed = [team for team in teams.values() if team.grids != after[team.id]]
    if not changed:
        return
    await session.execute(delete(TeamGrid).where(TeamGrid.team_id.in_([team.id for team in changed])))
    for team in changed:
        formed = team.change({"grids": after[team.id]}, at=at)
        assert formed is not None
        await journal.record(session, formed, subject=team, reason="grids-changed")
    for team in changed:
        await _take_grids(session, team)


async def _take_grids(session: AsyncSession, team: Team) -> None:
    if team.walked:
        # In one order: two teams that want each other's grids then wait, and one is refused, instead of a deadlock.
        await session.execute(insert(TeamGrid), [{"grid": grid, "team_id": team.id} for grid in sorted(team.walked)])


def _pointers(grids: Sequence[str]) -> dict[str, str]:
    return {f"/grids/{place}": grid for place, grid in enumerate(grids)}


async def _check_done(session: AsyncSession, team: Team) -> None:
    left = await open_work(session, team.code)
    if any(left.values()):
        raise TeamHasWork(
            visits=left["visits"],
            targets=left["targets"],
            violations=left["violations"],
            complaints=left["complaints"],
        )


def _keep_to_district(caller: Principal, district: object) -> None:
    if not caller.covers() and (caller.district is None or district != caller.district):
        raise TeamOutsideYourDistrict(pointer="/district")
