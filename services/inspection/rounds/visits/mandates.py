"""Visits that somebody asked for: the registry (the premises of an applicant, whether a stop order is kept), and
inspection itself (whether a rectification holds)."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from services.inspection.field.targets import queries as targets
from services.inspection.field.teams import queries as teams
from services.inspection.findings.violations.domain import Place, Violation, ViolationState
from services.inspection.rounds.visits import queries
from services.inspection.rounds.visits.domain import Plan, Purpose, Visit, VisitState
from shared.data.database import new_id
from shared.domain.clock import utc_now
from shared.events import Event
from shared.events.registry.applications import ApplicationWithdrawn, SiteVisitRequested
from shared.events.registry.stop_orders import StopOrderCancelled, StopOrderRecipientsListed
from shared.facts.journal import Fact, record, record_many

MANDATES: tuple[type[Event], ...] = (
    SiteVisitRequested,
    ApplicationWithdrawn,
    StopOrderRecipientsListed,
    StopOrderCancelled,
)


async def take_mandate(session: AsyncSession, event: Event) -> None:
    """Put on the teams' lists what the registry asks for, or take off what it no longer wants.

    Raises `TargetNotFound` where the institution itself has not been told of yet: the consumer tries again.
    """
    match event:
        case SiteVisitRequested(institution_id=UUID() as institution_id):
            note = f"现场核查：{event.address}"
            await _plan(session, [institution_id], Purpose.SITE_VISIT, event.application_id, note)
        case StopOrderRecipientsListed():
            note = f"停课令核查：{event.first_day} 至 {event.last_day}"
            await _plan(session, event.institutions, Purpose.STOP_ORDER, event.stop_order_id, note)
        case ApplicationWithdrawn():
            await call_off(session, event.application_id, "application-withdrawn", at=utc_now())
        case StopOrderCancelled():
            await call_off(session, event.stop_order_id, "stop-order-cancelled", at=utc_now())


async def plan_verification(session: AsyncSession, violation: Violation, *, at: datetime) -> None:
    """Plan a re-visit to see whether the rectification holds, unless one is planned or under way; nobody goes to no
    place. A phone's time never puts the plan before the rectification."""
    place = violation.place
    nowhere = place.institution_id is None and place.grid is None
    if nowhere or violation.state != ViolationState.RECTIFIED:
        return
    if await queries.planned_for_update(session, violation.id):
        return
    visits = await queries.asked_for(session, violation.id)
    if any(one.state == VisitState.STARTED and not violation.rectified_after(one.planned_at) for one in visits):
        return
    at = max(at, violation.rectified_at or at)
    plan = Plan(place, None, None, Purpose.VERIFICATION.value, "整改核查", Purpose.VERIFICATION, violation.id)
    visit, planned = Visit.plan(new_id(), plan, at=at)
    session.add(visit)
    await record(session, planned, subject=visit)


async def _plan(
    session: AsyncSession, institutions: Sequence[UUID], purpose: Purpose, reference_id: UUID, note: str
) -> None:
    walking = await teams.teams_by_grid(session)
    facts, at = [], utc_now()
    for target in await targets.targets(session, institutions):
        team = walking.get(target.grid or "")
        place = Place(target.institution_id, target.grid, target.district, target.street, team)
        plan = Plan(place, None, None, purpose.value, note, purpose, reference_id)
        visit, planned = Visit.plan(new_id(), plan, at=at)
        visit.version = 1
        session.add(visit)
        facts.append(Fact(visit.id, visit.version, planned))
    await session.flush()
    await record_many(session, facts)


async def call_off(session: AsyncSession, reference_id: UUID, cause: str, *, at: datetime) -> None:
    """Take from the teams' lists the visits that were planned for this."""
    await _call_off(session, await queries.planned_for_update(session, reference_id), cause, at=at)


async def call_off_campaign(session: AsyncSession, campaign_id: UUID, cause: str, *, at: datetime) -> None:
    """Take from the teams' lists the visits that were planned for a campaign."""
    await _call_off(session, await queries.planned_for_campaign_for_update(session, campaign_id), cause, at=at)


async def _call_off(session: AsyncSession, visits: Sequence[Visit], cause: str, *, at: datetime) -> None:
    facts = []
    for visit in visits:
        called_off = visit.call_off(cause, at=at)
        visit.version += 1
        facts.append(Fact(visit.id, visit.version, called_off, cause))
    await record_many(session, facts)
