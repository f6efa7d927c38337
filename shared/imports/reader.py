"""CSV, spreadsheets and JSON as rows of text: whatever program wrote them, whatever stands around the table.

CSV may be UTF-8, UTF-16 or UTF-32, with a mark or without, GB 18030 (what Excel writes in China) or Windows-1252, with
comma, semicolon, tab or bar; damaged characters spoil their rows only. The header is the first row, or pair of
rows, that has every column asked for; titles above it are no rows. Every other row that is not wholly blank is one
row, numbered from 1 below the header: footnotes and totals too. Cells lose outer blanks and what cannot be printed;
nothing is guessed about their meaning here.

Rows are read again for every pass over them: a table is never in memory as a whole, unless its format demands it.
"""

import codecs
import csv
import io
import json
import re
import zipfile
import zlib
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from itertools import islice
from typing import Any

from python_calamine import CalamineError, CalamineSheet, SheetTypeEnum, SheetVisibleEnum, load_workbook

from shared.domain.spreadsheets import unguarded
from shared.domain.text import has_controls
from shared.imports import oneroster
from shared.imports.cleaning import DIGITS_LOST, column_key, number_text, visible
from shared.imports.encodings import MEMBERS, encoding_of
from shared.imports.lines import UNPAIRED, Cells, Lines, Spoilt, records, without_formulas
from shared.imports.xlsx import UNREADABLE, Odd, OddCells, Xlsx

MAX_ROWS = 500_000
MAX_UNPACKED = 512 * 1024 * 1024
"""Bytes an XLSX may declare when unpacked; more is an archive bomb, not a ledger."""
HEADER_WITHIN = 50
"""Rows from the top among which the header is looked for."""

DELIMITERS = ",;\t|"
DAMAGED = "\ufffd"
MERGED = "merged-not-read"
"""A cell is merged with the one before it, or may be: it says nothing by itself."""


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
        "member-repeated",
        "characters-damaged",
        UNPAIRED,
        UNREADABLE,
    }
)
"""Codes of the reader that mean: this is no row of the ledger, or nobody can tell which cell is whose."""


@dataclass(frozen=True, slots=True)
class Note:
    """A part of the file that was not read: a sheet, or a column of a sheet or of the only table."""

    code: str
    sheet: str = ""
    column: str | None = None


@dataclass(frozen=True)
class Table:
    """The rows below the header, and the names of all columns. `epoch_1904`: its day numbers count from 1904."""

    columns: frozenset[str]
    read: Callable[[], Iterator[Row]]
    total: int
    notes: Sequence[Note] = field(default_factory=list)
    epoch_1904: bool = False

    @property
    def rows(self) -> list[Row]:
        return list(self.read())


def read_table(
    content: bytes,
    filename: str,
    wanted: Collection[str] = (),
    *,
    exact: Collection[str] = (),
    required: Collection[str] = (),
) -> Table:
    """The table in a file. `wanted` are the columns by which its header is recognised, `exact` those of keys,
    `required` those that every row fills and no footnote does."""
    name = filename.lower()
    keys = frozenset(map(column_key, wanted))
    filled = frozenset(map(column_key, required)) or keys
    if content.startswith(b"PK") and oneroster.is_bundle(content):
        return _from_bundle(content)
    if content.startswith((b"PK\x03\x04", b"\xd0\xcf\x11\xe0")) or name.endswith(
        (".xlsx", ".xlsm", ".xls", ".xlsb", ".ods")
    ):
        return _from_workbook(content, keys, frozenset(map(column_key, exact)), filled)
    if name.endswith(".json"):
        return _from_json(content, keys)
    return _from_csv(content, keys, filled)


def _from_bundle(content: bytes) -> Table:
    """A zip of the files of OneRoster."""
    try:
        found = oneroster.rows_of(content, lambda one: _from_csv(one, frozenset(), frozenset()).read())
    except (*_BROKEN_ARCHIVE, ValueError) as error:
        raise error if isinstance(error, UnreadableFile) else UnreadableFile("bundle-malformed") from error
    _limit(len(found))
    return Table(oneroster.COLUMNS, lambda: iter(found), len(found))


