"""List statements that bypass the ORM: PostgreSQL writes each item's JSON and it passes through."""

from collections.abc import Iterable, Sequence

Condition = tuple[str, object]
"""SQL of ours with one `{}` where the placeholder of its value belongs."""

Statement = tuple[str, list[object]]


def page_statement(item: str, conditions: Iterable[Condition], *, sort: str, limit: int) -> Statement:
    """One row more than `limit`, as `fetch_page` wants it: `id` is the sort key, `body` the item's JSON.

    `item` is a SELECT with `{where}` and, as its first column, `sort`; all of it is text of ours.
    """
    values: list[object] = [limit + 1]
    clauses: list[str] = []
    for clause, value in conditions:
        values.append(value)
        clauses.append(clause.format(f"${len(values)}"))
    where = " AND ".join(clauses) or "true"
    rows = f"{item.format(where=where)} ORDER BY {sort} LIMIT $1"
    return f"SELECT {sort} AS id, row_to_json(page)::text AS body FROM ({rows}) page ORDER BY {sort}", values  # noqa: S608  # SQL of ours and placeholders only


def given(*conditions: tuple[str, object]) -> Sequence[Condition]:
    """Those whose value the caller gave."""
    return [condition for condition in conditions if condition[1] is not None]
