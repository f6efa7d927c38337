"""Report a violation, order it to be put right, take the institution's word, look again."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from services.inspection.field.grids import queries as grids
from services.inspection.field.targets import queries as targets
from services.inspection.field.targets.domain import TargetNotFound
from services.inspection.field.teams import queries as teams
from services.inspection.field.teams.queries import NOWHERE
from services.inspection.findings.evidence import queries as proofs
from services.inspection.findings.violations import queries
from services.inspection.findings.violations.domain import (
    Finding,
    Place,
    Violation,
    ViolationIdTaken,
    ViolationNotWithdrawable,
    ViolationState,
    default_due_on,
)
from services.inspection.penalties.cases import queries as cases
from services.inspection.rounds.visits import mandates
from services.inspection.rulebook.offences import queries as offences
from services.inspection.rulebook.offences.domain import Offence, OffenceUnknown
from shared.domain.clock import china_date
from shared.facts import journal
from shared.facts.journal import Fact
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
    """Report a breach found outside a visit; a phone without a line makes the id itself."""
    if violation_id is not None and await session.get(Violation, violation_id) is not None:
        raise ViolationIdTaken
    place = await _place(session, institution_id, grid, caller, on=china_date(at))
    if not caller.covers(district=place.district, street=place.street, team=place.team):
        raise TargetNotFound
    day = found_on or china_date(at)
    (offence,) = await _offences(session, [finding], on=day, pointers=["/offence"])
    violation, reported = Violation.report(
        finding, place, visit_id=None, found_on=day, at=at, offence=offence, violation_id=violation_id
    )
    session.add(violation)
    await journal.record(session, reported, subject=violation)
    return violation


async def report_at_visit(
    session: AsyncSession,
    findings: Mapping[Finding, str],
    place: Place,
    *,
    visit_id: UUID,
    again: bool,
    found_on: date,
    by: str,
    at: datetime,
) -> int:
    """Report what a visit found, each with its place in what was sent; how many violations it has now.

    Where it ended before and is submitted `again`, what it found already is recognised, and what is no longer said is
    withdrawn, unless somebody acted on it."""
    known = await queries.violations_of_visit(session, visit_id) if again else []
    facts = []
    pointers = list(findings.values())
    of_findings = dict(
        zip(findings, await _offences(session, [*findings], on=found_on, pointers=pointers), strict=True)
    )
    for finding, offence in of_findings.items():
        if any(violation.says(finding, offence) for violation in known):
            continue
        violation, reported = Violation.report(
            finding, place, visit_id=visit_id, found_on=found_on, at=at, offence=offence
        )
        violation.version = 1
        session.add(violation)
        facts.append(Fact(violation.id, violation.version, reported))
    await journal.record_many(session, facts)
    unsaid = [one for one in known if not any(one.says(finding, offence) for finding, offence in of_findings.items())]
    withdrawn = await _withdraw_unsaid(session, unsaid, by=by, at=at)
    return len(known) + len(facts) - withdrawn


async def _withdraw_unsaid(session: AsyncSession, unsaid: Sequence[Violation], *, by: str, at: datetime) -> int:
    mistaken = [one for one in unsaid if one.state == ViolationState.REPORTED]
    pursued = await cases.pursued(session, [one.id for one in mistaken]) if mistaken else set()
    for one in mistaken:
        if one.id not in pursued:
            await journal.record(session, one.withdraw("submitted-anew", by=by, at=at), subject=one)
    return len(mistaken) - len(pursued)


async def withdraw_violation(
    session: AsyncSession, violation_id: UUID, reason: str, *, caller: Principal, at: datetime
) -> Violation:
    """Take back what was reported by mistake, before anybody acted on it."""
    violation = await queries.violation_for_update(session, violation_id, caller)
    if await cases.pursued(session, [violation.id]):
        raise ViolationNotWithdrawable(state=violation.state)
    withdrawn = violation.withdraw(reason, by=caller.subject, at=at)
    await journal.record(session, withdrawn, subject=violation, reason=reason)
    return violation


async def order_rectification(
    session: AsyncSession, violation_id: UUID, *, due_on: date | None, requirement: str, caller: Principal, at: datetime
) -> Violation:
    """Order it to be put right, by the day named or by the default of its severity."""
    violation = await queries.violation_for_update(session, violation_id, caller)
    if due_on is None:
        today = china_date(at)
        due_on = default_due_on(await _days(session, violation, on=today), on=today)
    await journal.record(session, violation.order(due_on, requirement, at=at), subject=violation)
    return violation


async def extend_deadline(
    session: AsyncSession, violation_id: UUID, *, due_on: date, reason: str, caller: Principal, at: datetime
) -> Violation:
    """Give the institution more time, once."""
    violation = await queries.violation_for_update(session, violation_id, caller)
    extended = violation.extend(due_on, reason, by=caller.subject, at=at)
    await journal.record(session, extended, subject=violation, reason=reason)
    return violation


async def rectify_violation(
    session: AsyncSession,
    violation_id: UUID,
    statement: str,
    *,
    evidence: Sequence[UUID] = (),
    caller: Principal,
    at: datetime,
) -> Violation:
    """The operator, or an inspector on his behalf, says that it was put right; a re-visit is put on the team's list."""
    violation = await queries.violation_for_update(session, violation_id, caller)
    await proofs.check_fit(session, evidence, caller, subjects=[violation.id], institution_id=violation.institution_id)
    rectified = violation.rectify(statement, at=at, evidence=evidence)
    await journal.record(session, rectified, subject=violation)
    await mandates.plan_verification(session, violation, at=at)
    return violation


