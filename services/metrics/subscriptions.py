"""What metrics listens to: every event that counts something."""

from services.metrics.projections.facts import PROJECTIONS
from services.metrics.projections.usecases import folding_into
from shared.facts.inbox import Inbox

INBOX = Inbox.of("metrics", wanted=PROJECTIONS, handle=folding_into(shadow=False))
SHADOW = Inbox.of("metrics.rebuild", wanted=PROJECTIONS, handle=folding_into(shadow=True))
"""The same events once more, from the beginning of the log, into the generation that is not live."""
