"""Report a violation, order it to be put right, take the institution's word, look again."""

from collections.abc import Sequence
from datetime import date, datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from services.inspection.field.grids import queries as grids
from services.inspection.field.places import NOWHERE, Place
from services.inspection.field.targets import queries as targets
from services.inspection.field.targets.domain import TargetNotFound
from services.inspection.field.teams import queries as teams
from services.inspection.findings.violations import queries
from services.inspection.findings.violations.domain import Violation, ViolationIdTaken, default_due_on
from services.inspection.rulebook.offences import queries as offences
from services.inspection.rulebook.offences.domain import Finding, Offence, OffenceUnknown
from shared.domain.clock import china_date
from shared.facts import journal
from shared.http.policies import Principal


async def report_violation(
    session: AsyncSession,
    finding: Finding,
    *,
    institution_id: UUID | None,
    grid: str | None,
    found_on: date | None,
    caller: Principal,
    at: datetime,
    violation_id: UUID | None = None,
) -> Violation:
    if violation_id is not None and await session.get(Violation, violation_id) is not None:
        raise ViolationIdTaken
    place = await _place(session, institution_id, grid, caller, on=china_date(at))
    if not caller.covers(district=place.district, street=place.street, team=place.team):
        raise TargetNotFound
    day = found_on or china_date(at)
    (offence,) = await offences_named(session, [finding], on=day, pointers=["/offence"])
    violation, reported = Violation.report(
        finding, place, visit_id=None, found_on=day, at=at, offence=offence, violation_id=violation_id
    )
    session.add(violation)
    await journal.record(session, reported, subject=violation)
    return violation


async def order_rectification(
    session: AsyncSession, violation_id: UUID, *, due_on: date | None, requirement: str, caller: Principal, at: datetime
) -> Violation:
    """Order the rectification by the day named, or by the default of the offence or severity."""
    violation = await queries.violation_for_update(session, violation_id, caller)
    if due_on is None:
        today = china_date(at)
        due_on = default_due_on(await _days(session, violation, on=today), on=today)
    await journal.record(session, violation.order(due_on, requirement, at=at), subject=violation)
    return violation


async def extend_deadline(
    session: AsyncSession, violation_id: UUID, *, due_on: date, reason: str, caller: Principal, at: datetime
) -> Violation:
    violation = await queries.violation_for_update(session, violation_id, caller)
    extended = violation.extend(due_on, reason, by=caller.subject, at=at)
    await journal.record(session, extended, subject=violation, reason=reason)
    return violation


async def offences_named(
    session: AsyncSession, findings: Sequence[Finding], *, on: date, pointers: Sequence[str]
) -> list[Offence | None]:
    """For each finding, the version of its offence in force on the day; raises `OffenceUnknown`."""
    versions = await offences.in_force(session, [finding.offence for finding in findings if finding.offence], on=on)
    for finding, pointer in zip(findings, pointers, strict=True):
        if finding.offence is not None and finding.offence not in versions:
            raise OffenceUnknown(pointer=pointer)
    return [versions.get(finding.offence or "") for finding in findings]


async def _days(session: AsyncSession, violation: Violation, *, on: date) -> int:
    """Days by the offence version that the violation keeps; without one, by its severity today."""
    if violation.offence_id is not None:
        return (await offences.offence(session, violation.offence_id)).days
    return await queries.days_to_rectify(session, violation.severity, on=on)


async def _place(
    session: AsyncSession, institution_id: UUID | None, grid: str | None, caller: Principal, *, on: date
) -> Place:
    """Where it was found and which team it belongs to, by stored data. Only a finding in no grid is placed by the
    caller."""
    if institution_id is not None:
        target = await targets.target(session, institution_id)
        target.check_not_merged()
        walking = await teams.team_of_grid(session, target.grid)
        team = await teams.team_for(session, caller, walking=walking, district=target.district or NOWHERE)
        return Place(institution_id, target.grid, target.district, target.street, team.code if team else None)
    if grid is not None:
        districts = await grids.check_named(session, {"/grid": grid}, caller, on=on)
        walking = await teams.team_of_grid(session, grid)
        team = await teams.team_for(session, caller, walking=walking, district=districts[grid])
        return Place(
            None, grid, districts[grid] or (team.district if team else None), None, team.code if team else None
        )
    team = await teams.team_for(session, caller, walking=None, district=None)
    if team is not None:
        return Place(None, None, team.district, None, team.code)
    return Place(None, None, caller.district, caller.street, None)
