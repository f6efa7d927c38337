"""JSON as request bodies are allowed to be: what PostgreSQL and other readers cannot take is refused with 400.

The standard parser accepts NaN, repeated keys, half surrogate pairs and NUL; each of them turned into a 500 or a
silent change of meaning somewhere behind the edge (reference: reliability 3.4).
"""

import json
import math
import re

MAX_DEPTH = 32
# Anything wider than a bigint would be refused by PostgreSQL later, as an error instead of an answer.
_MIN_INTEGER, _MAX_INTEGER = -(2**63), 2**63 - 1
_NUL = re.compile(r"(?<!\\)(?:\\\\)*\\u0000")
_SURROGATE = re.compile(r"\\u[dD][89a-fA-F]")


class JsonRefused(ValueError):
    """Carries only a code: the text itself is never repeated."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


def loads(body: bytes | str) -> object:
    """Parse, or raise JsonRefused."""
    text = _decoded(body)
    if _NUL.search(text):
        raise JsonRefused("json-nul")
    try:
        value: object = json.loads(
            text,
            object_pairs_hook=_without_duplicates,
            parse_constant=_no_constant,
            parse_int=_integer,
            parse_float=_finite,
        )
    except JsonRefused:
        raise
    except RecursionError:
        raise JsonRefused("json-too-deep") from None
    except ValueError:
        raise JsonRefused("json-malformed") from None
    _check_depth(value)
    if _SURROGATE.search(text):
        _check_surrogates(value)
    return value


def _decoded(body: bytes | str) -> str:
    if isinstance(body, str):
        return body
    try:
        return body.decode("utf-8")
    except UnicodeDecodeError:
        raise JsonRefused("json-not-utf8") from None


def _without_duplicates(pairs: list[tuple[str, object]]) -> dict[str, object]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise JsonRefused("json-duplicate-key")
    return found


def _no_constant(_: str) -> object:
    raise JsonRefused("json-number-out-of-range")


def _integer(digits: str) -> int:
    # The length is looked at first: int() of a long text is quadratic, and refused above 4300 digits anyway.
    if len(digits) <= 20 and _MIN_INTEGER <= (number := int(digits)) <= _MAX_INTEGER:
        return number
    raise JsonRefused("json-number-out-of-range")


def _finite(digits: str) -> float:
    number = float(digits)
    if math.isfinite(number):
        return number
    raise JsonRefused("json-number-out-of-range")


def _check_depth(value: object) -> None:
    """Level by level, containers only: 64 MiB of GeoJSON are walked in a fraction of the parse time."""
    level = [value] if isinstance(value, (dict, list)) else []
    for _ in range(MAX_DEPTH):
        if not level:
            return
        level = [
            child
            for node in level
            for child in (node.values() if isinstance(node, dict) else node)
            if isinstance(child, (dict, list))
        ]
    if level:
        raise JsonRefused("json-too-deep")


def _check_surrogates(value: object) -> None:
    try:
        json.dumps(value, ensure_ascii=False).encode("utf-8")
    except UnicodeEncodeError:
        raise JsonRefused("json-lone-surrogate") from None
