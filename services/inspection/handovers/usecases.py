"""Hand a team's open work over to another."""

from datetime import datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from services.inspection.campaigns.domain import TargetState
from services.inspection.campaigns.queries import add_to_tally
from services.inspection.complaints import queries as complaints
from services.inspection.handovers import queries
from services.inspection.handovers.domain import Handover, check_heir, moved_cells
from services.inspection.teams import queries as teams
from shared import journal
from shared.journal import Fact
from shared.policies import Principal


async def hand_over(
    session: AsyncSession, team_id: UUID, to: str, *, reason: str, caller: Principal, at: datetime
) -> Handover:
    """Give another team what this one has still to do: visits, targets of open campaigns, violations.

    Each visit is a fact, and the handover is one of the team; its phones begin anew, for its version moves.
    Locks in the order of visits: visits, violations, complaints, targets, campaigns.
    """
    team = await teams.team_for_update(session, team_id, caller)
    heir = check_heir(team, await teams.team_by_code(session, to))
    visits = await queries.visits_for_update(session, team.code)
    facts = []
    for visit in visits:
        handed = visit.hand_over(heir.code, at=at)
        visit.version += 1
        facts.append(Fact(visit.id, visit.version, handed, reason))
    await session.flush()
    await journal.record_many(session, facts)
    violations = await queries.pass_violations(session, team.code, heir.code)
    await complaints.pass_complaints(session, team.code, heir.code)
    passed = await queries.pass_targets(session, team.code, heir.code)
    for campaign_id, grids in passed.items():
        cells = moved_cells(grids, team=team.code, heir=heir.code, state=TargetState.OPEN)
        await add_to_tally(session, campaign_id, cells)
    handover = Handover(len(visits), sum(grids.total() for grids in passed.values()), violations)
    fact = team.hand_over(
        heir.code, visits=handover.visits, targets=handover.targets, violations=handover.violations, at=at
    )
    await journal.record(session, fact, subject=team, reason=reason)
    return handover
