"""CSV, spreadsheets and JSON as rows of text: whatever program wrote them, whatever stands around the table.

CSV may be UTF-8 or UTF-16 with a mark, UTF-8 without, GB 18030 (what Excel writes in China) or Windows-1252, with
comma, semicolon, tab or bar. The header is the first row, or pair of rows, that has every column asked for; titles
above it are no rows. Every other row that is not wholly blank is one row, numbered from 1 below the header: footnotes
and totals too. Cells lose outer blanks and what cannot be printed; nothing is guessed about their meaning here.
"""

import csv
import io
import re
import zipfile
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any

import orjson
from python_calamine import CalamineError, CalamineSheet, load_workbook

from shared.imports.cleaning import column_key, visible

MAX_ROWS = 500_000
MAX_UNPACKED = 512 * 1024 * 1024
"""Bytes an XLSX may declare when unpacked; more is an archive bomb, not a ledger."""
HEADER_WITHIN = 50
"""Rows from the top among which the header is looked for."""

DELIMITERS = ",;\t|"
DAMAGED = "\ufffd"
_SOUND_FOR_ONE_DAMAGED = 40
"""Bytes of whole characters; in text of another encoding hardly any are."""


class UnreadableFile(ValueError):
    """The file as a whole cannot be read; `code` is stable."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


Row = dict[str, str]
"""Cells by column name. Under `""`, which is no column's name, what the reader noticed: codes with blanks between."""

REJECTING = frozenset(
    {
        "footnote",
        "header-repeated",
        "more-cells-than-columns",
        "value-nested",
        "row-not-an-object",
        "characters-damaged",
    }
)
"""Codes of the reader that mean: this is no row of the ledger, or nobody can tell which cell is whose."""

Grid = list[list[str]]


@dataclass(frozen=True, slots=True)
class Table:
    """The rows below the header, and the names of all columns."""

    columns: frozenset[str]
    rows: list[Row]


def read_table(content: bytes, filename: str, wanted: Collection[str] = ()) -> Table:
    """The table in a file; `wanted` are the columns by which its header is recognised."""
    name = filename.lower()
    keys = frozenset(map(column_key, wanted))
    if content.startswith((b"PK\x03\x04", b"\xd0\xcf\x11\xe0")) or name.endswith(
        (".xlsx", ".xlsm", ".xls", ".xlsb", ".ods")
    ):
        return _from_workbook(content, keys)
    if name.endswith(".json"):
        return _from_json(content, keys)
    return _from_csv(content, keys)


def codes_of(row: Row) -> list[str]:
    """What the reader noticed about a row."""
    return row.get("", "").split()


def _from_csv(content: bytes, wanted: frozenset[str]) -> Table:
    text = _decode(content)
    try:
        delimiter = _delimiter(text[:65_536], wanted)
        grid = _parsed(text, delimiter)
    except csv.Error as error:
        raise UnreadableFile("csv-malformed") from error
    return _below_header(grid, wanted, aligned=False, damaged=DAMAGED in text)


def _parsed(text: str, delimiter: str) -> Grid:
    try:
        return list(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True))
    except csv.Error as error:
        if "field larger than" in str(error):
            raise
        # A quote that nobody closed would swallow every row below it: here it spoils its own line only.
        return [cells for line in io.StringIO(text, newline=None) for cells in csv.reader([line], delimiter=delimiter)]


def _delimiter(sample: str, wanted: frozenset[str]) -> str:
    """The one with which a header is found; else the one that makes most cells."""
    most, best = 1, ","
    for delimiter in DELIMITERS:
        lines = [cells for cells in csv.reader(io.StringIO(sample, newline=""), delimiter=delimiter) if any(cells)][
            :HEADER_WITHIN
        ]
        if wanted and _find_header(lines, wanted) is not None:
            return delimiter
        widest = max(map(len, lines), default=0)
        if widest > most:
            most, best = widest, delimiter
    return best


def _decode(content: bytes) -> str:
    if content.startswith((b"\xff\xfe", b"\xfe\xff")):
        return _decoded(content, "utf-16")
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        pass
    text = content.decode("utf-8-sig", errors="replace")
    damaged = text.count(DAMAGED)
    if len(content) - len(text) > _SOUND_FOR_ONE_DAMAGED * damaged:  # UTF-8, cut or spoilt in a few places
        return text
    return _decoded(content, "cp1252" if _looks_western(content) else "gb18030")


def _decoded(content: bytes, encoding: str) -> str:
    try:
        return content.decode(encoding)
    except UnicodeDecodeError as error:
        raise UnreadableFile("encoding-unknown") from error


