"""A list as a file: CSV, XLSX or JSON, complete or not at all.

The last line, or the member `total`, says how many rows there are. A file without it was cut off: a stream that fails
after it began has no other way to say so.
"""

import csv
import io
import tempfile
from collections.abc import AsyncIterator, Iterable, Sequence
from datetime import datetime
from typing import Any, Final, Literal

import orjson
import xlsxwriter
from starlette.responses import StreamingResponse

from shared.domain.clock import CHINA
from shared.domain.spreadsheets import guarded

Form = Literal["csv", "xlsx", "json"]
MEDIA_TYPES: Final = {
    "csv": "text/csv; charset=utf-8",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "json": "application/json",
}
DOCUMENTED: Final[dict[int | str, dict[str, Any]]] = {
    200: {"content": {media.partition(";")[0]: {} for media in MEDIA_TYPES.values()}, "description": "The file."}
}
"""For the `responses` of a route."""
TOTAL: Final = "合计 total"
_PIECE: Final = 64 * 1024

Row = Sequence[object]
"""Texts, numbers, moments and None, in the order of the columns."""


class CutOff(RuntimeError):
    """Fewer or more rows came than were announced: the file must not look complete."""


def table_response(
    name: str, form: Form, columns: Sequence[str], rows: AsyncIterator[Row], *, total: int
) -> StreamingResponse:
    """The rows as a file to download; `X-Total-Count` has the total in advance."""
    content = {"csv": _csv, "xlsx": _xlsx, "json": _json}[form](columns, _counted(rows, total), total)
    headers = {"Content-Disposition": f'attachment; filename="{name}.{form}"', "X-Total-Count": str(total)}
    return StreamingResponse(content, media_type=MEDIA_TYPES[form], headers=headers)


async def _counted(rows: AsyncIterator[Row], total: int) -> AsyncIterator[Row]:
    seen = 0
    async for row in rows:
        seen += 1
        yield row
    if seen != total:
        raise CutOff(f"{seen} rows instead of {total}")


def _shown(value: object) -> object:
    """A cell that no spreadsheet takes for a formula. Moments are China's."""
    if isinstance(value, datetime):
        return value.astimezone(CHINA).isoformat(timespec="seconds")
    return guarded(value) if isinstance(value, str) else value


async def _csv(columns: Sequence[str], rows: AsyncIterator[Row], total: int) -> AsyncIterator[bytes]:
    yield "\ufeff".encode() + _lines([columns])
    async for row in rows:
        yield _lines([row])
    yield _lines([(TOTAL, total)])


def _lines(rows: Iterable[Row]) -> bytes:
    lines = io.StringIO(newline="")
    csv.writer(lines).writerows([["" if value is None else _shown(value) for value in row] for row in rows])
    return lines.getvalue().encode()


async def _json(columns: Sequence[str], rows: AsyncIterator[Row], total: int) -> AsyncIterator[bytes]:
    before = b'{"items":['
    async for row in rows:
        yield before + orjson.dumps(dict(zip(columns, map(_plain, row), strict=True)))
        before = b","
    yield (b"" if before == b"," else before) + b'],"total":%d}' % total


def _plain(value: object) -> object:
    return _shown(value) if isinstance(value, datetime) else value


async def _xlsx(columns: Sequence[str], rows: AsyncIterator[Row], total: int) -> AsyncIterator[bytes]:
    options = {"constant_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
    with tempfile.TemporaryFile() as file:
        with xlsxwriter.Workbook(file, options) as workbook:
            sheet = workbook.add_worksheet()
            sheet.write_row(0, 0, columns)
            number = 0
            async for row in rows:
                number += 1
                sheet.write_row(number, 0, [_shown(value) for value in row])
            sheet.write_row(number + 1, 0, [TOTAL, total])
        file.seek(0)
        while piece := file.read(_PIECE):
            yield piece
