"""The calendars announced when this platform was made, as the `holidays` package has them."""

from collections.abc import Iterable
from datetime import date
from importlib.metadata import version
from typing import Any, Final

import holidays

from services.registry.rulebook.calendars.domain import DayKind
from shared.data.database import new_id

YEARS: Final = range(2020, 2027)
"""Those with an announcement behind them; for later ones the package estimates, which is no calendar."""
SOURCE: Final = f"holidays {version('holidays')} (国务院办公厅节假日安排)"


def rows(years: Iterable[int] = YEARS) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """Rows of `calendar_year` (without `published_at`) and of `calendar_day`.

    Version 1 is the fact that the migration writes to the journal.
    """
    year_rows: list[dict[str, Any]] = []
    day_rows: list[dict[str, Any]] = []
    for year in years:
        made = {"id": new_id(), "version": 1, "year": year, "source": SOURCE}
        year_rows.append(made)
        for on, (kind, name) in sorted(_exceptional_days(year).items()):
            day_rows.append({"on": on, "kind": kind, "name": name, "source": SOURCE, "year_id": made["id"]})
    return year_rows, day_rows


def _exceptional_days(year: int) -> dict[date, tuple[str, str]]:
    china = holidays.country_holidays("CN", years=year, language="zh_CN")
    days = {on: (DayKind.PUBLIC_HOLIDAY.value, name) for on, name in china.items() if on.year == year}
    makeup = {on: (DayKind.MAKEUP_WORKDAY.value, "调休上班") for on in china.weekend_workdays if on.year == year}
    return days | makeup
