"""Facts about the cells of an XLSX that its reader does not pass on: formulas without a result, errors, leading zeros.

The parts are read in passing and by patterns: a sheet is never in memory as a whole, and most have nothing to tell.
"""

import html
import io
import re
import zipfile
from collections.abc import Callable, Iterator
from typing import Final, NamedTuple

UNREADABLE: Final = "cell-unreadable"
_PIECE: Final = 1 << 20
_P: Final = rb"(?:\w+:)?"
_EPOCH_1904: Final = re.compile(rb"<%bworkbookPr\b[^>]*\bdate1904\s*=\s*[\"'](?:1|true|on)[\"']" % _P)
_SHEET: Final = re.compile(rb"<%bsheet\s[^>]*\bid\s*=\s*[\"']([^\"']+)" % _P)
_RELATIONSHIP: Final = re.compile(rb"<%bRelationship\s[^>]*>" % _P)
_FORMAT: Final = re.compile(rb"<%bnumFmt\s[^>]*>" % _P)
_STYLES: Final = re.compile(rb"<%bcellXfs\b.*?</%bcellXfs>" % (_P, _P), re.DOTALL)
_STYLE: Final = re.compile(rb"<%bxf\b[^>]*>" % _P)
_ATTRIBUTE: Final = re.compile(rb"([\w:]+)\s*=\s*(?:\"([^\"]*)\"|'([^']*)')")
_SPANNED: Final = re.compile(rb"number-rows-spanned=[\"'](?!1[\"'])")
_PLACE: Final = re.compile(r"([A-Z]{1,3})(\d{1,7})")

_ERROR: Final = rb"<%bc\s(?P<error>[^>]*\bt=[\"']e[\"'][^>]*)>(?P<value>.*?)</%bc>" % (_P, _P)
_NEVER_COMPUTED: Final = (
    rb"<%bc\s(?P<formula>[^>]*)>\s*<%bf\b(?:[^>]*/>|[^>]*>[^<]*</%bf>)\s*(?:<%bv\s*/>\s*|<%bv>\s*</%bv>\s*)?</%bc>"
    % (_P, _P, _P, _P, _P, _P, _P)
)


class Odd(NamedTuple):
    """A cell: one that cannot be read, or a number shown with that many digits; 0 where its format shows still more."""

    row: int
    column: int
    digits: int | None


OddCells = Callable[[], Iterator[Odd]]


class Xlsx:
    """The parts of a workbook's archive; raises what `zipfile` and `zlib` raise."""

    def __init__(self, content: bytes) -> None:
        self._archive = zipfile.ZipFile(io.BytesIO(content))
        self._names = frozenset(self._archive.namelist())

    @property
    def unpacked(self) -> int:
        return sum(entry.file_size for entry in self._archive.infolist())

    def counts_from_1904(self) -> bool:
        return _EPOCH_1904.search(self._part("xl/workbook.xml")) is not None

    def merges_in_ods(self) -> bool:
        """Whether any sheet of an ODS has cells merged downwards; its reader does not say where."""
        if "content.xml" not in self._names:
            return False
        rest = b""
        with self._archive.open("content.xml") as part:
            while piece := part.read(_PIECE):
                if _SPANNED.search(rest + piece):
                    return True
                rest = piece[-50:]
        return False

    def odd_cells(self, place: int) -> OddCells | None:
        """The odd cells of a sheet, from its top; None if it has none."""
        name = self._sheet(place)
        if name is None:
            return None
        digits = self._digits_by_style()
        styled = _styled(digits)

        def cells() -> Iterator[Odd]:
            for piece in self._rows(name):
                for found in _matches(piece, styled):
                    odd = _odd(found, digits)
                    if odd is not None:
                        yield odd

        return None if next(cells(), None) is None else cells

    def _part(self, name: str) -> bytes:
        if name not in self._names:
            return b""
        with self._archive.open(name) as part:
            return part.read(16 * _PIECE)

    def _sheet(self, place: int) -> str | None:
        sheets = _SHEET.findall(self._part("xl/workbook.xml"))
        targets = {
            about.get("Id"): about.get("Target", "")
            for about in map(_attributes, _RELATIONSHIP.findall(self._part("xl/_rels/workbook.xml.rels")))
        }
        target = targets.get(sheets[place].decode("utf-8", "replace"), "") if place < len(sheets) else ""
        name = target[1:] if target.startswith("/") else f"xl/{target}"
        return name if name in self._names else None

    def _digits_by_style(self) -> dict[int, int]:
        part = self._part("xl/styles.xml")
        formats = {
            about.get("numFmtId"): about.get("formatCode", "") for about in map(_attributes, _FORMAT.findall(part))
        }
        section = _STYLES.search(part)
        styles = [] if section is None else [_attributes(style) for style in _STYLE.findall(section[0])]
        found = {number: _digits(formats.get(style.get("numFmtId"), "")) for number, style in enumerate(styles)}
        return {number: digits for number, digits in found.items() if digits is not None}

    def _rows(self, name: str) -> Iterator[bytes]:
        """The sheet in pieces that end with a row."""
        rest = b""
        with self._archive.open(name) as part:
            while piece := part.read(_PIECE):
                rest += piece
                end = rest.rfind(b"row>") + 4
                if end > 4:
                    yield rest[:end]
                    rest = rest[end:]
        yield rest


def _attributes(tag: bytes) -> dict[str, str]:
    return {
        name.decode(): html.unescape((double or single).decode("utf-8", "replace"))
        for name, double, single in _ATTRIBUTE.findall(tag)
    }


def _digits(code: str) -> int | None:
    """The least number of digits that a format shows; 0 if it puts something between or before them."""
    whole = re.split(r"[.;Ee]", code, maxsplit=1)[0]
    if "00" not in whole:
        return None
    return len(whole) if not whole.strip("0") else 0


def _styled(digits: dict[int, int]) -> list[bytes]:
    styles = "|".join(map(str, digits)).encode()
    return [rb"<%bc\s(?P<styled>[^>]*\bs=[\"'](?:%b)[\"'][^>]*)>" % (_P, styles)] if digits else []


def _matches(piece: bytes, styled: list[bytes]) -> Iterator["re.Match[bytes]"]:
    """The patterns for which the piece can have a cell; most pieces have none and are skipped quickly."""
    errors = [_ERROR] if b't="e"' in piece or b"t='e'" in piece else []
    formulas = [_NEVER_COMPUTED] if b"f>" in piece or b"<f" in piece else []
    patterns = [*errors, *formulas, *styled]
    return re.finditer(b"|".join(patterns), piece, re.DOTALL) if patterns else iter(())


def _odd(found: "re.Match[bytes]", digits: dict[int, int]) -> Odd | None:
    groups = found.groupdict()
    about = _attributes(next(groups[name] for name in ("error", "formula", "styled") if groups.get(name) is not None))
    place = _PLACE.fullmatch(about.get("r", ""))
    if place is None:
        return None
    row, column = int(place[2]) - 1, 0
    for letter in place[1]:
        column = column * 26 + ord(letter) - 64
    if groups.get("styled") is not None:
        return Odd(row, column - 1, digits[int(about["s"])])
    if groups.get("error") is not None and b"#N/A" in groups["value"]:  # a word for nothing, as in text
        return None
    if groups.get("formula") is not None and about.get("t") == "str":  # its result is an empty text
        return None
    return Odd(row, column - 1, None)