async def verify_violation(
    session: AsyncSession, violation_id: UUID, *, holds: bool, note: str | None, caller: Principal, at: datetime
) -> Violation:
    """Close it, or put it back under its order; the re-visit is wanted no more."""
    violation = await queries.violation_for_update(session, violation_id, caller)
    verified = violation.verify(holds=holds, note=note, by=caller.subject, at=at)
    await journal.record(session, verified, subject=violation)
    await mandates.call_off(session, violation.id, "violation-verified", at=at)
    return violation


async def conclude_verification(
    session: AsyncSession,
    violation_id: UUID,
    *,
    visit_id: UUID,
    planned_at: datetime,
    passed: bool | None,
    caller: Principal,
    at: datetime,
) -> None:
    """Take the conclusion of a re-visit. A rectification that it did not look at gets another re-visit: the door was
    closed, or the institution reported the rectification after this visit."""
    violation = await queries.violation_to_conclude(session, violation_id)
    if violation is None:
        return
    verified = None
    if passed is not None:
        verified = violation.conclude(
            visit_id=visit_id, planned_at=planned_at, holds=passed, note=None, by=caller.subject, at=at
        )
    if verified is None:
        await mandates.plan_verification(session, violation, at=at)
        return
    await journal.record(session, verified, subject=violation)
    await mandates.call_off(session, violation.id, "violation-verified", at=at)


async def _offences(
    session: AsyncSession, findings: Sequence[Finding], *, on: date, pointers: Sequence[str]
) -> list[Offence | None]:
    """For each finding the version of its offence in force on the day; raises `OffenceUnknown`."""
    versions = await offences.in_force(session, [finding.offence for finding in findings if finding.offence], on=on)
    for finding, pointer in zip(findings, pointers, strict=True):
        if finding.offence is not None and finding.offence not in versions:
            raise OffenceUnknown(pointer=pointer)
    return [versions.get(finding.offence or "") for finding in findings]


async def _days(session: AsyncSession, violation: Violation, *, on: date) -> int:
    """As the version it keeps says, else as its severity says today."""
    if violation.offence_id is not None:
        return (await offences.offence(session, violation.offence_id)).days
    return await queries.days_to_rectify(session, violation.severity, on=on)


async def _place(
    session: AsyncSession, institution_id: UUID | None, grid: str | None, caller: Principal, *, on: date
) -> Place:
    """Where it was found and whose work that is, by what is stored; only a finding in no grid at all lies where the
    caller works."""
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
