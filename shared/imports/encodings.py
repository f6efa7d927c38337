"""The encoding of a text file, judged by its rows: a damaged row spoils no other, whatever number of bytes it lost."""

import codecs
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

_MARKS: Final = (
    (b"\xff\xfe\x00\x00", "utf-32"),
    (b"\x00\x00\xfe\xff", "utf-32"),
    (b"\xff\xfe", "utf-16"),
    (b"\xfe\xff", "utf-16"),
    (b"\xef\xbb\xbf", "utf-8-sig"),
)
_PIECE: Final = 1 << 20
_TOP: Final = 1 << 16
_SOUND_FOR_ONE_DAMAGED: Final = 19
"""Lines, and characters beyond ASCII: at most one of twenty may be damaged."""
_DAMAGE: Final = "\udcff"
"""Stands for bytes that are no character. U+FFFD cannot: sound files hold it where another program lost one."""
_BEYOND_ASCII: Final = re.compile(r"[^\x00-\x7f]+")
_DAMAGED: Final = re.compile(_DAMAGE)
_DAMAGE_OF_GB18030: Final = re.compile(f"[{_DAMAGE}\ue000-\uf8ff]")
"""Characters of private use are what GB 18030 makes of Big5."""

codecs.register_error("shared.imports.damage", lambda error: (_DAMAGE, error.end))  # type: ignore[attr-defined]

LINES: Final = re.compile(r"[\r\n]+")
MEMBERS: Final = re.compile(r"[\r\n}]+")
"""The ends of rows: JSON may be a single line."""


def encoding_of(content: bytes, ends: re.Pattern[str] = LINES) -> str | None:
    """The first encoding in which hardly any row is damaged; None if there is none."""
    marked = next((encoding for mark, encoding in _MARKS if content.startswith(mark)), None) or _wide(content)
    found = _soundness(content, marked or "utf-8", ends)
    if found.fits:
        return marked or "utf-8"
    if marked is not None or found.rows > found.damaged_rows:  # its sound rows would be nonsense in another encoding
        return None
    other = "cp1252" if _looks_western(content) else "gb18030"
    return other if _soundness(content, other, ends).fits else None


def _wide(content: bytes) -> str | None:
    """UTF-16 or UTF-32 without a byte order mark: every plain character is one byte next to zero bytes."""
    top = content[:_TOP]
    if b"\0" not in top or len(top) < 4:
        return None
    for encoding in ("utf-32-le", "utf-32-be"):
        try:
            top[: len(top) // 4 * 4].decode(encoding)
        except UnicodeDecodeError:
            continue
        return encoding
    first, second = top[::2].count(0), top[1::2].count(0)
    plain = sum(map(top.count, (b"\n", b",", b'"', b"\t", b";")))
    # Both places have some: the character for one is 4E 00.
    if min(first, second) * 2 > max(first, second) or max(first, second) * 10 < max(plain, 2) * 8:
        return None
    return "utf-16-be" if first > second else "utf-16-le"


@dataclass(slots=True)
class _Soundness:
    """Rows with characters beyond ASCII, and these characters, in an encoding: how many are whole, how many damaged."""

    rows: int = 0
    damaged_rows: int = 0
    characters: int = 0
    damaged: int = 0

    @property
    def fits(self) -> bool:
        return (
            self.rows >= _SOUND_FOR_ONE_DAMAGED * self.damaged_rows
            or self.damaged_rows == 1 <= self.rows
            or self.characters > _SOUND_FOR_ONE_DAMAGED * self.damaged
        )


def _soundness(content: bytes, encoding: str, ends: re.Pattern[str]) -> _Soundness:
    damage = _DAMAGE_OF_GB18030 if encoding == "gb18030" else _DAMAGED
    found = _Soundness()
    if not any(damage.search(text) for text in _decoded(content, encoding)):
        return found
    for text in _decoded(content, encoding):
        for row in () if text.isascii() else ends.split(text):
            if not row.isascii():
                broken = len(damage.findall(row))
                found.rows += not broken
                found.damaged_rows += bool(broken)
                found.damaged += broken
                found.characters += sum(map(len, _BEYOND_ASCII.findall(row))) - broken
    return found


def _decoded(content: bytes, encoding: str) -> Iterator[str]:
    decoder = codecs.getincrementaldecoder(encoding)(errors="shared.imports.damage")
    for begin in range(0, len(content), _PIECE):
        yield decoder.decode(content[begin : begin + _PIECE], final=begin + _PIECE >= len(content))


def _looks_western(content: bytes) -> bool:
    """Accented letters stand alone among plain ones; Chinese characters come in runs of high bytes."""
    runs = re.findall(rb"[\x80-\xff]+", content)
    alone = sum(len(run) == 1 for run in runs)
    return sum(map(len, runs)) * 10 < len(content) and alone * 10 > len(runs) * 9