def codes_of(row: Row) -> list[str]:
    return row.get("", "").split()


def _from_csv(content: bytes, wanted: frozenset[str], filled: frozenset[str]) -> Table:
    encoding = encoding_of(content)
    if encoding is None:
        raise UnreadableFile("encoding-unknown")

    inner_mark = encoding.startswith("utf-8") and content.find(codecs.BOM_UTF8, 1) > 0

    def text() -> io.TextIOWrapper:
        return io.TextIOWrapper(io.BytesIO(content), encoding=encoding, errors="replace", newline="")

    def unmarked() -> Iterator[str]:
        """The lines without byte order marks; where files were concatenated, each begins with one."""
        return (line.removeprefix("\ufeff") for line in text()) if inner_mark else text()

    # The importer refuses a cell that is too long; one of several lines has a limit, or a quote that nobody closed
    # would have the rest of the file read for every row.
    csv.field_size_limit(max(_LONGEST_CELL, max(map(len, io.BytesIO(content)), default=0)))
    delimiter, width = _shape(text().read(65_536), wanted)
    quoted, formulas = b'"' in content, any(mark in content for mark in _FORMULAS)

    def lines(_: Collection[int]) -> Iterator[Cells]:
        if not quoted:
            return csv.reader(unmarked(), delimiter=delimiter)
        found = records(unmarked(), delimiter, width)
        return map(without_formulas, found) if formulas else found

    return _below_header(lines, wanted, filled, aligned=False)


_LONGEST_CELL = 1 << 17
_FORMULAS = (b'="', b'=\x00"', b'=\x00\x00\x00"')


def _shape(sample: str, wanted: frozenset[str]) -> tuple[str, int]:
    """The delimiter with which a header is found, else the one that makes most cells; and the number of cells per
    row."""
    most, best = 1, ","
    for delimiter in DELIMITERS:
        lines = [cells for cells in csv.reader(io.StringIO(sample, newline=""), delimiter=delimiter) if any(cells)][
            :HEADER_WITHIN
        ]
        found = _find_header(lines, wanted) if wanted else None
        if found is not None:
            return delimiter, len(found[1])
        widest = max(map(len, lines), default=0)
        if widest > most:
            most, best = widest, delimiter
    return best, most


def _from_workbook(content: bytes, wanted: frozenset[str], exact: frozenset[str], filled: frozenset[str]) -> Table:
    """The first visible sheet with the header, or else the first of all; the notes name the sheets left out."""
    try:
        inside = _look_inside(content) if content.startswith(b"PK") else None
        workbook = load_workbook(io.BytesIO(content))
        shown, notes = [], []
        for place, about in enumerate(workbook.sheets_metadata):
            if about.typ is not SheetTypeEnum.WorkSheet:
                continue
            if about.visible is SheetVisibleEnum.Visible:
                shown.append((place, about.name))
            else:
                notes.append(Note("sheet-hidden", about.name))
        chosen: tuple[str, Lines] | None = None
        for place, name in shown:
            lines = _lines_of(workbook.get_sheet_by_index(place), None if inside is None else inside.odd_cells(place))
            top = list(islice((cells for cells in lines(()) if any(cells)), HEADER_WITHIN))
            if _find_header(top, wanted) is not None:
                chosen = name, lines
                break
            if chosen is None and top:
                chosen = name, lines
        if chosen is None:
            raise UnreadableFile("file-empty")
        notes += [Note("sheet-left-out", name) for _, name in shown if name != chosen[0]]
        if inside is not None and inside.merges_in_ods():
            notes.append(Note(MERGED, chosen[0]))
        epoch_1904 = inside is not None and inside.counts_from_1904()
        return _below_header(chosen[1], wanted, filled, aligned=True, exact=exact, notes=notes, epoch_1904=epoch_1904)
    except (*_BROKEN_ARCHIVE, CalamineError) as error:
        raise UnreadableFile("xlsx-malformed") from error


_BROKEN_ARCHIVE = (zipfile.BadZipFile, zlib.error, EOFError, RuntimeError)
"""Raised by archives that are damaged, encrypted, or packed as no spreadsheet packs them."""


