"""What comes into after-school besides requests: the registry's institutions, permits and calendar, by events."""

from collections.abc import Sequence

from sqlalchemy.ext.asyncio import AsyncSession

from services.afterschool.programme.plans.usecases import plan_terms_again
from services.afterschool.programme.providers.usecases import copy_registry
from services.afterschool.roster.terms.usecases import copy_calendar
from services.afterschool.stories.suspensions.usecases import freeze_offerings_of
from shared.domain.clock import utc_now
from shared.events.registry.calendars import (
    CalendarDayCorrected,
    CalendarYearPublished,
    SchoolTermSet,
    SchoolTermWithdrawn,
)
from shared.events.registry.institutions import (
    InstitutionChanged,
    InstitutionEvent,
    InstitutionMerged,
    InstitutionRegistered,
)
from shared.events.registry.permits import (
    PermitCancelled,
    PermitEvent,
    PermitGranted,
    PermitRecorded,
    PermitReinstated,
    PermitRenewed,
    PermitRevoked,
    PermitSuspended,
)
from shared.facts.inbox import Delivery, Inbox


async def hear(session: AsyncSession, deliveries: Sequence[Delivery]) -> None:
    await copy_registry(session, deliveries)
    touched = {
        event.institution_id
        for event in (delivery.event for delivery in deliveries)
        if isinstance(event, InstitutionEvent | PermitEvent)
    }
    await freeze_offerings_of(session, touched, at=utc_now())
    await plan_terms_again(session, await copy_calendar(session, deliveries), due_at=utc_now())


INBOX = Inbox.of(
    "afterschool",
    wanted=[
        InstitutionRegistered,
        InstitutionChanged,
        InstitutionMerged,
        PermitGranted,
        PermitRecorded,
        PermitSuspended,
        PermitReinstated,
        PermitRevoked,
        PermitRenewed,
        PermitCancelled,
        CalendarYearPublished,
        CalendarDayCorrected,
        SchoolTermSet,
        SchoolTermWithdrawn,
    ],
    handle=hear,
)
