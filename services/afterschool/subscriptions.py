"""What comes into after-school besides requests: the registry's institutions and permits, by events."""

from services.afterschool.programme.providers.usecases import copy_registry
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
from shared.facts.inbox import Inbox

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
    ],
    handle=copy_registry,
)
