"""Cells as people and programs leave them, read as what they mean: generously, and telling when something was changed.

Functions that may correct return the value and a note (a stable code), or None for the note where the cell was fine.
What cannot be read raises `Unreadable` with a code.
"""

import html
import math
import re
import unicodedata
from datetime import date, datetime, timedelta, timezone
from typing import Final, Literal

from shared.domain.clock import china_date
from shared.domain.text import credit_code, key, paragraphs, without_controls
from shared.domain.text import one_line as text_line

BLANKS: Final = frozenset(
    {
        "-", "--", "---", "—", "——", "–", "－", "/", "\\n", "null", "(null)", "nil", "none", "nan", "n/a", "#n/a",
        "无", "暂无", "空", "#ref!", "#value!", "#name?", "#div/0!", "(blank)", "n.a.", "none.", "#null!", "#num!",
    }
)  # fmt: skip
"""What files write into a cell that has nothing to say."""
_LONGEST_BLANK = max(map(len, BLANKS))


class Unreadable(ValueError):
    """A cell that says nothing we can use; `code` is stable."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


def visible(cell: str) -> str:
    """Without outer blanks, controls and characters without width; every blank becomes a plain one. Line breaks
    stay."""
    return cell.strip() if cell.isprintable() else _BLANK.sub(" ", paragraphs(without_controls(cell))).strip()


_BLANK = re.compile(r"[^\S\r\n\t]")


def says_nothing(cell: str) -> bool:
    """Whether a cell holds a word that means blank."""
    return len(cell) <= _LONGEST_BLANK and cell.lower() in BLANKS


def column_key(name: str) -> str:
    """The form in which two column names are equal: without case, width, blanks and line breaks."""
    return "".join(key(name).split()).casefold()


def one_line(text: str) -> tuple[str, str | None]:
    """One line of text: HTML entities resolved, line breaks and runs of blanks reduced to one blank."""
    plain = _without_html(text)
    joined = text_line(plain)
    if plain != text:
        return joined, "html-unescaped"
    return joined, "line-break-removed" if "\n" in text or "\r" in text else None


def _without_html(text: str) -> str:
    return html.unescape(text) if "&" in text and ";" in text else text


def code_text(text: str, note: str) -> tuple[str, str | None]:
    """A number or key made of characters, in its normal form.

    A spreadsheet's 1.3800000000E+10 is 13800000000; if it shows fewer digits than the number has, the rest is lost.
    Spreadsheets write a sign, and no power below ten, so 1.2E1 is somebody's reference.
    """
    if text.isascii() and text.replace("-", "").isalnum():
        return text, None
    plain = unprefixed(key(_without_html(text)))
    if _SCIENTIFIC.fullmatch(plain):
        return _digits_of(plain), note
    if plain == DIGITS_LOST:
        raise Unreadable("digits-lost")
    return plain, None if plain == text else note


def unprefixed(text: str) -> str:
    """Without the apostrophe or backtick that keeps a number as text in a spreadsheet."""
    return text[1:] if text.startswith(("'", "`")) and _PREFIXED.match(text) else text


def prefixed(text: str) -> str:
    """The text with one more such sign, which `unprefixed` removes."""
    return f"'{text}" if text.startswith(("'", "`")) and _PREFIXED.match(text) else text


_PREFIXED = re.compile(r"['`]+[^\W_]")
DIGITS_LOST: Final = "#digits-lost"
"""Stands for a key that a spreadsheet turned into a fraction or a day: nobody knows what was typed."""
_SCIENTIFIC = re.compile(r"(\d)(?:\.(\d+))?[Ee]\+([1-9]\d{1,2})")


def _digits_of(scientific: str) -> str:
    found = _SCIENTIFIC.fullmatch(scientific)
    assert found is not None
    first, rest, power = found[1], found[2] or "", int(found[3])
    if len(rest.rstrip("0")) > power or len(rest) < power:
        raise Unreadable("digits-lost")
    return first + rest[:power]


_CREDIT_CODE = re.compile(r"[0-9A-HJ-NPQRTUWXY]{18}")
"""Its shape; that the check characters are right is the importer's business."""

