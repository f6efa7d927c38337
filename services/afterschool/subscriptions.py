"""What comes into after-school besides requests: the registry's institutions, permits and calendar, by events."""

from collections.abc import Sequence

from sqlalchemy.ext.asyncio import AsyncSession

from services.afterschool.programme.providers.usecases import copy_registry
from services.afterschool.roster.terms.usecases import copy_calendar
from shared.events.registry.calendars import (
    CalendarDayCorrected,
    CalendarYearPublished,
    SchoolTermSet,
    SchoolTermWithdrawn,
)
from shared.events.registry.institutions import InstitutionChanged, InstitutionMerged, InstitutionRegistered
from shared.events.registry.permits import (
    PermitCancelled,
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
    await copy_calendar(session, deliveries)


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
