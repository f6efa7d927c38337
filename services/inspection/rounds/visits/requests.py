"""Visits that somebody requested, and how they are cancelled.

The registry requests visits of an applicant's premises and of institutions under a stop order. Complaints and
rectifications request visits as well.
"""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from services.inspection.field.places import Place
from services.inspection.field.targets import queries as targets
from services.inspection.field.teams import queries as teams
from services.inspection.rounds.visits import queries
from services.inspection.rounds.visits.domain import Plan, Purpose, Visit
from shared.data.database import new_id
from shared.domain.clock import utc_now
from shared.events import Event
from shared.events.registry.applications import ApplicationWithdrawn, SiteVisitRequested
from shared.events.registry.stop_orders import StopOrderCancelled, StopOrderRecipientsListed
from shared.facts.journal import Fact, record_many

REQUESTS: tuple[type[Event], ...] = (
    SiteVisitRequested,
    ApplicationWithdrawn,
    StopOrderRecipientsListed,
    StopOrderCancelled,
)


async def take_request(session: AsyncSession, event: Event) -> None:
    """Plan the visits that the registry requests, or cancel those it no longer needs.

    Raises `TargetNotFound` while the institution's own event has not arrived; the consumer tries again.
    """
    match event:
        case SiteVisitRequested(institution_id=UUID() as institution_id):
            note = f"现场核查：{event.address}"
            await _plan(session, [institution_id], Purpose.SITE_VISIT, event.application_id, note)
        case StopOrderRecipientsListed():
            note = f"停课令核查：{event.first_day} 至 {event.last_day}"
            await _plan(session, event.institutions, Purpose.STOP_ORDER, event.stop_order_id, note)
        case ApplicationWithdrawn():
            await cancel_requested(session, event.application_id, "application-withdrawn", at=utc_now())
        case StopOrderCancelled():
            await cancel_requested(session, event.stop_order_id, "stop-order-cancelled", at=utc_now())


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


async def cancel_requested(session: AsyncSession, reference_id: UUID, cause: str, *, at: datetime) -> None:
    await _cancel(session, await queries.planned_for_update(session, reference_id), cause, at=at)


async def cancel_for_campaign(session: AsyncSession, campaign_id: UUID, cause: str, *, at: datetime) -> None:
    await _cancel(session, await queries.planned_for_campaign_for_update(session, campaign_id), cause, at=at)


async def _cancel(session: AsyncSession, visits: Sequence[Visit], cause: str, *, at: datetime) -> None:
    facts = []
    for visit in visits:
        called_off = visit.cancel(cause, at=at)
        visit.version += 1
        facts.append(Fact(visit.id, visit.version, called_off, cause))
    await record_many(session, facts)