def _look_inside(content: bytes) -> Xlsx:
    inside = Xlsx(content)
    if inside.unpacked > MAX_UNPACKED:
        raise UnreadableFile("xlsx-too-large")
    return inside


def _lines_of(sheet: CalamineSheet, odd_cells: OddCells | None) -> Lines:
    """A sheet as text; cells merged downwards repeat their value in each of their rows."""
    left = sheet.start[1] if sheet.start else 0
    merged: Merged = {}
    for (top, column), (bottom, last) in sheet.merged_cell_ranges or ():
        if column >= left:
            merged.setdefault(top, []).append((column - left, last - left, bottom))

    def lines(exact: Collection[int]) -> Iterator[Cells]:
        rows = (_texts(cells, exact) for cells in sheet.iter_rows())
        return _spread(rows if odd_cells is None else _marked(rows, odd_cells(), left, exact), merged)

    return lines


def _texts(cells: list[Any], exact: Collection[int]) -> Cells:
    """The texts of a row. A key that was typed 1.10 or 3-1 has become 1.1 or a day; it is marked as having lost
    digits."""
    line = list(map(_text, cells))
    for place in exact:
        if place < len(cells) and _lost(cells[place]):
            line[place] = DIGITS_LOST
    return line


def _lost(cell: Any) -> bool:
    return not cell.is_integer() if isinstance(cell, float) else isinstance(cell, (date, time, timedelta))


def _marked(rows: Iterator[Cells], odd_cells: Iterator[Odd], left: int, exact: Collection[int]) -> Iterator[Cells]:
    """The rows, with leading zeros restored where the format shows them; a cell that cannot be read is marked."""
    odd = next(odd_cells, None)
    for number, line in enumerate(rows):
        codes: dict[int, str] = {}
        while odd is not None and odd.row <= number:
            place = odd.column - left
            if odd.row == number and place >= 0:
                line += [""] * (place + 1 - len(line))
                if odd.digits is None:
                    codes[place] = UNREADABLE
                elif line[place].isdigit():
                    lost = not odd.digits and place in exact
                    line[place] = DIGITS_LOST if lost else line[place].zfill(odd.digits)
            odd = next(odd_cells, None)
        yield Spoilt.of(line, codes) if codes else line


Merged = dict[int, list[tuple[int, int, int]]]
"""By its first row: the first column, the last one and the last row of an area of cells that are merged."""


def _spread(rows: Iterator[Cells], merged: Merged) -> Iterator[Cells]:
    """The rows, each with the cells that are merged downwards into it; cells merged across stay in their first
    column."""
    standing: dict[int, tuple[str, str | None, int, int]] = {}
    for number, line in enumerate(rows):
        for place, last, bottom in merged.get(number, ()):
            if place < len(line):
                standing[place] = line[place], _codes_of(line).get(place), last, bottom
        codes: dict[int, str] = {}
        for place, (said, code, last, bottom) in list(standing.items()):
            if number > bottom:
                del standing[place]
            elif place < len(line):
                line[place] = line[place] or said
                codes |= dict.fromkeys(range(place + 1, last + 1), MERGED)
                if code is not None:
                    codes[place] = code
        yield Spoilt.of(line, {**_codes_of(line), **codes}) if codes else line


def _codes_of(line: Cells) -> dict[int, str]:
    return line.codes if isinstance(line, Spoilt) else {}


def _text(cell: Any) -> str:
    if isinstance(cell, str):
        return cell
    if isinstance(cell, bool):
        return "true" if cell else "false"
    if isinstance(cell, (int, float)):
        return number_text(float(cell))
    if isinstance(cell, (datetime, date, time)):
        return cell.isoformat()
    if isinstance(cell, timedelta):
        return str(cell)
    return str(cell)


_LISTS = ("items", "data", "records", "results", "rows")


