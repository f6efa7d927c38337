"""What comes into the registry by other ways than requests: inspection's facts, and ledgers as files."""

from collections.abc import Sequence

from sqlalchemy.ext.asyncio import AsyncSession

from services.registry.ledger.institutions.discoveries import enter_discovery
from services.registry.ledger.observations.usecases import note_observations
from services.registry.licensing.applications.usecases import note_site_visit
from services.registry.stories.ledger_imports.importer import InstitutionImporter
from services.registry.supervision.proposals.usecases import receive_proposals
from services.registry.supervision.stop_orders.domain import Result
from services.registry.supervision.stop_orders.usecases import conclude_visit
from shared.events.inspection.campaigns import CampaignDiscovery, CampaignTargetClosed
from shared.events.inspection.cases import (
    CaseClosed,
    CaseDecided,
    CaseDropped,
    CaseFiled,
    CaseNotified,
    CasePaid,
    CaseServed,
    CaseStepTaken,
)
from shared.events.inspection.targets import InstitutionDiscovered, TargetPlaced
from shared.events.inspection.violations import (
    RectificationOrdered,
    ViolationExtended,
    ViolationRectified,
    ViolationReported,
    ViolationVerified,
    ViolationWithdrawn,
)
from shared.events.inspection.visits import (
    VisitCalledOff,
    VisitJoined,
    VisitPlanned,
    VisitRecorded,
    VisitReviewed,
    VisitStarted,
    VisitSubmitted,
)
from shared.facts.inbox import Delivery, Inbox, caused_by


async def hear(session: AsyncSession, deliveries: Sequence[Delivery]) -> None:
    for delivery in deliveries:
        if isinstance(delivery.event, CampaignDiscovery | InstitutionDiscovered):
            with caused_by(delivery):
                await enter_discovery(session, delivery.event, at=delivery.event.at)
    await note_observations(session, deliveries)
    for delivery in deliveries:
        with caused_by(delivery):
            if isinstance(delivery.event, VisitSubmitted) and delivery.event.reference_id is not None:
                await take_answer(session, delivery.event)
            if isinstance(delivery.event, CaseDecided):
                await receive_proposals(session, delivery.event)


async def take_answer(session: AsyncSession, visit: VisitSubmitted) -> None:
    """Take the result of a visit that the registry requested. If it is repeated or corrected, the last one counts."""
    assert visit.reference_id is not None
    if visit.purpose == "site_visit":
        await note_site_visit(
            session, visit.reference_id, visit.visit_id, outcome=visit.outcome, passed=visit.passed, at=visit.at
        )
    elif visit.purpose == "stop_order" and visit.institution_id is not None:
        await conclude_visit(
            session,
            stop_order_id=visit.reference_id,
            institution_id=visit.institution_id,
            visit_id=visit.visit_id,
            visited_on=visit.visited_on,
            result=_RESULTS[visit.passed],
            at=visit.at,
        )


_RESULTS = {True: Result.STOPPED, False: Result.OPERATING, None: Result.UNCLEAR}

INBOX = Inbox.of(
    "registry",
    wanted=[
        TargetPlaced,
        CampaignTargetClosed,
        CampaignDiscovery,
        InstitutionDiscovered,
        VisitPlanned,
        VisitStarted,
        VisitJoined,
        VisitSubmitted,
        VisitRecorded,
        VisitReviewed,
        VisitCalledOff,
        ViolationReported,
        RectificationOrdered,
        ViolationExtended,
        ViolationRectified,
        ViolationVerified,
        ViolationWithdrawn,
        CaseFiled,
        CaseStepTaken,
        CaseNotified,
        CaseDecided,
        CaseDropped,
        CaseServed,
        CasePaid,
        CaseClosed,
    ],
    handle=hear,
)

IMPORTERS = {"institutions": InstitutionImporter()}
