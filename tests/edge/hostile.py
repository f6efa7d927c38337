"""What a hostile client sends (reliability 3.4), and where it can be put."""

import json
from collections.abc import Iterator
from typing import Any, NamedTuple

CANARY = "canary7f3a91c2"
"""Stands in every hostile value that can hold text; no refusal may repeat it."""

DEEP, DEEPER = 100, 100_000


class Raw(NamedTuple):
    """JSON text to stand where a value would."""

    text: str


def _text(value: str) -> Raw:
    return Raw(json.dumps(value))


FIELD_VALUES: dict[str, Raw] = {
    "nan": Raw("NaN"),
    "infinity": Raw("-Infinity"),
    "1e999": Raw("1e999"),
    "huge-int": Raw("9" * 40),
    "huger-int": Raw("1" + "0" * 5000),
    "beyond-bigint": Raw(str(2**63)),
    "beyond-int4": Raw(str(2**31)),
    "negative": Raw("-1"),
    "fraction": Raw("0.5"),
    "bool": Raw("true"),
    "null": Raw("null"),
    "empty": Raw('""'),
    "blank": Raw('"   "'),
    "text": _text(CANARY),
    "surrogate": Raw(f'"{CANARY}\\ud800"'),
    "surrogate-reversed": Raw(f'"{CANARY}\\udc00\\ud800"'),
    "nul": Raw(f'"{CANARY}\\u0000"'),
    "control": _text(f"{CANARY}\x01\x1b[2J\x7f"),
    "bidi": _text(f"{CANARY}\u202e\u2066"),
    "astral": _text(f"{CANARY}\U0001f600\ufeff"),
    "long": _text(CANARY * 2_000),
    "formula": _text(f"=HYPERLINK({CANARY})"),
    "sql": _text(f"{CANARY}'; DROP TABLE journal; --"),
    "path": _text(f"../../{CANARY}"),
    "date": _text("0000-13-45"),
    "far-date": _text("9999-12-31"),
    "first-date": _text("0001-01-01"),
    "far-time": _text("9999-12-31T23:59:59-23:59"),
    "list": Raw(f'["{CANARY}"]'),
    "object": Raw(f'{{"{CANARY}":"{CANARY}"}}'),
    "many": Raw("[" + ",".join(f'"{CANARY}{number}"' for number in range(6000)) + "]"),
    "deep": Raw("[" * DEEP + "]" * DEEP),
    "deep-object": Raw('{"a":' * DEEP + "1" + "}" * DEEP),
}

BODIES: dict[str, bytes] = {
    "empty": b"",
    "blank": b" \n",
    "word": CANARY.encode(),
    "string": json.dumps(CANARY).encode(),
    "array": f'["{CANARY}"]'.encode(),
    "number": b"1",
    "null": b"null",
    "unclosed": f'{{"{CANARY}":'.encode(),
    "trailing": b"{}" + CANARY.encode(),
    "unknown-field": f'{{"{CANARY}":"{CANARY}"}}'.encode(),
    "prototype": f'{{"__proto__":{{"a":"{CANARY}"}},"constructor":"{CANARY}"}}'.encode(),
    "surrogate-key": f'{{"{CANARY}\\ud800":1}}'.encode(),
    "nul-key": f'{{"{CANARY}\\u0000":1}}'.encode(),
    "raw-nul": f'{{"{CANARY}\0":1}}'.encode(),
    "not-utf8": b'{"' + CANARY.encode() + b'":"\xff\xfe\xc0\xaf"}',
    "utf16": f'{{"{CANARY}":1}}'.encode("utf-16"),
    "utf8-mark": b'\xef\xbb\xbf{"' + CANARY.encode() + b'":1}',
    "duplicate-key": f'{{"{CANARY}":1,"{CANARY}":2}}'.encode(),
    "deep": b"[" * DEEP + b"]" * DEEP,
    "deeper": b"[" * DEEPER + b"]" * DEEPER,
    "deeper-object": b'{"a":' * DEEPER + b"1" + b"}" * DEEPER,
    "unclosed-deeper": b"[" * DEEPER,
    "two-mebibytes": json.dumps({CANARY: "x" * 2 * 1024 * 1024}).encode(),
}

