"""Cells as people and programs leave them, read as what they mean: generously, and telling when something was changed.

Functions that may correct return the value and a note (a stable code), or None for the note where the cell was fine.
What cannot be read raises `Unreadable` with a code.
"""

import html
import math
import re
import unicodedata
from datetime import date, timedelta
from typing import Final

BLANKS: Final = frozenset(
    {
        "-", "--", "---", "—", "——", "–", "－", "/", "\\n", "null", "(null)", "nil", "none", "nan", "n/a", "#n/a",
        "无", "暂无", "空", "#ref!", "#value!", "#name?", "#div/0!", "(blank)", "n.a.", "none.", "#null!", "#num!",
    }
)  # fmt: skip
"""What files write into a cell that has nothing to say."""
_LONGEST_BLANK = max(map(len, BLANKS))

_INVISIBLE: Final = {
    **{code: None for code in (*range(32), *range(0x7F, 0xA0)) if code not in (9, 10, 13)},
    **dict.fromkeys((0xAD, 0x180E, 0x200B, 0x200C, 0x200D, 0x200E, 0x200F, 0x2060, 0xFEFF)),
    **dict.fromkeys(range(0x202A, 0x202F)),
    **dict.fromkeys((0x85, 0xA0, 0x1680, 0x202F, 0x205F, 0x3000, *range(0x2000, 0x200B)), " "),
    **dict.fromkeys((0x2028, 0x2029), "\n"),
}


