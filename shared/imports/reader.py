"""CSV, XLSX and JSON as rows of text: whatever program wrote them.

CSV may be UTF-8 with or without a mark, or GB 18030 (what Excel writes in China), with comma, semicolon or tab. Every
cell becomes text with its outer blanks removed; nothing is guessed about its meaning here.
"""

import csv
import io
import zipfile
from collections.abc import Iterator, Sequence
from datetime import date, datetime, time, timedelta
from typing import Any

import orjson
from python_calamine import CalamineError, load_workbook

MAX_ROWS = 500_000
MAX_UNPACKED = 512 * 1024 * 1024
"""Bytes an XLSX may declare when unpacked; more is an archive bomb, not a ledger."""

_NOTHING_PRINTED = {code: None for code in range(32) if code not in (9, 10, 13)} | {0x7F: None, 0xFEFF: None}


class UnreadableFile(ValueError):
    """The file as a whole cannot be read; `code` is stable."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


Row = dict[str, str]


def read_rows(content: bytes, filename: str) -> list[Row]:
    """Every row below the header, keyed by column name. A row with more cells than the header keeps them under `""`."""
    name = filename.lower()
    if content.startswith(b"PK\x03\x04") or name.endswith((".xlsx", ".xlsm")):
        header, rows = _from_xlsx(content)
    elif name.endswith(".json"):
        return _from_json(content)
    else:
        header, rows = _from_csv(content)
    columns = [cell.strip() for cell in header]
    return [_keyed(columns, cells) for cells in rows]


def _keyed(columns: Sequence[str], cells: Sequence[str]) -> Row:
    row = {name: _clean(cell) for name, cell in zip(columns, cells, strict=False)}
    if len(cells) > len(columns) and any(cell.strip() for cell in cells[len(columns) :]):
        row[""] = "more cells than columns"
    return row


def _clean(cell: str) -> str:
    return cell.translate(_NOTHING_PRINTED).strip() if not cell.isprintable() else cell.strip()


def _from_csv(content: bytes) -> tuple[list[str], list[list[str]]]:
    text = _decode(content)
    try:
        dialect: type[csv.Dialect] | csv.Dialect = csv.Sniffer().sniff(text[:8192].split("\n", 1)[0], ",;\t")
        delimiter = dialect.delimiter
    except csv.Error:
        delimiter = ","
    lines = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
    try:
        rows = [cells for cells in lines if cells]
    except csv.Error as error:
        raise UnreadableFile("csv-malformed") from error
    return _with_header(rows)


def _decode(content: bytes) -> str:
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            return content.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise UnreadableFile("encoding-unknown")


def _from_xlsx(content: bytes) -> tuple[list[str], list[list[str]]]:
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            if sum(entry.file_size for entry in archive.infolist()) > MAX_UNPACKED:
                raise UnreadableFile("xlsx-too-large")
        sheet = load_workbook(io.BytesIO(content)).get_sheet_by_index(0)
        rows = [[_text(cell) for cell in cells] for cells in sheet.iter_rows()]
    except (zipfile.BadZipFile, CalamineError) as error:
        raise UnreadableFile("xlsx-malformed") from error
    return _with_header([cells for cells in rows if any(cells)])


def _text(cell: Any) -> str:
    """A cell of a sheet as the text its author sees."""
    if isinstance(cell, bool):
        return "true" if cell else "false"
    if isinstance(cell, float) and cell.is_integer() and abs(cell) < 1e15:
        return str(int(cell))
    if isinstance(cell, (datetime, date, time)):
        return cell.isoformat()
    if isinstance(cell, timedelta):
        return str(cell)
    return str(cell)


def _from_json(content: bytes) -> list[Row]:
    """A list of objects, or an object whose `items` is one."""
    try:
        found = orjson.loads(content)
    except orjson.JSONDecodeError as error:
        raise UnreadableFile("json-malformed") from error
    items = found.get("items") if isinstance(found, dict) else found
    if not isinstance(items, list) or not all(isinstance(item, dict) for item in items):
        raise UnreadableFile("json-not-a-list")
    _limit(len(items))
    return [
        {str(name).strip(): _clean("" if value is None else _text(value)) for name, value in item.items()}
        for item in items
    ]


def _with_header(rows: list[list[str]]) -> tuple[list[str], list[list[str]]]:
    if not rows:
        raise UnreadableFile("file-empty")
    _limit(len(rows) - 1)
    return rows[0], rows[1:]


def _limit(count: int) -> None:
    if count > MAX_ROWS:
        raise UnreadableFile("too-many-rows")


def chunks(rows: Sequence[Row], size: int, *, start: int) -> Iterator[tuple[int, Sequence[Row]]]:
    """Slices of `rows` from `start`, each with the number (from 1) of its first row."""
    for begin in range(start, len(rows), size):
        yield begin + 1, rows[begin : begin + size]