MEDIA_TYPES: dict[str, str | None] = {
    "none": None,
    "text": "text/plain",
    "xml": "application/xml",
    "form": "application/x-www-form-urlencoded",
    "multipart-without-boundary": "multipart/form-data",
    "multipart": f"multipart/form-data; boundary={CANARY}",
    "charset": "application/json; charset=utf-16",
    "nonsense": f";;;{CANARY}/=,",
}

WORDS: dict[str, str] = {
    "text": CANARY,
    "nul": f"{CANARY}%00",
    "nul-only": "%00",
    "not-utf8": f"{CANARY}%ff%fe",
    "surrogate": f"{CANARY}%ed%a0%80",
    "control": f"{CANARY}%01%0a%0d%1b",
    "slashes": f"..%2f..%2f{CANARY}",
    "semicolon": f"{CANARY};x=1",
    "quote": f"{CANARY}%27%22%5c",
    "long": CANARY * 500,
    "negative": "-1",
    "huge-int": "9" * 40,
    "nan": "nan",
    "infinity": "-inf",
    "underscores": "1_0",
    "far-date": "9999-99",
    "arabic-digits": "%D9%A1",
    "wildcards": f"%25_{CANARY}%5c",
    "not-a-version": "00000000-0000-0000-0000-000000000000",
    "uuid-in-braces": "%7B01a20b6d-d3f8-7531-8c81-10fde75fafc2%7D",
}
"""For a path or a query, already encoded."""

HEADERS: dict[str, dict[str, bytes]] = {
    "etag-text": {"if-match": CANARY.encode(), "if-none-match": CANARY.encode()},
    "etag-star": {"if-match": b"*", "if-none-match": b"*"},
    "etag-weak": {"if-match": b'W/"1"', "if-none-match": b'W/"1", ,"'},
    "etag-huge": {"if-match": b'"' + b"9" * 18 + b'"', "if-none-match": b'"' + b"9" * 4000 + b'"'},
    "etag-bytes": {"if-match": b'"\xd9\xa1"', "if-none-match": b"\xff\xfe"},
    "key-long": {"idempotency-key": CANARY.encode() * 40},
    "key-empty": {"idempotency-key": b""},
    "key-blank": {"idempotency-key": b"a b"},
    "key-bytes": {"idempotency-key": b"\xff\xfe\xc3\xa9"},
    "language": {"accept-language": b"en;q=nan," + CANARY.encode() + b";q=\xff,;;q=1e999"},
    "accept": {"accept": CANARY.encode() + b"/\xff"},
    "length": {"content-length": CANARY.encode()},
    "length-negative": {"content-length": b"-1"},
    "length-digits": {"content-length": b"\xd9\xa1"},
    "encoding": {"content-encoding": CANARY.encode()},
    "traceparent": {"traceparent": CANARY.encode(), "x-request-id": CANARY.encode() * 100},
    "traceparent-bytes": {"traceparent": b"\xff", "x-request-id": b"\xff\r"},
    "token": {"authorization": b"Bearer " + CANARY.encode()},
    "token-bytes": {"authorization": b"Bearer \xff\xfe.\xff.\xff"},
    "token-parts": {"authorization": b"Bearer " + b"e30." * 1000},
    "scheme": {"authorization": b"Basic " + CANARY.encode()},
    "cookie": {"cookie": CANARY.encode() + b"=\xff"},
    "host": {"host": CANARY.encode()},
    "forwarded": {"x-forwarded-for": CANARY.encode(), "x-forwarded-host": b"\xff"},
    "override": {"x-http-method-override": b"DELETE"},
}

