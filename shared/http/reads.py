"""Hot reads: PostgreSQL builds the JSON, and its bytes go out as they are.

`bench/` holds the ledger page against the ORM with a response model. The route still declares its `response_model`,
and a contract test holds these bytes to it.
"""

from collections.abc import Iterable, Sequence

import asyncpg
import orjson
from starlette.requests import Request
from starlette.responses import Response

from shared.data.database import DriverPool
from shared.domain.refusals import Refusal
from shared.http.paging import PageRequest
from shared.process.settings import ServiceSettings


def instant(column: str) -> str:
    """SQL that writes an instant as `shared.domain.clock.instant` does; PostgreSQL's JSON would end in `+00:00`."""
    written = f"""to_char({column} AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')"""
    return f"{written} AS {column.rpartition('.')[2]}"


Condition = tuple[str, *tuple[object, ...]]
"""SQL of ours with one `{}` for the placeholder of each value, and the values."""

Statement = tuple[str, list[object]]


def where(conditions: Iterable[Condition], values: list[object]) -> str:
    """All conditions as SQL; their values are appended to those of the statement."""
    clauses = []
    for clause, *own in conditions:
        values += own
        clauses.append(clause.format(*(f"${place}" for place in range(len(values) - len(own) + 1, len(values) + 1))))
    return " AND ".join(clauses) or "true"


def page_statement(item: str, conditions: Iterable[Condition], *, sort: str, limit: int) -> Statement:
    """A statement for `fetch_page` that returns one row more than `limit`: `id` is the sort key, `body` the item as
    JSON.

    `item` is a SELECT with `{where}` and, as its first column, `sort`; none of its text comes from a caller.
    """
    values: list[object] = [limit + 1]
    rows = f"{item.format(where=where(conditions, values))} ORDER BY {sort} LIMIT $1"
    return f"SELECT {sort} AS id, row_to_json(page)::text AS body FROM ({rows}) page ORDER BY {sort}", values  # noqa: S608  # SQL of ours and placeholders only


def given(*conditions: tuple[str, object]) -> list[Condition]:
    """The conditions whose value was given."""
    return [condition for condition in conditions if condition[1] is not None]


class ReadPool:
    """Read-only connections beside the sessions' own, opened at the first use."""

    def __init__(self, settings: ServiceSettings) -> None:
        self._pool = DriverPool(settings, "reads", default_transaction_read_only="on")

    async def json(self, sql: str, *args: object) -> str | None:
        """The first column of the first row: JSON text, or NULL."""
        async with self._pool.connection() as connection:
            found: str | None = await connection.fetchval(sql, *args)
            return found

    async def rows(self, sql: str, *args: object) -> "list[asyncpg.Record]":
        async with self._pool.connection() as connection:
            return await connection.fetch(sql, *args)

    async def close(self) -> None:
        await self._pool.close()


async def fetch_json(request: Request, sql: str, *args: object, missing: Refusal | None = None) -> Response:
    """Answer with the JSON text that the statement returns; raises `missing` for NULL or no row."""
    reads: ReadPool = request.app.state.reads
    found = await reads.json(sql, *args)
    if found is None and missing is not None:
        raise missing
    return Response(found or "null", media_type="application/json")


async def fetch_page(
    request: Request, statement: tuple[str, Sequence[object]] | None, page: PageRequest, **binding: object
) -> Response:
    """Answer with a page. The statement returns `id` and `body` (an item as JSON), one row more than the limit if
    there are more.

    Without a statement the page is empty: nothing is within the caller's reach.
    """
    rows = await request.app.state.reads.rows(statement[0], *statement[1]) if statement else []
    more = len(rows) > page.limit
    cursor = page.cursors.encode([rows[page.limit - 1]["id"]], **binding) if more else None
    items = ",".join([row["body"] for row in rows[: page.limit]])
    return Response(
        f'{{"items":[{items}],"next_cursor":{orjson.dumps(cursor).decode()}}}', media_type="application/json"
    )
