"""Types of what people write into records: text, codes, numbers, days. `shared/domain/text.py` defines valid text."""

import re
from collections.abc import Callable
from datetime import date, datetime
from typing import Annotated, TypeAlias

from pydantic import BeforeValidator, Field, StringConstraints

from shared.domain import text
from shared.domain.refusals import field_error


def _folded(fold: Callable[[str], str], *, lines: bool = False) -> BeforeValidator:
    """Normalise the text; refuse it if it holds controls."""

    def read(value: object) -> object:
        if not isinstance(value, str):
            return value
        check_controls(value.strip(), lines=lines)
        return fold(value)

    return BeforeValidator(read)


def check_controls(value: str, *, lines: bool = False) -> None:
    """Refuse forbidden characters; `lines` allows line breaks."""
    if text.has_controls(value, lines=lines):
        raise field_error("control-character", en="Control characters are not allowed.", zh="不允许控制字符。")


def _as_number(value: object) -> object:
    """A number. `true` is refused, and so is `1_000`, which Python would accept."""
    if isinstance(value, bool) or (isinstance(value, str) and "_" in value):
        raise field_error("not-a-number", en="Must be a number.", zh="应为数字。")
    return value


def _as_day(value: object) -> object:
    """A calendar day as text. Refused: an instant, which is another day elsewhere, and a number of seconds."""
    if isinstance(value, datetime) or not isinstance(value, (str, date)):
        raise _no_day()
    if isinstance(value, str) and _DAY.fullmatch(value) is None:
        raise _no_day()
    return value


_DAY = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)


def _no_day() -> Exception:
    return field_error(
        "day-format", en="Write the day as YYYY-MM-DD, without a time.", zh="日期应写作 YYYY-MM-DD，不带时间。"
    )


NUMBER = BeforeValidator(_as_number)
"""Stands before every number that comes from outside."""
ONE_LINE = _folded(text.one_line)
PARAGRAPHS = _folded(text.paragraphs, lines=True)
KEY = _folded(text.key)
PHONE = _folded(text.phone)
CREDIT_CODE = _folded(text.credit_code)

Day: TypeAlias = Annotated[date, BeforeValidator(_as_day), Field(ge=date(1900, 1, 1), le=date(2999, 12, 31))]
"""A day people mean. The driver takes the first and the last day of `date` for minus and plus infinity."""
Line: TypeAlias = Annotated[str, StringConstraints(min_length=1, max_length=100), ONE_LINE]
Name: TypeAlias = Annotated[str, StringConstraints(min_length=1, max_length=200), ONE_LINE]
Address: TypeAlias = Annotated[str, StringConstraints(min_length=1, max_length=300), ONE_LINE]
Key: TypeAlias = Annotated[str, StringConstraints(min_length=1, max_length=100), KEY]
"""A reference, a number or a code of any characters, in its normal form."""
Phone: TypeAlias = Annotated[str, StringConstraints(min_length=1, max_length=100), PHONE]
Reason: TypeAlias = Annotated[str, StringConstraints(min_length=1, max_length=500), PARAGRAPHS]
Paragraph: TypeAlias = Annotated[str, StringConstraints(min_length=1, max_length=2000), PARAGRAPHS]
Document: TypeAlias = Annotated[str, StringConstraints(min_length=1, max_length=20_000), PARAGRAPHS]
Code: TypeAlias = Annotated[str, StringConstraints(pattern=r"^[0-9A-Za-z_-]{1,20}$"), KEY]
