"""Change who is responsible for a place, and give planned visits without a team to the team that walks there now.

Locks in this order: sets of grids, teams, institutions, visits.
"""

from collections.abc import Collection, Mapping, Sequence
from datetime import date, datetime
from uuid import UUID

from sqlalchemy import delete
from sqlalchemy.ext.asyncio import AsyncSession

from services.inspection.field.grids import queries as grids
from services.inspection.field.grids import usecases as grid_sets
from services.inspection.field.grids.domain import Survey
from services.inspection.field.grids.successions import Succession
from services.inspection.field.grids.usecases import Imported
from services.inspection.field.targets import usecases as targets
from services.inspection.field.teams import queries as teams
from services.inspection.field.teams import usecases as team_changes
from services.inspection.field.teams.domain import Team, TeamDetails, TeamGrid, TeamHasWork
from services.inspection.field.teams.usecases import keep_to_district, pointers_of, take_over_grids, walk_grids
from services.inspection.rounds.visits.assignments import assign_waiting
from services.inspection.stories.handovers.queries import open_work
from shared.domain.clock import china_date, utc_now
from shared.facts import journal
from shared.facts.inbox import Delivery
from shared.http.etags import check_version
from shared.http.policies import Principal


async def import_grids(
    session: AsyncSession,
    survey: Survey,
    successions: Sequence[Succession],
    *,
    accept_valid: bool,
    source: str,
    valid_from: date,
    confirmed: Collection[str] = (),
    accept_far_date: bool = False,
    at: datetime,
) -> Imported:
    imported = await grid_sets.import_grids(
        session,
        survey,
        successions,
        accept_valid=accept_valid,
        source=source,
        valid_from=valid_from,
        confirmed=confirmed,
        accept_far_date=accept_far_date,
        at=at,
    )
    if valid_from <= china_date(at):
        await activate_due(session, at=at)
    return imported


async def activate_due(session: AsyncSession, *, at: datetime) -> int:
    """Activate every set whose first day has come, oldest first; returns how many.

    Teams take over the only successor of a grid they walked, and every institution is placed anew.
    """
    today = china_date(at)
    if not await grids.due_sets(session, today):
        return 0  # without the lock, which everybody who places an institution would wait for
    await grids.lock_sets(session)
    due = await grids.due_sets(session, today)
    for grid_set in due:
        codes = await grids.codes_of(session, grid_set.id)
        await journal.record(session, grid_set.activate(codes, at=at), subject=grid_set)
        successors = await grids.successors(session, grid_set.id)
        await take_over_grids(session, successors, at=at)
        await targets.place_all(session, await grids.index_of(session, grid_set.id), successors, at=at)
        await assign_waiting(session, at=at)
    return len(due)


async def copy_institutions(session: AsyncSession, deliveries: Sequence[Delivery]) -> None:
    copied = await targets.copy_institutions(session, deliveries)
    await assign_waiting(session, at=utc_now(), institutions=copied)


async def form_team(session: AsyncSession, details: TeamDetails, *, caller: Principal, at: datetime) -> Team:
    """Put a team in service, and give it the waiting visits in its grids."""
    team = await team_changes.form_team(session, details, caller=caller, at=at)
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
    """Change a team that is still at version `expected`. A team with open work cannot be taken out of service."""
    team = await teams.team_for_update(session, team_id, caller)
    check_version(team, expected)
    keep_to_district(caller, changes.get("district", team.district))
    known = set(team.grids)
    if team.active and changes.get("active") is False:
        await _check_done(session, team)
    formed = team.change(changes, at=at)
    if formed is not None:
        # A grid that a later set of grids no longer has may stay on the list; a new one must exist.
        new = {pointer: grid for pointer, grid in pointers_of(team.grids).items() if grid not in known}
        await grids.check_named(session, new, caller, on=china_date(at))
        await journal.record(session, formed, subject=team)
        await session.execute(delete(TeamGrid).where(TeamGrid.team_id == team.id))
        await walk_grids(session, team)
        await assign_waiting(session, at=at)
    return team


async def _check_done(session: AsyncSession, team: Team) -> None:
    left = await open_work(session, team.code)
    if any(left.values()):
        raise TeamHasWork(
            visits=left["visits"],
            targets=left["targets"],
            violations=left["violations"],
            complaints=left["complaints"],
        )
