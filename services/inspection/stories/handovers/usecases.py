"""Hand a team's open work over to another."""

from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from services.inspection.field.teams import queries as teams
from services.inspection.findings.complaints import queries as complaints
from services.inspection.findings.complaints.domain import Complaint
from services.inspection.findings.violations.domain import Violation
from services.inspection.rounds.campaigns.domain import LISTED_PER_EVENT, TargetState
from services.inspection.rounds.campaigns.queries import add_to_tally
from services.inspection.rounds.visits.domain import Visit
from services.inspection.stories.handovers import queries
from services.inspection.stories.handovers.domain import Handover, check_successor, moved_cells
from shared.facts import journal
from shared.facts.journal import Fact
from shared.http.policies import Principal


async def hand_over(
    session: AsyncSession, team_id: UUID, to: str, *, reason: str, caller: Principal, at: datetime
) -> Handover:
    """Give the open work of a team to another one: visits, targets of open campaigns, violations, complaints.

    Each change of hands is a fact, and so is the handover. The version of the team moves, so its phones start over.
    Locks visits, violations, complaints, targets, then campaigns.
    """
    team = await teams.team_for_update(session, team_id, caller)
    successor = check_successor(team, await teams.team_by_code(session, to))
    facts: list[Fact] = []
    visits = await queries.visits_for_update(session, team.code)
    violations = await queries.violations_for_update(session, team.code)
    waiting = await complaints.unanswered_for_update(session, team.code)
    work: Sequence[Visit | Violation | Complaint] = [*visits, *violations, *waiting]
    for one in work:
        handed = one.hand_over(successor.code, at=at)
        one.version += 1
        facts.append(Fact(one.id, one.version, handed, reason))
    passed = await queries.pass_targets(session, team.code, successor.code)
    for campaign, grids in passed.items():
        for part in _parts(list(grids)):
            campaign.version += 1
            told = campaign.hand_over(part, to=successor.code, from_team=team.code, at=at)
            facts.append(Fact(campaign.id, campaign.version, told, reason))
        cells = moved_cells(Counter(grids.values()), team=team.code, successor=successor.code, state=TargetState.OPEN)
        await add_to_tally(session, campaign.id, cells)
    await session.flush()
    await journal.record_many(session, facts)
    handover = Handover(len(visits), sum(map(len, passed.values())), len(violations), len(waiting))
    fact = team.hand_over(
        successor.code,
        visits=handover.visits,
        targets=handover.targets,
        violations=handover.violations,
        complaints=handover.complaints,
        at=at,
    )
    await journal.record(session, fact, subject=team, reason=reason)
    return handover


def _parts(targets: Sequence[UUID]) -> Iterator[Sequence[UUID]]:
    for start in range(0, len(targets), LISTED_PER_EVENT):
        yield targets[start : start + LISTED_PER_EVENT]