class Unreadable(ValueError):
    """A cell that says nothing we can use; `code` is stable."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


def visible(cell: str) -> str:
    """Without outer blanks, control characters and marks of no width; every blank is a plain one."""
    return cell.strip() if cell.isprintable() else cell.translate(_INVISIBLE).strip()


def says_nothing(cell: str) -> bool:
    """Whether a cell is a word for being blank."""
    return len(cell) <= _LONGEST_BLANK and cell.lower() in BLANKS


def narrow(text: str) -> str:
    """Full-width digits, letters and signs as plain ones (NFKC)."""
    return text if text.isascii() else unicodedata.normalize("NFKC", text)


def column_key(name: str) -> str:
    """What makes two column names the same: not their case, width, blanks or line breaks."""
    return "".join(narrow(visible(name)).split()).casefold()


def one_line(text: str) -> tuple[str, str | None]:
    """Text of one line: entities of HTML resolved, line breaks and runs of blanks made one blank."""
    if text.isprintable() and "&" not in text:
        return text, None
    plain = html.unescape(text) if "&" in text and ";" in text else text
    joined = " ".join(visible(plain).split())
    if plain != text:
        return joined, "html-unescaped"
    return joined, "line-break-removed" if "\n" in text or "\r" in text else None


def code_text(text: str, note: str) -> tuple[str, str | None]:
    """A number or key made of characters: plain ones, one blank at most between them.

    A spreadsheet's 1.3800000000E+10 is 13800000000; with fewer digits than the number has, the rest is lost.
    """
    if text.isascii() and text.replace("-", "").isalnum():
        return text, None
    plain = " ".join(narrow(text).split())
    if _SCIENTIFIC.fullmatch(plain):
        return _digits_of(plain), note
    return plain, None if plain == text else note


_SCIENTIFIC = re.compile(r"(\d)(?:\.(\d+))?[Ee]\+(\d{1,3})")


def _digits_of(scientific: str) -> str:
    found = _SCIENTIFIC.fullmatch(scientific)
    assert found is not None
    first, rest, power = found[1], found[2] or "", int(found[3])
    if len(rest.rstrip("0")) > power or len(rest) < power:
        raise Unreadable("digits-lost")
    return first + rest[:power]


_WHOLE = re.compile(
    r"(?P<about>约|大约|近|约为|不超过|about|approx\.?|ca\.?|~|≈)?\s*[$¥]?\s*"
    r"(?P<number>-?\d{1,3}(?:[,']\d{3})+|-?\d+)(?:\.0+)?\s*"
    r"(?P<unit>人|名|个|位|座|余人|学员|人次|persons?|people|pupils|students|children|seats|places)?",
    re.IGNORECASE,
)


def whole_number(text: str) -> tuple[str, str | None]:
    """A count with its unit, thousands separators or "about"; what is no such thing comes back as it is."""
    if text.isascii() and text.isdigit():
        return text, None
    found = _WHOLE.fullmatch(narrow(text).strip())
    if found is None:
        return text, None
    number = re.sub(r"[,']", "", found["number"])
    if found["about"] or found["unit"] == "余人":
        return number, "number-approximate"
    return number, None if number == text or text.startswith(f"{number}.") else "number-normalised"


_TIME = r"(?:[T ]\s*\d{1,2}:\d{2}(?::\d{2}(?:\.\d+)?)?(?: ?[AaPp][Mm])?(?:Z|[+-]\d{2}:?\d{2}| UTC)?)?"
_DAYS: Final = tuple(
    re.compile(pattern + _TIME)
    for pattern in (
        r"(?P<year>\d{4})(?P<separator>[-/.])(?P<month>\d{1,2})(?P=separator)(?P<day>\d{1,2})",
        r"(?P<year>\d{4})\s*年\s*(?P<month>\d{1,2})\s*月\s*(?P<day>\d{1,2})\s*[日号]?",
        r"(?P<year>\d{4})(?P<month>\d{2})(?P<day>\d{2})",
        r"(?P<day>\d{1,2})\.(?P<month>\d{1,2})\.(?P<year>\d{4})",
        r"(?P<first>\d{1,2})(?P<separator>[-/])(?P<second>\d{1,2})(?P=separator)(?P<year>\d{4})",
        r"(?P<day>\d{1,2})[- ](?P<name>[A-Za-z]{3,9})[-, ]+(?P<year>\d{4})",
        r"(?P<name>[A-Za-z]{3,9})\.? (?P<day>\d{1,2})(?:st|nd|rd|th)?,? (?P<year>\d{4})",
    )
)
_MONTHS: Final = {name: place for place, name in enumerate(
    ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"), 1
)}  # fmt: skip
OPEN_ENDED: Final = frozenset({
    "长期", "永久", "长期有效", "永久有效", "无期限", "无固定期限", "不限", "无限期", "indefinite", "permanent", "open",
    "perpetual", "no expiry", "no expiration", "never",
})  # fmt: skip
_SENTINELS: Final = re.compile(
    r"(?:2099|2199|2999|3000)(?P<a>[-/.]?)12(?P=a)31.*|9999(?P<b>[-/.]?)\d\d?(?P=b)\d\d?.*|(?:2099|9999)年.*"
    r"|0000(?P<c>[-/.]?)00(?P=c)00.*|0000年.*|31(?P<d>[./])12(?P=d)(?:2099|9999).*|12(?P<e>[-/])31(?P=e)(?:2099|9999).*"
)
_SERIAL = re.compile(r"(\d{5})(?:\.\d+)?")
_FIRST_YEAR, _LAST_YEAR = 1949, 2098
_SERIAL_ZERO = date(1899, 12, 30)
_SERIALS = range((date(_FIRST_YEAR, 1, 1) - _SERIAL_ZERO).days, (date(_LAST_YEAR, 12, 31) - _SERIAL_ZERO).days)


def day(text: str) -> tuple[date | None, str | None]:
    """A calendar day in any notation files use; None where a file means "without end". Raises `Unreadable`.

    Of two readings of 01/09/2024 the American one, month first, with the note that there are two.
    """
    plain = " ".join(narrow(text).split())
    if plain.lower() in OPEN_ENDED or _SENTINELS.fullmatch(plain):
        return None, "date-open-ended"
    serial = _SERIAL.fullmatch(plain)
    if serial is not None and int(serial[1]) in _SERIALS:
        return _SERIAL_ZERO + timedelta(days=int(serial[1])), "date-serial"
    for pattern in _DAYS:
        found = pattern.fullmatch(plain)
        if found is not None:
            return _calendar_day(found.groupdict())
    raise Unreadable("date-unreadable")


def _calendar_day(parts: dict[str, str]) -> tuple[date, str | None]:
    note = None
    if "first" in parts:
        first, second = int(parts["first"]), int(parts["second"])
        month, in_month = (second, first) if first > 12 else (first, second)
        note = "date-ambiguous" if max(first, second) <= 12 and first != second else None
    else:
        month = _MONTHS.get(parts["name"][:3].lower(), 0) if "name" in parts else int(parts["month"])
        in_month = int(parts["day"])
    try:
        found = date(int(parts["year"]), month, in_month)
    except ValueError:
        raise Unreadable("date-unreadable") from None
    if not _FIRST_YEAR <= found.year <= _LAST_YEAR:
        raise Unreadable("date-unreadable")
    return found, note


_PLAIN_DEGREES = re.compile(r"[+-]?\d{1,3}(?:\.\d*)?")
_DEGREES = re.compile(
    r"(?P<before>[NSEW]|东经|西经|北纬|南纬)?[:\s]*(?P<sign>[+-])?(?P<degrees>\d{1,3}(?:[.,]\d+)?)\s*[°度º]?\s*"
    r"(?:(?P<minutes>\d{1,2}(?:\.\d+)?)\s*['’‘分]\s*)?(?:(?P<seconds>\d{1,2}(?:\.\d+)?)\s*(?:\"|”|''|’’|秒)?\s*)?"
    r"(?P<after>[NSEW])?",
)
_AXES: Final = {"E": ("lon", 1), "W": ("lon", -1), "N": ("lat", 1), "S": ("lat", -1), "东经": ("lon", 1),
                "西经": ("lon", -1), "北纬": ("lat", 1), "南纬": ("lat", -1)}  # fmt: skip
_POINT = re.compile(r"POINT ?\(\s*(?P<lon>-?[\d.]+)[ ,]+(?P<lat>-?[\d.]+)\s*\)", re.IGNORECASE)
_PAIR = re.compile(r".*?\(?\s*(?P<lat>-?\d{1,3}\.\d+)\s*[,，;]\s*(?P<lon>-?\d{1,3}\.\d+)\s*\)?", re.DOTALL)


def coordinates(lon: str, lat: str) -> tuple[str, str, list[str]]:
    """Longitude and latitude as decimal degrees: out of minutes and seconds, of a point in one cell, of each other's
    column. What cannot be read comes back as it is."""
    if _PLAIN_DEGREES.fullmatch(lon) and _PLAIN_DEGREES.fullmatch(lat):
        return _right_way_round(lon, lat, [])
    for pattern in (_POINT, _PAIR) if lon == lat else ():
        point = pattern.fullmatch(lon)
        if point is not None:
            return _right_way_round(point["lon"], point["lat"], [])
    (east, axis_of_east), (north, axis_of_north) = _degrees(lon), _degrees(lat)
    if east is None or north is None:
        return lon, lat, []
    notes = [] if (_same_number(east, lon) and _same_number(north, lat)) else ["coordinates-converted"]
    if axis_of_east == "lat" or axis_of_north == "lon":
        if axis_of_east == "lon" or axis_of_north == "lat":
            return lon, lat, []  # two longitudes, or two latitudes
        return north, east, [*notes, "coordinates-swapped"]
    return _right_way_round(east, north, notes)


def _right_way_round(lon: str, lat: str, notes: list[str]) -> tuple[str, str, list[str]]:
    """A latitude beyond the pole is a longitude, and so is one as far east as China beside a latitude of China's."""
    east, north = float(lon), float(lat)
    beyond = 90 < abs(north) <= 180 and abs(east) <= 90
    if beyond or (73 <= north <= 136 and 3 <= east <= 54):
        return lat, lon, [*notes, "coordinates-swapped"]
    return lon, lat, notes


def _degrees(text: str) -> tuple[str | None, str | None]:
    """Decimal degrees and the axis a letter names; None where it is no angle."""
    plain = unicodedata.normalize("NFKC", text.replace("″", '"').replace("′′", '"').replace("′", "'")).strip()
    found = _DEGREES.fullmatch(plain.upper().replace("D", "°")) if plain else None
    if found is None:
        return None, None
    minutes, seconds = float(found["minutes"] or 0), float(found["seconds"] or 0)
    letters = [letter for letter in (found["before"], found["after"]) if letter in _AXES]
    if minutes >= 60 or seconds >= 60 or len({_AXES[letter] for letter in letters}) > 1:
        return None, None
    axis, sign = _AXES[letters[0]] if letters else (None, 1)
    if found["minutes"] is None and not letters and "," not in found["degrees"]:
        return f"{found['sign'] or ''}{found['degrees']}".removeprefix("+"), None
    value = float(found["degrees"].replace(",", ".")) + minutes / 60 + seconds / 3600
    value *= sign * (-1 if found["sign"] == "-" else 1)
    return repr(round(value, 7)), axis


def _same_number(value: str, text: str) -> bool:
    try:
        return math.isclose(float(value), float(text))
    except ValueError:
        return False
