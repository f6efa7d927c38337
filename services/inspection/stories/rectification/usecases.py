"""Report a rectification, plan the visit that looks at it, verify it.

Locks in this order: visit, violation, planned visits about the violation.
"""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from services.inspection.findings.evidence import queries as proofs
from services.inspection.findings.violations import queries as violations
from services.inspection.findings.violations.domain import Violation, ViolationState
from services.inspection.rounds.visits import queries as visits
from services.inspection.rounds.visits import requests
from services.inspection.rounds.visits.domain import Plan, Purpose, Visit, VisitState
from shared.data.database import new_id
from shared.facts import journal
from shared.http.policies import Principal


async def rectify_violation(
    session: AsyncSession,
    violation_id: UUID,
    statement: str,
    *,
    evidence: Sequence[UUID] = (),
    caller: Principal,
    at: datetime,
) -> Violation:
    violation = await violations.violation_for_update(session, violation_id, caller)
    await proofs.check_fit(session, evidence, caller, subjects=[violation.id], institution_id=violation.institution_id)
    rectified = violation.rectify(statement, at=at, evidence=evidence)
    await journal.record(session, rectified, subject=violation)
    await plan_verification(session, violation, at=at)
    return violation


async def verify_violation(
    session: AsyncSession, violation_id: UUID, *, holds: bool, note: str | None, caller: Principal, at: datetime
) -> Violation:
    violation = await violations.violation_for_update(session, violation_id, caller)
    verified = violation.verify(holds=holds, note=note, by=caller.subject, at=at)
    await journal.record(session, verified, subject=violation)
    await requests.cancel_requested(session, violation.id, "violation-verified", at=at)
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
    """Apply the conclusion of a re-visit. Another re-visit is planned if this one could not see the rectification: the
    door was closed, or the rectification was reported later."""
    violation = await violations.violation_to_conclude(session, violation_id)
    if violation is None:
        return
    verified = None
    if passed is not None:
        verified = violation.conclude(
            visit_id=visit_id, planned_at=planned_at, holds=passed, note=None, by=caller.subject, at=at
        )
    if verified is None:
        await plan_verification(session, violation, at=at)
        return
    await journal.record(session, verified, subject=violation)
    await requests.cancel_requested(session, violation.id, "violation-verified", at=at)


async def plan_verification(session: AsyncSession, violation: Violation, *, at: datetime) -> None:
    """Plan a re-visit, unless one is planned or under way, or the place is unknown. It is never dated before the
    rectification, whatever a phone's clock says."""
    place = violation.place
    nowhere = place.institution_id is None and place.grid is None
    if nowhere or violation.state != ViolationState.RECTIFIED:
        return
    if await visits.planned_for_update(session, violation.id):
        return
    asked = await visits.asked_for(session, violation.id)
    if any(one.state == VisitState.STARTED and not violation.rectified_after(one.planned_at) for one in asked):
        return
    at = max(at, violation.rectified_at or at)
    plan = Plan(place, None, None, Purpose.VERIFICATION.value, "整改核查", Purpose.VERIFICATION, violation.id)
    visit, planned = Visit.plan(new_id(), plan, at=at)
    session.add(visit)
    await journal.record(session, planned, subject=visit)
