"""The one place that asks the machine what time it is; everything below the edge is handed the time."""

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

CHINA = ZoneInfo("Asia/Shanghai")


def utc_now() -> datetime:
    return datetime.now(UTC)


def china_date(at: datetime) -> date:
    """The calendar day in China at an instant: statutory days and school days are counted on it."""
    return at.astimezone(CHINA).date()
