"""What people may write into records: printable text of a sensible length, codes, numbers that are numbers."""

from datetime import date
from typing import Annotated, TypeAlias

from pydantic import AfterValidator, Field, StringConstraints

from shared.refusals import field_error


def printable_line(value: str) -> str:
    """One line without control characters."""
    if not value.isprintable():
        raise field_error("control-character", en="Control characters are not allowed.", zh="不允许控制字符。")
    return value


def printable_text(value: str) -> str:
    """Lines and tabs, and no other control characters."""
    if not value.isprintable():
        printable_line(value.translate(_LAYOUT))
    return value


_LAYOUT = dict.fromkeys(map(ord, "\r\n\t"))


def not_bool(value: object) -> object:
    """A number: `true` is none, though Python says so."""
    if isinstance(value, bool):
        raise field_error("not-a-number", en="A number is needed.", zh="应为数字。")
    return value


Day: TypeAlias = Annotated[date, Field(ge=date(1900, 1, 1), le=date(2999, 12, 31))]
"""A day people mean. The driver takes the first and the last day of `date` for minus and plus infinity."""
Line: TypeAlias = Annotated[
    str, StringConstraints(strip_whitespace=True, min_length=1, max_length=100), AfterValidator(printable_line)
]
Name: TypeAlias = Annotated[
    str, StringConstraints(strip_whitespace=True, min_length=1, max_length=200), AfterValidator(printable_line)
]
Reason: TypeAlias = Annotated[
    str, StringConstraints(strip_whitespace=True, min_length=1, max_length=500), AfterValidator(printable_text)
]
Paragraph: TypeAlias = Annotated[
    str, StringConstraints(strip_whitespace=True, min_length=1, max_length=2000), AfterValidator(printable_text)
]
Document: TypeAlias = Annotated[
    str, StringConstraints(strip_whitespace=True, min_length=1, max_length=20_000), AfterValidator(printable_text)
]
Code: TypeAlias = Annotated[str, StringConstraints(strip_whitespace=True, pattern=r"^[0-9A-Za-z_-]{1,20}$")]
