"""What people may write into inspection's records: printable text of a sensible length."""

from typing import Annotated, TypeAlias

from pydantic import AfterValidator, BeforeValidator, Field, StringConstraints

from shared.refusals import field_error


def _printable(value: str) -> str:
    if not value.isprintable() and not all(character.isprintable() or character in "\n\t" for character in value):
        raise field_error("control-character", en="Control characters are not allowed.", zh="不允许控制字符。")
    return value


def _not_bool(value: object) -> object:
    if isinstance(value, bool):
        raise field_error("not-a-number", en="A number is needed.", zh="应为数字。")
    return value


Line: TypeAlias = Annotated[
    str, StringConstraints(strip_whitespace=True, min_length=1, max_length=100), AfterValidator(_printable)
]
Paragraph: TypeAlias = Annotated[
    str, StringConstraints(strip_whitespace=True, min_length=1, max_length=2000), AfterValidator(_printable)
]
Code = Annotated[str, StringConstraints(strip_whitespace=True, pattern=r"^[0-9A-Za-z_-]{1,20}$")]
Score = Annotated[int, BeforeValidator(_not_bool), Field(ge=0, le=100)]
