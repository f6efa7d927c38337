"""Draw a round of re-checks, record what a second look saw."""

from datetime import datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from services.inspection.field.teams import queries as teams
from services.inspection.field.teams.domain import TeamNotFound
from services.inspection.findings.violations.domain import Violation
from services.inspection.oversight.rechecks import queries
from services.inspection.oversight.rechecks.domain import (
    Recheck,
    RecheckRound,
    RecheckTeamUnknown,
    ResultDetails,
    RoundDetails,
)
from services.inspection.rounds.visits.domain import Visit
from shared.data.unit_of_work import locked
from shared.domain.clock import china_date
from shared.facts import journal
from shared.facts.journal import Fact
from shared.http.policies import Principal


async def draw_rechecks(
    session: AsyncSession, details: RoundDetails, *, caller: Principal, at: datetime
) -> RecheckRound:
    team = await teams.team_by_code(session, details.team)
    if team is None or not caller.covers(district=team.district):
        raise TeamNotFound
    if details.by_team is not None:
        other = await teams.team_by_code(session, details.by_team)
        if other is None or not other.active or not caller.covers(district=other.district):
            raise RecheckTeamUnknown(pointer="/by_team")
    await queries.lock_team(session, team.code)
    visits = {row.id: row for row in await queries.finished(session, team.code, details.first_day, details.last_day)}
    round_, drawn, fact = RecheckRound.draw(details, list(visits), district=team.district, by=caller.subject, at=at)
    session.add(round_)
    await journal.record(session, fact, subject=round_)
    session.add_all(
        Recheck.of(round_, visit_id, visits[visit_id].institution_id, visits[visit_id].outcome) for visit_id in drawn
    )
    await session.flush()
    return round_


async def conclude_recheck(
    session: AsyncSession, recheck_id: UUID, details: ResultDetails, *, caller: Principal, at: datetime
) -> Recheck:
    """Record the result of a re-check. Violations that the visit missed are reported. Locks the re-check, then the
    visit."""
    recheck = await queries.recheck_for_update(session, recheck_id, caller)
    visit = await locked(session, Visit, recheck.visit_id)
    assert visit is not None
    assert visit.outcome is not None
    fact = recheck.conclude(
        details,
        outcome=visit.outcome,
        inspectors=visit.inspectors,
        by=caller.subject,
        by_team=caller.team if "inspector" in caller.roles else None,
        at=at,
    )
    await journal.record(session, fact, subject=recheck)
    facts = []
    for finding in dict.fromkeys(details.missed_violations):
        violation, reported = Violation.report(finding, visit.place, visit_id=None, found_on=china_date(at), at=at)
        violation.version = 1
        session.add(violation)
        facts.append(Fact(violation.id, violation.version, reported))
    await session.flush()
    await journal.record_many(session, facts)
    return recheck
