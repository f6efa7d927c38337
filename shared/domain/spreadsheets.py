"""Cells that no spreadsheet runs as a formula, and the same cells read back as what they were."""

import html
import re
from typing import Final

_STARTS: Final = "=+\\-@＝＋－＠﹢﹣﹦﹫−\t\r\n\x00"
_HOSTILE: Final = re.compile(rf"'*[^\S\t\r\n]*[{_STARTS}]")
_GUARDED: Final = re.compile(rf"'+[^\S\t\r\n]*[{_STARTS}]")


def guarded(text: str) -> str:
    """A cell as text that no spreadsheet takes for a formula (OWASP: CSV injection), and that an import reads back.

    An apostrophe goes before it, and one more if the text already looks guarded. What HTML would resolve is escaped,
    because imports resolve it.
    """
    if "&" in text and html.unescape(text) != text:
        text = text.replace("&", "&amp;")
    return f"'{text}" if _HOSTILE.match(text) else text


def unguarded(text: str) -> str:
    """Undo `guarded`, except for the HTML, which is resolved where one-line text is read."""
    return text[1:] if text.startswith("'") and _GUARDED.match(text) else text
