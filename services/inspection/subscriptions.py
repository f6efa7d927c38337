"""What comes into inspection besides requests: the registry, and reports of homework from after-school, by events; past
visits and violations, as files.
"""

from collections.abc import Sequence

from sqlalchemy.ext.asyncio import AsyncSession

from services.inspection.accountability.duties.usecases import copy_responsibility
from services.inspection.findings.complaints.usecases import take_homework_report
from services.inspection.penalties.execution.usecases import hear_registry
from services.inspection.rounds.discoveries.queries import note_entries
from services.inspection.rounds.visits.requests import REQUESTS, take_request
from services.inspection.rulebook.calendars.usecases import CALENDAR, copy_calendar
from services.inspection.stories.records.violations import ViolationImporter
from services.inspection.stories.records.visits import VisitImporter
from services.inspection.stories.territory.usecases import copy_institutions
from shared.events.afterschool.homework import HomeworkReported
from shared.events.registry.institutions import (
    InstitutionChanged,
    InstitutionEvent,
    InstitutionMerged,
    InstitutionRegistered,
)
from shared.events.registry.proposals import ProposalAccepted, ProposalDismissed
from shared.events.registry.responsibilities import ResponsibilityAssigned
from shared.facts.inbox import Delivery, Inbox, caused_by
from shared.imports.runner import Importer


async def hear(session: AsyncSession, deliveries: Sequence[Delivery]) -> None:
    """Events of the ledger come first: the registry's requests refer to its institutions."""
    ledger = [delivery for delivery in deliveries if isinstance(delivery.event, InstitutionEvent)]
    if ledger:
        await copy_institutions(session, ledger)
        told = (delivery.event for delivery in ledger)
        await note_entries(session, [event.institution_id for event in told if isinstance(event, InstitutionEvent)])
    for delivery in deliveries:
        with caused_by(delivery):
            if isinstance(delivery.event, CALENDAR):
                await copy_calendar(session, delivery)
            if isinstance(delivery.event, ResponsibilityAssigned):
                await copy_responsibility(session, delivery)
            if isinstance(delivery.event, ProposalAccepted | ProposalDismissed):
                await hear_registry(session, delivery.event)
            if isinstance(delivery.event, REQUESTS):
                await take_request(session, delivery.event)
            if isinstance(delivery.event, HomeworkReported):
                await take_homework_report(session, delivery.event)


INBOX = Inbox.of(
    "inspection",
    wanted=[
        InstitutionRegistered,
        InstitutionChanged,
        InstitutionMerged,
        *CALENDAR,
        ProposalAccepted,
        ProposalDismissed,
        ResponsibilityAssigned,
        *REQUESTS,
        HomeworkReported,
    ],
    handle=hear,
)

IMPORTERS: dict[str, Importer] = {"visits": VisitImporter(), "violations": ViolationImporter()}
