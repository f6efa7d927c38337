"""What metrics listens to: every event that counts something."""

from services.metrics.projections.domain import CONSUMER
from services.metrics.projections.facts import PROJECTIONS
from services.metrics.projections.usecases import folding_into
from shared.facts.inbox import Inbox

INBOX = Inbox.of(CONSUMER, wanted=PROJECTIONS, handle=folding_into(shadow=False))
