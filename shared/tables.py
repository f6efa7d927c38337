"""All tables of `shared_metadata`, imported in one place so that migrations see every one of them."""

from shared.data import leadership
from shared.data.database import shared_metadata
from shared.facts import inbox, journal
from shared.http import idempotency
from shared.imports import tables as imports

__all__ = ["idempotency", "imports", "inbox", "journal", "leadership", "shared_metadata"]
