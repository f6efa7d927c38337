"""What a JSON body may be, and what it may not."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.http.strict_json import MAX_DEPTH, JsonRefused, loads


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (b"", "json-malformed"),
        (b"{", "json-malformed"),
        (b"\xef\xbb\xbf{}", "json-malformed"),
        (b'"\x00"', "json-malformed"),
        (b'"\xed\xa0\x80"', "json-not-utf8"),
        (b'"\xff"', "json-not-utf8"),
        (b'"\\u0000"', "json-nul"),
        (b'{"\\u0000": 1}', "json-nul"),
        (b'"\\\\\\u0000"', "json-nul"),
        (b'"\\ud800"', "json-lone-surrogate"),
        (b'"\\uDC00x"', "json-lone-surrogate"),
        (b'{"\\ud800": 1}', "json-lone-surrogate"),
        (b'{"a": 1, "a": 2}', "json-duplicate-key"),
        (b'[{"b": {"a": 1, "\\u0061": 2}}]', "json-duplicate-key"),
        (b"NaN", "json-number-out-of-range"),
        (b"[-Infinity]", "json-number-out-of-range"),
        (b"1e999", "json-number-out-of-range"),
        (b"-1e999", "json-number-out-of-range"),
        (b"9223372036854775808", "json-number-out-of-range"),
        (b"1" * 5000, "json-number-out-of-range"),
        (b"[" * 33 + b"]" * 33, "json-too-deep"),
        (b'{"a":' * 33 + b"1" + b"}" * 33, "json-too-deep"),
        (b"[" * 100_000, "json-too-deep"),
    ],
)
def test_refused(body: bytes, code: str) -> None:
    with pytest.raises(JsonRefused) as refused:
        loads(body)
    assert refused.value.code == code


@pytest.mark.parametrize(
    "body",
    [
        b"{}",
        b"[" * MAX_DEPTH + b"]" * MAX_DEPTH,
        b'"\\\\u0000"',
        b'"\\ud83d\\ude00"',
        b"-9223372036854775808",
        b"1.5e3",
    ],
)
def test_accepted(body: bytes) -> None:
    assert loads(body) == json.loads(body)


_text = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00"))
_values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**63 - 1)
    | st.floats(allow_nan=False, allow_infinity=False)
    | _text,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(_text, inner, max_size=4),
    max_leaves=12,
)


@given(_values, st.booleans())
def test_everything_else_passes_unchanged(value: object, ascii_only: bool) -> None:
    assert loads(json.dumps(value, ensure_ascii=ascii_only).encode()) == value
