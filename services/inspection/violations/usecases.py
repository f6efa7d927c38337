"""Report a violation, order it to be put right, take the institution's word, look again."""

from collections.abc import Sequence
from datetime import date, datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from services.inspection.targets import queries as targets
from services.inspection.targets.domain import TargetNotFound
from services.inspection.teams import queries as teams
from services.inspection.violations import queries
from services.inspection.violations.domain import Finding, Place, Violation, default_due_on
from shared import journal
from shared.clock import china_date
from shared.journal import Fact
from shared.policies import Principal


async def report_violation(
    session: AsyncSession,
    finding: Finding,
    *,
    institution_id: UUID | None,
    grid: str | None,
    found_on: date | None,
    caller: Principal,
    at: datetime,
) -> Violation:
    """Report a breach found outside a visit."""
    place = await _place(session, institution_id, grid, caller)
    if not caller.covers(district=place.district, street=place.street, team=place.team):
        raise TargetNotFound
    violation, reported = Violation.report(finding, place, visit_id=None, found_on=found_on or china_date(at), at=at)
    session.add(violation)
    await journal.record(session, reported, subject=violation)
    return violation


async def report_at_visit(
    session: AsyncSession, findings: Sequence[Finding], place: Place, *, visit_id: UUID, found_on: date, at: datetime
) -> int:
    """Report what a visit found; how many violations it has now. A finding sent again is recognised."""
    known = await queries.violations_of_visit(session, visit_id)
    facts = []
    for finding in dict.fromkeys(findings):
        if any(violation.says(finding) for violation in known):
            continue
        violation, reported = Violation.report(finding, place, visit_id=visit_id, found_on=found_on, at=at)
        violation.version = 1
        session.add(violation)
        facts.append(Fact(violation.id, violation.version, reported))
    await journal.record_many(session, facts)
    return len(known) + len(facts)


async def order_rectification(
    session: AsyncSession, violation_id: UUID, *, due_on: date | None, requirement: str, caller: Principal, at: datetime
) -> Violation:
    """Order it to be put right, by the day named or by the default of its severity."""
    violation = await queries.violation_for_update(session, violation_id, caller)
    if due_on is None:
        today = china_date(at)
        due_on = default_due_on(await queries.days_to_rectify(session, violation.severity, on=today), on=today)
    await journal.record(session, violation.order(due_on, requirement, at=at), subject=violation)
    return violation


async def rectify_violation(
    session: AsyncSession, violation_id: UUID, statement: str, *, caller: Principal, at: datetime
) -> Violation:
    """The operator, or an inspector on his behalf, says that it was put right."""
    violation = await queries.violation_for_update(session, violation_id, caller)
    await journal.record(session, violation.rectify(statement, at=at), subject=violation)
    return violation


async def verify_violation(
    session: AsyncSession, violation_id: UUID, *, holds: bool, note: str | None, caller: Principal, at: datetime
) -> Violation:
    """Close it, or put it back under its order."""
    violation = await queries.violation_for_update(session, violation_id, caller)
    verified = violation.verify(holds=holds, note=note, by=caller.subject, at=at)
    await journal.record(session, verified, subject=violation)
    return violation


async def _place(session: AsyncSession, institution_id: UUID | None, grid: str | None, caller: Principal) -> Place:
    if institution_id is not None:
        target = await targets.target(session, institution_id)
        team = await teams.team_of_grid(session, target.grid)
        return Place(institution_id, target.grid, target.district, target.street, team.code if team else None)
    team = await teams.team_of_grid(session, grid)
    if team is None:
        return Place(None, grid, caller.district, caller.street, caller.team)
    return Place(None, grid, team.district, None, team.code)
