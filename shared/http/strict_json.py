"""JSON as request bodies are allowed to be: what PostgreSQL and other readers cannot take is refused with 400.

The standard parser accepts NaN, repeated keys, half surrogate pairs and NUL; each of them turned into a 500 or a
silent change of meaning somewhere behind the edge (reference: reliability 3.4).
"""

import json
import math
import re
from dataclasses import dataclass

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


@dataclass(frozen=True, slots=True)
class Damaged:
    """An element of a batch that strict JSON refuses: why, its text in ASCII, and its members as far as they go."""

    code: str
    text: str
    value: object


def loads_batch(body: bytes, member: str) -> object:
    """As `loads`, but a refused element of the top-level list `member` becomes `Damaged`, and the others stay.

    A fault elsewhere, or a body that is not JSON, refuses the whole body.
    """
    try:
        return loads(body)
    except JsonRefused as refused:
        batch = _parsed_with_marks(body)
        if not isinstance(batch, dict) or not isinstance(batch.get(member), list):
            raise refused from None
    elements = batch.pop(member)
    code = _first_damage(batch, MAX_DEPTH)
    if code is not None:
        raise JsonRefused(code)
    return {**batch, member: [_marked(element) for element in elements]}


class _Repeated(dict[str, object]):
    """An object that names a key twice."""


class _OutOfRange(float):
    """A number that no reader takes, in the place where it stood."""


def _parsed_with_marks(body: bytes) -> object:
    """The parse tree, with marks where `loads` would refuse it. Bytes that are not UTF-8 become lone surrogates."""

    def members(pairs: list[tuple[str, object]]) -> dict[str, object]:
        found = dict(pairs)
        return found if len(found) == len(pairs) else _Repeated(found)

    def integer(digits: str) -> object:
        try:
            return _integer(digits)
        except JsonRefused:
            return _OutOfRange()

    def real(digits: str) -> object:
        number = float(digits)
        return number if math.isfinite(number) else _OutOfRange()

    try:
        return json.loads(
            body.decode("utf-8", "surrogateescape"),
            object_pairs_hook=members,
            parse_constant=lambda _: _OutOfRange(),
            parse_int=integer,
            parse_float=real,
        )
    except RecursionError:
        raise JsonRefused("json-too-deep") from None
    except ValueError:
        raise JsonRefused("json-malformed") from None


def _marked(element: object) -> object:
    code = _first_damage(element, MAX_DEPTH - 2)
    return element if code is None else Damaged(code, json.dumps(element), element)


def _first_damage(value: object, depth: int) -> str | None:
    """Why `loads` would refuse this tree; None if it would not."""
    level = [value]
    for _ in range(depth + 1):
        if not level:
            return None
        below: list[object] = []
        for node in level:
            match node:
                case _Repeated():
                    return "json-duplicate-key"
                case _OutOfRange():
                    return "json-number-out-of-range"
                case str() if "\0" in node:
                    return "json-nul"
                case str() if _LONE.search(node):
                    return "json-lone-surrogate"
                case dict():
                    below += [*node, *node.values()]
                case list():
                    below += node
        level = below
    return "json-too-deep" if any(isinstance(node, (dict, list)) for node in level) else None


_LONE = re.compile("[\ud800-\udfff]")


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
    """Checked level by level, containers only: 64 MiB of GeoJSON take a fraction of the parse time."""
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