def _looks_western(content: bytes) -> bool:
    """Accented letters stand alone among plain ones; Chinese characters come in runs of high bytes."""
    runs = re.findall(rb"[\x80-\xff]+", content)
    alone = sum(len(run) == 1 for run in runs)
    return sum(map(len, runs)) * 10 < len(content) and alone * 10 > len(runs) * 9


def _from_workbook(content: bytes, wanted: frozenset[str]) -> Table:
    """The first sheet that has the header; the first of all where none has."""
    try:
        if content.startswith(b"PK"):
            with zipfile.ZipFile(io.BytesIO(content)) as archive:
                if sum(entry.file_size for entry in archive.infolist()) > MAX_UNPACKED:
                    raise UnreadableFile("xlsx-too-large")
        workbook = load_workbook(io.BytesIO(content))
        first: Grid | None = None
        for place in range(len(workbook.sheet_names)):
            grid = _cells(workbook.get_sheet_by_index(place))
            if _find_header([cells for cells in grid if any(cells)][:HEADER_WITHIN], wanted) is not None:
                return _below_header(grid, wanted, aligned=True)
            first = grid if first is None else first
    except (zipfile.BadZipFile, CalamineError) as error:
        raise UnreadableFile("xlsx-malformed") from error
    return _below_header(first or [], wanted, aligned=True)


def _cells(sheet: CalamineSheet) -> Grid:
    """A sheet as text; cells merged downwards say the same in each of their rows."""
    grid = [[_text(cell) for cell in cells] for cells in sheet.iter_rows()]
    left = sheet.start[1] if sheet.start else 0
    for (top, column), (bottom, _) in sheet.merged_cell_ranges or ():
        place = column - left
        if top < len(grid) and 0 <= place < len(grid[top]):
            for line in grid[top + 1 : bottom + 1]:
                line[place] = line[place] or grid[top][place]
    return grid


def _text(cell: Any) -> str:
    """A cell of a sheet as the text its author sees."""
    if isinstance(cell, str):
        return cell
    if isinstance(cell, bool):
        return "true" if cell else "false"
    if isinstance(cell, float) and cell.is_integer() and abs(cell) < 1e15:
        return str(int(cell))
    if isinstance(cell, (datetime, date, time)):
        return cell.isoformat()
    if isinstance(cell, timedelta):
        return str(cell)
    return str(cell)


_LISTS = ("items", "data", "records", "results", "rows")


def _from_json(content: bytes, wanted: frozenset[str]) -> Table:
    """A list of objects, or an object one of whose usual members is one."""
    try:
        found = orjson.loads(_decode(content))
    except orjson.JSONDecodeError as error:
        raise UnreadableFile("json-malformed") from error
    if isinstance(found, dict):
        found = next((found[name] for name in _LISTS if isinstance(found.get(name), list)), None)
    if not isinstance(found, list) or (found and not any(isinstance(item, dict) for item in found)):
        raise UnreadableFile("json-not-a-list")
    _limit(len(found))
    rows = [row for item in found if any((row := _from_object(item, wanted)).values())]
    return Table(frozenset(name for row in rows for name in row) - {""}, rows)


def _from_object(item: object, wanted: frozenset[str]) -> Row:
    if not isinstance(item, dict):
        return {"": "row-not-an-object"}
    row: Row = {}
    for name, value in item.items():
        name = visible(name)
        if isinstance(value, list) and not any(isinstance(part, (list, dict)) for part in value):
            value = ",".join(_text(part) for part in value if part is not None)
        nested = isinstance(value, (list, dict))
        if nested and column_key(name) in wanted:
            row[""] = "value-nested"
        row[name] = "" if value is None or nested else visible(_text(value))
    return row


def _below_header(grid: Grid, wanted: frozenset[str], *, aligned: bool, damaged: bool = False) -> Table:
    """Rows by column name. In an `aligned` grid a cell beyond the header shifted no other."""
    lines = [cells for cells in grid if any(map(visible, cells))]
    if not lines:
        raise UnreadableFile("file-empty")
    depth, names = _find_header(lines[:HEADER_WITHIN], wanted) or (1, lines[0])
    body = lines[depth:]
    _limit(len(body))
    columns = _distinct(names)
    while aligned and len(columns) > 1 and not columns[-1]:
        columns.pop()  # a sheet is as wide as its widest row
    keyed = _Keyed(columns, wanted, first_cell=names[0], aligned=aligned, damaged=damaged)
    return Table(frozenset(columns) - {""}, [keyed.row(cells) for cells in body])