MULTIPARTS: dict[str, tuple[str, bytes]] = {
    "no-parts": (f"multipart/form-data; boundary={CANARY}", b""),
    "unclosed": (f"multipart/form-data; boundary={CANARY}", f"--{CANARY}\r\nContent-Disposition: form-data".encode()),
    "garbage": (f"multipart/form-data; boundary={CANARY}", b"\x00\xff" * 500),
    "no-name": (
        f"multipart/form-data; boundary={CANARY}",
        f"--{CANARY}\r\nContent-Disposition: form-data\r\n\r\nx\r\n--{CANARY}--\r\n".encode(),
    ),
    "odd-name": (
        f"multipart/form-data; boundary={CANARY}",
        f'--{CANARY}\r\nContent-Disposition: form-data; name="file"; filename="'.encode()
        + b"\xff\x00../../" + CANARY.encode() + f'.csv"\r\n\r\nx\r\n--{CANARY}--\r\n'.encode(),
    ),
    "odd-charset": (
        f"multipart/form-data; boundary={CANARY}; charset={CANARY}",
        f'--{CANARY}\r\nContent-Disposition: form-data; name="mapping"\r\n\r\nx\r\n--{CANARY}--\r\n'.encode(),
    ),
    "not-utf8-field": (
        f"multipart/form-data; boundary={CANARY}",
        f'--{CANARY}\r\nContent-Disposition: form-data; name="kind"\r\n\r\n'.encode()
        + b"\xff\xfe" + f"\r\n--{CANARY}--\r\n".encode(),
    ),
    "many-parts": (
        f"multipart/form-data; boundary={CANARY}",
        f'--{CANARY}\r\nContent-Disposition: form-data; name="a"\r\n\r\nx\r\n'.encode() * 1100
        + f"--{CANARY}--\r\n".encode(),
    ),
    "long-field": (
        f"multipart/form-data; boundary={CANARY}",
        f'--{CANARY}\r\nContent-Disposition: form-data; name="mapping"\r\n\r\n'.encode()
        + b"x" * (2 * 1024 * 1024) + f"\r\n--{CANARY}--\r\n".encode(),
    ),
    "odd-boundary": (f"multipart/form-data; boundary=\"{CANARY}é\"", b"--x\r\n"),
    "latin-boundary": ("multipart/form-data; boundary=\xff\xfe", b"--\xff\xfe--"),
}  # fmt: skip

FORM_FIELDS: dict[str, dict[str, str]] = {
    "mapping-text": {"mapping": CANARY},
    "mapping-array": {"mapping": f'["{CANARY}"]'},
    "mapping-nan": {"mapping": '{"constants":{"name":NaN}}'},
    "mapping-surrogate": {"mapping": f'{{"constants":{{"name":"{CANARY}\\ud800"}}}}'},
    "mapping-nul": {"mapping": f'{{"constants":{{"name":"{CANARY}\\u0000"}}}}'},
    "mapping-nul-column": {"mapping": f'{{"columns":{{"name":"{CANARY}\\u0000"}}}}'},
    "mapping-field": {"mapping": f'{{"columns":{{"{CANARY}":"a"}}}}'},
    "mapping-huge-int": {"mapping": f'{{"constants":{{"name":{"9" * 4000}}}}}'},
    "mapping-deep": {"mapping": '{"columns":' * 2000 + "1" + "}" * 2000},
    "kind": {"kind": CANARY},
    "kind-long": {"kind": CANARY * 100},
    "kind-nul": {"kind": f"{CANARY}\0"},
    "dry-run": {"dry_run": CANARY},
}


def with_value(body: Any, path: tuple[str | int, ...], value: Raw) -> bytes:
    """The body with one of its values replaced."""
    return _render(body, path, value).encode()


def _render(node: Any, path: tuple[str | int, ...], value: Raw) -> str:
    if not path:
        return value.text
    head, *rest = path
    steps: Any = node.items() if isinstance(node, dict) else enumerate(node)
    parts = [_render(child, tuple(rest), value) if step == head else json.dumps(child) for step, child in steps]
    if isinstance(node, list):
        return f"[{','.join(parts)}]"
    return "{" + ",".join(f"{json.dumps(name)}:{part}" for name, part in zip(node, parts, strict=True)) + "}"


def places(body: Any, path: tuple[str | int, ...] = ()) -> Iterator[tuple[str | int, ...]]:
    """Where in a body a value can be replaced: every field, and the first item of every list."""
    if isinstance(body, dict):
        for name, child in body.items():
            yield (*path, name)
            yield from places(child, (*path, name))
    elif isinstance(body, list) and body:
        yield (*path, 0)
        yield from places(body[0], (*path, 0))