Identity = Literal["reference", "credit_code"]
"""What kind of key a field is."""


def identity(kind: Identity, text: str) -> str | None:
    """A key in its normal form, by which rows about one thing are recognised; None if it cannot be one."""
    try:
        plain = code_text(text, "")[0]
    except Unreadable:
        return None
    if kind == "credit_code":
        code = credit_code(plain)
        return code if _CREDIT_CODE.fullmatch(code) else None
    return plain or None


def number_text(value: float) -> str:
    """A number of a spreadsheet as its author sees it. Beyond 2⁵³ digits were lost, and it is read as cut off."""
    if not value.is_integer():
        return repr(value)
    return str(int(value)) if abs(value) < 2**53 else f"{value:.14E}"


_WHOLE = re.compile(
    r"(?P<about>约|大约|近|约为|不超过|about|approx\.?|ca\.?|~|≈)?\s*[$¥]?\s*"
    r"(?P<number>-?\d{1,3}(?:[,']\d{3})+|-?\d+)(?:\.0+)?\s*"
    r"(?P<unit>人|名|个|位|座|余人|学员|人次|persons?|people|pupils|students|children|seats|places)?",
    re.IGNORECASE,
)


def whole_number(text: str) -> tuple[str, str | None]:
    """A count, without its unit, thousands separators or "about"; anything else is returned unchanged."""
    if text.isascii() and text.isdigit():
        return text, None
    found = _WHOLE.fullmatch(unprefixed(key(text)))
    if found is None:
        return text, None
    number = re.sub(r"[,']", "", found["number"])
    if found["about"] or found["unit"] == "余人":
        return number, "number-approximate"
    return number, None if number == text or text.startswith(f"{number}.") else "number-normalised"


DateOrder = Literal["ymd", "mdy", "dmy"]
"""Which number of a date is which, where a notation leaves it open."""