def _from_json(content: bytes, wanted: frozenset[str]) -> Table:
    """A list of objects, or an object one of whose usual members is such a list."""
    encoding = encoding_of(content, MEMBERS)
    if encoding is None:
        raise UnreadableFile("encoding-unknown")
    try:
        # Numbers keep their digits: a parser that makes floats of them loses those of long codes.
        found = json.loads(
            content.decode(encoding, errors="replace"),
            parse_int=str,
            parse_float=_number_of_json,
            parse_constant=str,  # NaN, which programs write for a missing number: the cell is a word for nothing
            object_pairs_hook=_members,
        )
    except (ValueError, RecursionError) as error:
        raise UnreadableFile("json-malformed") from error
    if isinstance(found, dict):
        found = next((found[name] for name in _LISTS if isinstance(found.get(name), list)), None)
    if not isinstance(found, list) or (found and not any(isinstance(item, dict) for item in found)):
        raise UnreadableFile("json-not-a-list")
    _limit(len(found))

    names: _Names = {}
    spelt: dict[str, str] = {}

    def rows() -> Iterator[Row]:
        return (row for item in found if any((row := _from_object(item, wanted, names, spelt)).values()))

    columns: set[str] = set()
    total = 0
    for row in rows():
        total += 1
        columns |= row.keys()
    return Table(frozenset(columns) - {""}, rows, total)


def _number_of_json(said: str) -> str:
    """2.0 becomes 2. A power of ten that shows fewer digits than the number has stays, in a spreadsheet's notation."""
    mantissa, _, power = said.lower().partition("e")
    try:
        number, exponent = Decimal(said), int(power or 0)
    except (ArithmeticError, ValueError):  # a power that no number has
        return said
    whole = len(mantissa.lstrip("-").partition(".")[2])
    if number == number.to_integral_value() and 0 <= exponent <= max(whole, 3) and abs(number) < 10**40:
        return str(int(number))
    return f"{mantissa}E+{exponent}" if exponent > 0 else said


class _Repeated(dict[str, object]):
    """An object that names a member twice: nobody can tell which value is meant."""


def _members(pairs: list[tuple[str, object]]) -> dict[str, object]:
    found = dict(pairs)
    return found if len(found) == len(pairs) else _Repeated(found)


_Names = dict[str, tuple[str, bool]]
"""Of every spelling of a member's name: the first spelling that is the same name, and whether it is asked for."""


def _name(said: str, wanted: frozenset[str], names: _Names, spelt: dict[str, str]) -> tuple[str, bool]:
    found = names.get(said)
    if found is None:
        name = visible(_sound(said))
        key = column_key(name)
        found = names[said] = spelt.setdefault(key, name), not wanted or key in wanted
    return found


def _from_object(item: object, wanted: frozenset[str], names: _Names, spelt: dict[str, str]) -> Row:
    if not isinstance(item, dict):
        return {"": "row-not-an-object"}
    row: Row = {}
    codes = ["member-repeated"] if isinstance(item, _Repeated) else []
    for said, value in item.items():
        name, asked_for = _name(said, wanted, names, spelt)
        if isinstance(value, list) and not any(isinstance(part, (list, dict)) for part in value):
            value = ",".join(_text(part) for part in value if part is not None)
        nested = isinstance(value, (list, dict))
        text = "" if value is None or nested else _sound(_text(value))
        if asked_for:
            if name in row:
                codes.append("member-repeated")
            if nested:
                codes.append("value-nested")
            if DAMAGED in text:
                codes.append("characters-damaged")
            elif has_controls(text, lines=True):
                codes.append("control-characters-removed")
        row[name] = visible(text)
    if codes and (wanted or "value-nested" not in codes):
        row[""] = " ".join(dict.fromkeys(codes))
    return row


