"""What people may write into the registry's records beside names and codes: text of several lines."""

from typing import Annotated, TypeAlias

from pydantic import AfterValidator, StringConstraints

from shared.refusals import field_error


def _printable(value: str) -> str:
    if not value.isprintable() and not all(character.isprintable() or character in "\r\n\t" for character in value):
        raise field_error("control-character", en="Control characters are not allowed.", zh="不允许控制字符。")
    return value


Paragraph: TypeAlias = Annotated[
    str, StringConstraints(strip_whitespace=True, min_length=1, max_length=2000), AfterValidator(_printable)
]
Reason: TypeAlias = Annotated[
    str, StringConstraints(strip_whitespace=True, min_length=1, max_length=500), AfterValidator(_printable)
]
Document: TypeAlias = Annotated[
    str, StringConstraints(strip_whitespace=True, min_length=1, max_length=20_000), AfterValidator(_printable)
]
