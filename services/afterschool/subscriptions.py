"""What comes into after-school besides requests: the registry's institutions and permits, by events."""

from services.afterschool.providers.usecases import copy_registry
from shared.events.registry import (
    InstitutionChanged,
    InstitutionMerged,
    InstitutionRegistered,
    PermitCancelled,
    PermitGranted,
    PermitRecorded,
    PermitReinstated,
    PermitRenewed,
    PermitRevoked,
    PermitSuspended,
)
from shared.inbox import Inbox

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
