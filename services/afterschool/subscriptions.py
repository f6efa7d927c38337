"""What comes into after-school by other ways than requests: nothing yet. Schools and children are its own to know."""

from shared.inbox import Inbox

INBOX: Inbox | None = None
