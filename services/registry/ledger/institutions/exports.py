"""The ledger as a file for officials: CSV or XLSX, and no cell of it can act as a formula."""

import csv
import io
import tempfile
from collections.abc import AsyncIterator, Iterator, Sequence
from datetime import datetime
from typing import Annotated, Any, Literal

import xlsxwriter
from fastapi import Query, Request
from starlette.responses import StreamingResponse

from services.registry.ledger.institutions import queries
from services.registry.ledger.institutions.domain import Kind, Status
from services.registry.ledger.institutions.queries import COLUMNS, Filters
from services.registry.ledger.institutions.rows import CODED
from shared.domain.clock import CHINA
from shared.domain.spreadsheets import guarded
from shared.domain.wording import KEY
from shared.http.policies import Principal, allow
from shared.http.web import service_router
from shared.imports.cleaning import prefixed

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"

router = service_router(prefix="/v1/exports", tags=["exports"])


def safe(value: object) -> str:
    """A cell as text that no spreadsheet takes for a formula."""
    if value is None:
        return ""
    if isinstance(value, list):
        return guarded(",".join(map(str, value)))
    if isinstance(value, datetime):
        return value.astimezone(CHINA).isoformat(timespec="seconds")
    return guarded(value) if isinstance(value, str) else str(value)


_CODED = [name in CODED for name in COLUMNS]


def cells_of(row: Sequence[object]) -> list[str]:
    """The texts of a row; an import of the file reads them back unchanged."""
    return [prefixed(cell) if coded else cell for cell, coded in zip(map(safe, row), _CODED, strict=True)]


def csv_lines(rows: Sequence[Sequence[object]]) -> bytes:
    lines = io.StringIO(newline="")
    csv.writer(lines).writerows(map(cells_of, rows))
    return lines.getvalue().encode()


@router.get(
    "/ledger",
    response_class=StreamingResponse,
    responses={200: {"content": {"text/csv": {}, XLSX: {}}, "description": "The file."}},
)
async def export_ledger(
    request: Request,
    caller: Annotated[Principal, allow("bureau", "district_officer", "auditor", "service")],
    form: Annotated[Literal["csv", "xlsx"], Query(alias="format")] = "csv",
    district: Annotated[str | None, KEY, Query(max_length=20)] = None,
    street: Annotated[str | None, KEY, Query(max_length=20)] = None,
    kind: Kind | None = None,
    status: Status | None = None,
) -> StreamingResponse:
    """The whole ledger within the caller's reach, in the order of registration."""
    filters = Filters(district, street, kind, status).within(caller)
    rows = _rows(request, filters)
    if form == "csv":
        content, kind_of_file = _as_csv(rows), "text/csv; charset=utf-8"
    else:
        content, kind_of_file = _as_xlsx(rows), XLSX
    return StreamingResponse(
        content, media_type=kind_of_file, headers={"Content-Disposition": f'attachment; filename="ledger.{form}"'}
    )


async def _rows(request: Request, filters: Filters | None) -> AsyncIterator[Sequence[Any]]:
    # A stream outlives the request's transaction, so it opens its own.
    if filters is not None:
        async with request.app.state.sessions() as session:
            async for row in queries.whole_ledger(session, filters):
                yield row


async def _as_csv(rows: AsyncIterator[Sequence[Any]]) -> AsyncIterator[bytes]:
    yield "\ufeff".encode() + csv_lines([COLUMNS])
    batch: list[Sequence[Any]] = []
    async for row in rows:
        batch.append(row)
        if len(batch) == 500:
            yield csv_lines(batch)
            batch.clear()
    yield csv_lines(batch)


async def _as_xlsx(rows: AsyncIterator[Sequence[Any]]) -> AsyncIterator[bytes]:
    with tempfile.TemporaryFile() as file:
        with xlsxwriter.Workbook(
            file, {"constant_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
        ) as workbook:
            sheet = workbook.add_worksheet("ledger")
            sheet.write_row(0, 0, COLUMNS)
            number = 0
            async for row in rows:
                number += 1
                for place, (value, cell) in enumerate(zip(row, cells_of(row), strict=True)):
                    if isinstance(value, (int, float)) and not isinstance(value, bool) and _fits_a_cell(value):
                        sheet.write_number(number, place, value)
                    elif value is not None:
                        sheet.write_string(number, place, cell)
        file.seek(0)
        for piece in _pieces(file):
            yield piece


def _fits_a_cell(value: float) -> bool:
    """Whether a number survives the sixteen digits of a cell; otherwise it is written as text."""
    return float(f"{value:.16G}") == value


def _pieces(file: Any) -> Iterator[bytes]:
    while piece := file.read(64 * 1024):
        yield piece