def _sound(text: str) -> str:
    """Replace lone surrogates, which JSON can express, by the mark of a damaged character."""
    return text if text.isprintable() else text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def _below_header(
    lines: Lines,
    wanted: frozenset[str],
    filled: frozenset[str],
    *,
    aligned: bool,
    exact: frozenset[str] = frozenset(),
    notes: Sequence[Note] = (),
    epoch_1904: bool = False,
) -> Table:
    """Rows by column name. In an `aligned` grid, a cell beyond the header has not shifted the others."""

    def said(exact: Collection[int] = ()) -> Iterator[Cells]:
        return (cells for cells in lines(exact) if any(map(visible, cells)))

    top = list(islice(said(), HEADER_WITHIN))
    if not top:
        raise UnreadableFile("file-empty")
    depth, names = _find_header(top, wanted) or (1, top[0])
    total = sum(1 for _ in said()) - depth
    _limit(total)
    columns = _distinct(names)
    folded = Counter(key for name in names if (key := column_key(name)) in wanted)
    asked = [Note("column-repeated", column=name) for name in columns if folded.pop(column_key(name), 0) > 1]
    while aligned and len(columns) > 1 and not columns[-1]:
        columns.pop()  # a sheet is as wide as its widest row
    keyed = _Keyed(columns, wanted, filled, first_cell=names[0], aligned=aligned)
    places = [place for place, name in enumerate(columns) if column_key(name) in exact]

    def rows() -> Iterator[Row]:
        return map(keyed.row, islice(said(places), depth, None))

    return Table(frozenset(columns) - {""}, rows, total, [*notes, *asked], epoch_1904)


def _find_header(lines: Sequence[list[str]], wanted: frozenset[str]) -> tuple[int, list[str]] | None:
    """The number of rows down to the header, and its names: from one row, or from two if columns are grouped."""
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
    """Names without line breaks; the second column of a name becomes `name (2)`."""
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
        self, columns: list[str], wanted: frozenset[str], filled: frozenset[str], *, first_cell: str, aligned: bool
    ) -> None:
        self._columns, self._aligned = columns, aligned
        self._nameless = "" in columns
        self._header = [column_key(name) for name in columns]
        self._first = first_cell
        self._filled = [place for place, key in enumerate(self._header) if not filled or key in filled]
        self._wanted = [place for place, key in enumerate(self._header) if not wanted or key in wanted]

    def row(self, cells: list[str]) -> Row:
        columns = self._columns
        odd = not all(map(str.isprintable, cells))
        row = {
            name: unguarded(visible(cell) if odd else cell.strip()) for name, cell in zip(columns, cells, strict=False)
        }
        if self._nameless:
            row.pop("", None)
        codes = self._codes(cells, odd)
        if codes:
            row[""] = codes
        return row

    def _codes(self, cells: list[str], odd: bool) -> str:
        spoilt = () if type(cells) is list else self._spoilt(cells)
        if spoilt and not REJECTING.isdisjoint(spoilt):
            return next(code for code in spoilt if code in REJECTING)
        if self._is_footnote(cells):
            return "footnote"
        said = [cells[place] for place in self._wanted if place < len(cells)]
        noted = "control-characters-removed" if odd and any(has_controls(cell, lines=True) for cell in said) else ""
        noted = f"{noted} {MERGED}".strip() if spoilt else noted
        if len(cells) > len(self._columns) and any(map(visible, cells[len(self._columns) :])):
            if not self._aligned:
                return "more-cells-than-columns"
            noted = f"cells-beyond-columns {noted}".strip()
        if any(DAMAGED in cell for cell in said):
            return "characters-damaged"
        if cells[0] == self._first and self._repeats_header(cells):
            return "header-repeated"
        return noted

    def _spoilt(self, cells: list[str]) -> list[str]:
        """The codes of the line as a whole, and of its cells in the wanted columns."""
        return [code for place, code in _codes_of(cells).items() if place < 0 or place in self._wanted]

    def _is_footnote(self, cells: list[str]) -> bool:
        """Whether its first words say so, and it leaves blank some of the columns that every row fills."""
        first = cells[0] or next((cell for cell in cells if cell.strip()), "")
        if _FOOTNOTES.match(first) is None:
            return False
        said = sum(bool(cells[place].strip()) for place in self._filled if place < len(cells))
        return said < len(self._filled) and sum(map(bool, cells)) <= _MOST_CELLS_OF_A_FOOTNOTE

    def _repeats_header(self, cells: list[str]) -> bool:
        return [column_key(cell) for cell in cells if cell] == [key for key in self._header if key]


def _limit(count: int) -> None:
    if count > MAX_ROWS:
        raise UnreadableFile("too-many-rows")