def _find_header(lines: Sequence[list[str]], wanted: frozenset[str]) -> tuple[int, list[str]] | None:
    """How many rows there are down to the header, and its names: of one row, or of two where groups have parts."""
    for place, cells in enumerate(lines):
        if wanted <= set(map(column_key, cells)):
            return place + 1, cells
        if place and len(lines[place - 1]) >= len(cells):
            above = lines[place - 1]
            both = [
                part if part.strip() else whole for part, whole in zip(_padded(cells, len(above)), above, strict=True)
            ]
            if wanted <= set(map(column_key, both)):
                return place + 1, both
    return None


def _padded(cells: list[str], width: int) -> list[str]:
    return [*cells, *[""] * (width - len(cells))]


def _distinct(names: Iterable[str]) -> list[str]:
    """Names without line breaks; the second column of a name is `name (2)`."""
    seen: Counter[str] = Counter()
    columns = []
    for name in (" ".join(visible(name).split()) for name in names):
        seen[name] += 1
        columns.append(f"{name} ({seen[name]})" if name and seen[name] > 1 else name)
    return columns


_FOOTNOTES = re.compile(
    r"\s*(?:(?:合\s*计|总\s*计|小\s*计|共\s*计|本页合计|total|grand total|subtotal|sum)\s*[:：]?\s*$"
    r"|(?:注|备\s*注|说\s*明|填\s*表\s*说\s*明|填\s*表\s*人|填\s*报\s*人|填\s*报\s*单\s*位|填\s*表\s*日\s*期|填\s*报\s*日\s*期"
    r"|制\s*表\s*人?|制\s*表\s*日\s*期|制\s*表\s*单\s*位|审\s*核\s*人?|负\s*责\s*人|经\s*办\s*人|单位负责人|联系人|联系电话"
    r"|统计日期|截至日期|数据来源|来源|note|notes|source|remarks?|prepared by)\s*\d*\s*[:：]"
    r"|以上(?:数据|信息|内容)|共\s*\d+\s*(?:家|所|条|户|个))",
    re.IGNORECASE,
)
_MOST_CELLS_OF_A_FOOTNOTE = 8


class _Keyed:
    """Cells by the names of their columns, with what is odd about each row."""

    def __init__(
        self, columns: list[str], wanted: frozenset[str], *, first_cell: str, aligned: bool, damaged: bool
    ) -> None:
        self._columns, self._aligned = columns, aligned
        self._nameless = "" in columns
        self._header = [column_key(name) for name in columns]
        self._first = first_cell
        self._damaged = damaged
        self._full = sum(key in wanted for key in self._header) or len(columns)
        self._wanted = [place for place, key in enumerate(self._header) if not wanted or key in wanted]

    def row(self, cells: list[str]) -> Row:
        columns = self._columns
        row = {
            name: cell.strip() if cell.isprintable() else visible(cell)
            for name, cell in zip(columns, cells, strict=False)
        }
        if self._nameless:
            row.pop("", None)
        code = self._code(cells)
        if code:
            row[""] = code
        return row

    def _code(self, cells: list[str]) -> str:
        if self._is_footnote(cells):
            return "footnote"
        if len(cells) > len(self._columns) and any(map(visible, cells[len(self._columns) :])):
            return "cells-beyond-columns" if self._aligned else "more-cells-than-columns"
        if self._damaged and any(DAMAGED in cells[place] for place in self._wanted if place < len(cells)):
            return "characters-damaged"
        if cells[0] == self._first and self._repeats_header(cells):
            return "header-repeated"
        return ""

    def _is_footnote(self, cells: list[str]) -> bool:
        """Its first words say so, and it leaves some of the columns asked for blank, as no whole row does."""
        first = cells[0] or next((cell for cell in cells if cell.strip()), "")
        if _FOOTNOTES.match(first) is None:
            return False
        said = sum(bool(cells[place].strip()) for place in self._wanted if place < len(cells))
        return said < self._full and sum(map(bool, cells)) <= _MOST_CELLS_OF_A_FOOTNOTE

    def _repeats_header(self, cells: list[str]) -> bool:
        return [column_key(cell) for cell in cells if cell] == [key for key in self._header if key]


def _limit(count: int) -> None:
    if count > MAX_ROWS:
        raise UnreadableFile("too-many-rows")


def chunks(rows: Sequence[Row], size: int, *, start: int) -> Iterator[tuple[int, Sequence[Row]]]:
    """Slices of `rows` from `start`, each with the number (from 1) of its first row."""
    for begin in range(start, len(rows), size):
        yield begin + 1, rows[begin : begin + size]