_TIME = (
    r"(?:[T ]\s*(?P<hour>\d{1,2}):(?P<minute>\d{2})(?::(?P<second>\d{2})(?:\.\d+)?)?(?: ?(?P<half>[AaPp])[Mm])?"
    r"(?: ?(?P<hours>[+-]\d{2}))?)?"
    r" ?(?P<zone>Z|[+-]\d{2}:?\d{2}|UTC|GMT)?"
)
_DAYS: Final = tuple(
    re.compile(pattern + _TIME)
    for pattern in (
        r"(?P<year>\d{4})(?P<separator>[-/.])(?P<month>\d{1,2})(?P=separator)(?P<day>\d{1,2})",
        r"(?P<year>\d{4})\s*年\s*(?P<month>\d{1,2})\s*月\s*(?P<day>\d{1,2})\s*[日号]?",
        r"(?P<year>\d{4})(?P<month>\d{2})(?P<day>\d{2})",
        r"(?P<day>\d{1,2})\.(?P<month>\d{1,2})\.(?P<year>\d{4})",
        r"(?P<first>\d{1,2})(?P<separator>[-/])(?P<middle>\d{1,2})(?P=separator)(?P<year>\d{4})",
        r"(?P<first>\d{1,2})(?P<separator>[-/.])(?P<middle>\d{1,2})(?P=separator)(?P<last>\d{1,2})",
        r"(?P<day>\d{1,2})[- ](?P<name>[A-Za-z]{3,9})[-, ]+(?P<year>\d{4})",
        r"(?P<first>\d{1,2})[- ](?P<name>[A-Za-z]{3,9})[-, ]+(?P<last>\d{2})",
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
_FIRST_YEAR, _LAST_YEAR = 1949, 2199
_SERIAL_ZERO = date(1899, 12, 30)
_FROM_1904 = (date(1904, 1, 1) - _SERIAL_ZERO).days
_SERIALS = range((date(_FIRST_YEAR, 1, 1) - _SERIAL_ZERO).days, (date(2098, 12, 31) - _SERIAL_ZERO).days)


def day(text: str, order: DateOrder | None = None) -> tuple[date | None, str | None]:
    """A calendar day of China in any notation that files use; None for "without end". Raises `Unreadable`.

    An instant becomes its day in China. Of two readings of 01/09/2024 the one in `order` is taken, month first if none
    is declared, with a note that there are two. Years of two digits need a declared order.
    """
    plain = unprefixed(key(text))
    if plain.lower() in OPEN_ENDED or _SENTINELS.fullmatch(plain):
        return None, "date-open-ended"
    serial = _SERIAL.fullmatch(plain)
    if serial is not None and int(serial[1]) in _SERIALS:
        return _SERIAL_ZERO + timedelta(days=int(serial[1])), "date-serial"
    for pattern in _DAYS:
        found = pattern.fullmatch(plain)
        if found is not None:
            return _calendar_day(found.groupdict(), order)
    raise Unreadable("date-unreadable")


def serial_from_1904(text: str) -> str:
    """A day number of a workbook that counts from 1904, as one that counts from 1900."""
    found = _SERIAL.fullmatch(text)
    return text if found is None else str(int(found[1]) + _FROM_1904)


def _calendar_day(parts: dict[str, str | None], order: DateOrder | None) -> tuple[date, str | None]:
    (year, month, in_month), note = _numbers_of(parts, order)
    try:
        found = date(year, month, in_month)
        if (parts["zone"] or parts["hours"]) and parts["hour"]:
            found = _in_china(found, parts)
    except ValueError:
        raise Unreadable("date-unreadable") from None
    if not _FIRST_YEAR <= found.year <= _LAST_YEAR:
        raise Unreadable("date-unreadable")
    return found, note


def _numbers_of(parts: dict[str, str | None], order: DateOrder | None) -> tuple[tuple[int, int, int], str | None]:
    """Year, month and day, and a note if there are other readings."""
    said = {name: int(value) for name, value in parts.items() if value and value.isdigit()}
    name = parts.get("name")
    month = _MONTHS.get(name[:3].lower(), 0) if name else said.get("month", 0)
    if "last" in said:
        return _short_year(said, month if name else None, order), "date-two-digit-year"
    if "first" not in said:
        return (said["year"], month, said["day"]), None
    first, middle = said["first"], said["middle"]
    day_first = first > 12 or (order == "dmy" and middle <= 12)
    ambiguous = first <= 12 and middle <= 12 and first != middle
    return (
        (said["year"], *((middle, first) if day_first else (first, middle))),
        "date-ambiguous" if ambiguous else None,
    )


def _short_year(said: dict[str, int], named: int | None, order: DateOrder | None) -> tuple[int, int, int]:
    if order is None:
        raise Unreadable("date-two-digit-year")
    numbers = [said["first"], said["last"]] if named is not None else [said["first"], said["middle"], said["last"]]
    letters = [letter for letter in order if named is None or letter != "m"]
    found = dict(zip(letters, numbers, strict=True)) | ({} if named is None else {"m": named})
    return (found["y"] + (2000 if found["y"] < 70 else 1900), found["m"], found["d"])


def _in_china(found: date, parts: dict[str, str | None]) -> date:
    hour = int(parts["hour"] or 0)
    if parts["half"]:
        hour = hour % 12 + (12 if parts["half"] in "Pp" else 0)
    zone, offset = parts["zone"] or parts["hours"] or "Z", timedelta()
    if zone[0] in "+-":
        minutes = int(zone[1:3]) * 60 + int(zone[3:].removeprefix(":") or 0)
        offset = timedelta(minutes=minutes if zone[0] == "+" else -minutes)
    instant = datetime(found.year, found.month, found.day, hour, int(parts["minute"] or 0), tzinfo=timezone(offset))
    return china_date(instant)


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
    """Longitude and latitude as decimal degrees. They may come as minutes and seconds, in one cell, or in exchanged
    columns. What cannot be read is returned unchanged."""
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
    """A latitude beyond the pole is a longitude. Every other pair is a place on earth, and stays as it is."""
    if 90 < abs(float(lat)) <= 180 and abs(float(lon)) <= 90:
        return lat, lon, [*notes, "coordinates-swapped"]
    return lon, lat, notes


def _degrees(text: str) -> tuple[str | None, str | None]:
    """Decimal degrees, and the axis if a letter names it; None if the text is no angle."""
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
