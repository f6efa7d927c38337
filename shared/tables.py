"""All tables of `shared_metadata`, imported in one place so that migrations see every one of them."""

from shared import idempotency, inbox, journal, leadership
from shared.database import shared_metadata
from shared.imports import tables as imports

__all__ = ["idempotency", "imports", "inbox", "journal", "leadership", "shared_metadata"]
