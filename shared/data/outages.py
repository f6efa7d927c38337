"""Is it the database? The one place that says so; whoever repeats, answers 503 or gives up asks here.

Three answers want three reactions. The database or the line to it is *away*: wait, and do the same again. The work was
*too slow* for its time limit: do less at once, never the same again for ever. Others were at the same rows
(*contended*): the same again in a moment, a limited number of times.
"""

from enum import Enum
from typing import Final

from asyncpg import exceptions as driver
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeout


class Fault(Enum):
    """What ails the database, seen from here."""

    AWAY = "away"
    SLOW = "too-slow"
    CONTENDED = "contended"


_SLOW: Final = frozenset({"57014", "25P03", "25P04"})
"""Statement, idle in transaction, transaction: each ran out of its time."""
ROLLED_BACK: Final = frozenset({"40001", "40P01"})
"""Serialisation and deadlock: PostgreSQL undid the whole transaction, and it may simply begin again."""
_LOCK_NOT_GOT: Final = "55P03"
_AWAY_CLASSES: Final = ("08", "57P", "53")
"""Connections, shutdown and start-up, no resources left."""
_AWAY: Final = (PoolTimeout, driver.InternalClientError, driver.InterfaceError, driver.InvalidCachedStatementError)


def database_fault(error: BaseException) -> Fault | None:
    """The trouble of the database behind this exception; None if the data or the code is at fault."""
    if isinstance(error, DBAPIError):
        found = database_fault(error.driver_exception) if error.driver_exception is not None else None
        return found or (Fault.AWAY if error.connection_invalidated else None)
    state = getattr(error, "sqlstate", None) or ""
    if state in _SLOW:
        return Fault.SLOW
    if state in ROLLED_BACK or state == _LOCK_NOT_GOT:
        return Fault.CONTENDED
    if state.startswith(_AWAY_CLASSES):
        return Fault.AWAY
    if isinstance(error, ValueError):  # the driver cannot encode the value: as InterfaceError, it looks like an outage
        return None
    if isinstance(error, _AWAY) or (isinstance(error, OSError | TimeoutError) and _raised_by_driver(error)):
        return Fault.AWAY
    return None


def is_outage(error: BaseException) -> bool:
    """Whether the same work may succeed later, unchanged: the database is away, or the rows are contended."""
    return database_fault(error) in (Fault.AWAY, Fault.CONTENDED)


def _raised_by_driver(error: BaseException) -> bool:
    """A refused socket and a missing file are both OSError; only one raised inside asyncpg is an outage."""
    step = error.__traceback__
    while step is not None:
        if str(step.tb_frame.f_globals.get("__name__", "")).startswith("asyncpg"):
            return True
        step = step.tb_next
    return False
