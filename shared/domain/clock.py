"""The one place that asks the machine what time it is; everything below the edge is handed the time."""

from collections.abc import Callable
from datetime import UTC, date, datetime
from functools import partial
from zoneinfo import ZoneInfo

CHINA = ZoneInfo("Asia/Shanghai")


machine_time: Callable[[], datetime] = partial(datetime.now, UTC)
"""Replaced by the tests alone, which run at any hour and day (`make test-clock`)."""


def utc_now() -> datetime:
    return machine_time()


def instant(at: datetime) -> str:
    """An instant as every answer and every document writes it: ISO 8601 in UTC, with `Z`."""
    return at.astimezone(UTC).isoformat().replace("+00:00", "Z")


def china_date(at: datetime) -> date:
    """The calendar day in China at an instant: statutory days and school days are counted on it."""
    return at.astimezone(CHINA).date()
