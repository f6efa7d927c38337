"""What text may hold, and its normal forms. Every door uses these: request bodies, query parameters, files, events.

Refused are characters that nobody can see and that change how others are read: controls, halves of surrogate pairs,
noncharacters, overrides of the writing direction. Everything else is somebody's name: emoji with their joiners, rare
and new characters. A Python version decides nothing here.
"""

import re
import unicodedata
from typing import Final

_BLANKS: Final = (0x09, 0xA0, 0x1680, *range(0x2000, 0x200B), 0x202F, 0x205F, 0x3000)
_BREAKS: Final = (0x85, 0x2028, 0x2029)
_NO_WIDTH: Final = (0xAD, 0x180E, 0x200B, 0x2060, 0xFEFF)
_JOINERS: Final = (*range(0x200C, 0x2010), *range(0xFE00, 0xFE10))
_DASHES: Final = (0x2D7, *range(0x2010, 0x2016), 0x2043, 0x2212, 0x2E3A, 0x2E3B, 0xFE58, 0xFE63, 0xFF0D)

_FORBIDDEN: Final = (
    "\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x84\x86-\x9f"
    "\ud800-\udfff\u202a-\u202e\u2066-\u2069\ufdd0-\ufdef"
    + "".join(chr(plane << 16 | last) for plane in range(17) for last in (0xFFFE, 0xFFFF))
)
_CONTROL: Final = re.compile(f"[{_FORBIDDEN}]")
_CONTROL_OR_LAYOUT: Final = re.compile(f"[{_FORBIDDEN}\t\r\n]")

_LINE: Final = {**dict.fromkeys(_BLANKS, " "), **dict.fromkeys(_BREAKS, " "), **dict.fromkeys(_NO_WIDTH)}
_PARAGRAPH: Final = {0xA0: " ", **dict.fromkeys(_BREAKS, "\n"), **dict.fromkeys(_NO_WIDTH)}
_UNSEEN: Final = (
    *(0x34F, 0x61C, 0x115F, 0x1160, 0x17B4, 0x17B5, *range(0x180B, 0x1810), *range(0x2061, 0x2070), 0x3164, 0xFFA0),
    *range(0xE0000, 0xE1000),
)
"""More of what nobody sees: the rest of Unicode's Default_Ignorable_Code_Point."""
_KEY: Final = {**_LINE, **dict.fromkeys((*_JOINERS, *_UNSEEN)), **dict.fromkeys(_DASHES, "-"), 0x2800: " "}
_RADICALS: Final = dict(
    zip(
        map(ord, "⺠⺽⻁⻄⻅⻆⻉⻋⻐⻑⻒⻓⻔⻗⻘⻙⻚⻛⻜⻝⻟⻠⻢⻣⻤⻥⻦⻧⻨⻩⻪⻫⻬⻭⻮⻯⻰⻱⻲"),
        "民臼虎西见角贝车钅長镸长门雨青韦页风飞食飠饣马骨鬼鱼鸟卤麦黄黾斉齐歯齿竜龙龜亀",
        strict=True,
    )
)
"""Radicals that look like the character itself, by Unicode's EquivalentUnifiedIdeograph; texts taken out of PDF files
hold them. NFKC knows those of another block alone."""


def has_controls(text: str, *, lines: bool = False) -> bool:
    """Whether the text holds a forbidden character; `lines` allows line breaks and tabs."""
    if text.isprintable():
        return False
    return (_CONTROL if lines else _CONTROL_OR_LAYOUT).search(text) is not None


def without_controls(text: str) -> str:
    """The text without forbidden characters, for senders who cannot be asked to send it again."""
    return _CONTROL.sub("", text)


def one_line(text: str) -> str:
    """One line in its normal form: single plain blanks, none at the ends, and no characters without width."""
    if text.isprintable() and "  " not in text:  # every other blank, and what has no width, is not printable
        return text.strip()
    return " ".join(text.translate(_LINE).split())


def paragraphs(text: str) -> str:
    """Several lines in their normal form; indents stay."""
    if text.isprintable():
        return text.strip()
    return text.translate(_PARAGRAPH).strip()


def key(text: str) -> str:
    """A number, code or reference in its normal form, in which two spellings of one thing are equal."""
    if text.isascii() and "  " not in text and text.isprintable():
        return text.strip()
    plain = characters(text).translate(_KEY)
    return " ".join(unicodedata.normalize("NFKC", plain).split())  # once more: what stood between two is gone


def characters(text: str) -> str:
    """The characters in one width, with radicals replaced by the characters they look like."""
    return unicodedata.normalize("NFKC", text).translate(_RADICALS)


def phone(text: str) -> str:
    """A telephone number in its normal form. A `.0` is dropped: a spreadsheet took the number for an amount."""
    plain = key(text)
    return plain[:-2] if plain.endswith(".0") and plain[:-2].isdigit() else plain


_IN_CREDIT_CODES: Final = re.compile(r"[\s\-_.·]+")


def credit_code(text: str) -> str:
    """A unified social credit code in its normal form: capital letters and digits."""
    return _IN_CREDIT_CODES.sub("", key(text)).upper()
