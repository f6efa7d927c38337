"""How a slice offers its open steps: each is a SELECT of the columns `COLUMNS`, for `accountability` to put together.

The statements may read `norm (name, days)`: the norms in force on the day of asking.
"""

from typing import Final

COLUMNS: Final = ("step", "subject_id", "institution_id", "district", "street", "team", "due_on", "number", "part")
"""`number` counts subjects that are owed together, and `part` says whose part of them this is."""


def open_step(step: str, table: str, where: str, *, due: str = "", since: str | None = None) -> str:
    """SQL for the open steps of one kind in a table with a place. They are due on `due` or, with `since`, the days of
    the norm `step` after that."""
    norm = "" if since is None else f"JOIN norm ON norm.name = '{step}'"
    day = due if since is None else f"{since} + norm.days"
    place = f"{table}.institution_id, {table}.district, {table}.street, {table}.team"
    return (
        f"SELECT '{step}' AS step, {table}.id AS subject_id, {place}, {day} AS due_on, 1 AS number, '' AS part "  # noqa: S608 -- ours
        f"FROM {table} {norm} WHERE {where}"
    )


def china_day(instant: str) -> str:
    """SQL for the day in China of a timestamptz expression."""
    return f"({instant} AT TIME ZONE 'Asia/Shanghai')::date"
