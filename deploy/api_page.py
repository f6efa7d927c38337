"""`docs/api/<service>.md`: the HTTP API as a page people read and review, written from the OpenAPI document.

Everything the document says stands on the page once, so a change of the API is a change of a few lines. A keyword that
the page would leave out ends the run.
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping
from typing import Any, Final

from shared.http.openapi import DESCRIPTIONS

_INTRODUCTION = """\
# API of {service}

{description}

Written by `make openapi` from the code; change the code, not this page. The OpenAPI document itself is
`/openapi.json` of the running service, and `.local/documents/{service}.openapi.json` after `make openapi`.

Errors are `application/problem+json`; an operation lists the codes of its own. Operations that change something accept
`Idempotency-Key`. "…?" marks what may be left out. Money is in fen, days are days in China.
"""
_ORDINARY: Final = frozenset({400, 401, 403, 404, 409, 412, 413, 415, 422, 428, 429, 503})
_SHOWN: Final = frozenset(
    {"$ref", "additionalProperties", "anyOf", "const", "contentMediaType", "decimal_places", "default", "description"}
    | {"discriminator", "enum", "example", "examples", "exclusiveMinimum", "format", "formatMaximum"}
    | {"formatMinimum", "items", "max_digits", "maxItems"}
    | {"maxLength", "maximum", "maxProperties", "minItems", "minLength", "minimum", "oneOf", "pattern", "properties"}
    | {"propertyNames", "readOnly", "required", "title", "type"}
)


def api_page(service: str, document: Mapping[str, Any]) -> str:
    """The page of one service."""
    introduction = _INTRODUCTION.format(service=service, description=document["info"]["description"])
    return "\n".join([introduction, *_operations(document), *_schemas(document)]).rstrip() + "\n"


def _operations(document: Mapping[str, Any]) -> Iterator[str]:
    by_tag: dict[str, list[tuple[str, Mapping[str, Any]]]] = defaultdict(list)
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            by_tag[operation["tags"][0]].append((f"{method.upper()} {path}", operation))
    for tag, operations in by_tag.items():
        yield from (f"## {tag}", "")
        for address, operation in operations:
            yield from _operation(address, operation)


def _operation(address: str, operation: Mapping[str, Any]) -> Iterator[str]:
    roles = ", ".join(operation["x-roles"]) or "everybody, without a token"
    yield from (f"### {address}", "", operation["description"], "", f"`{operation['operationId']}`, for {roles}.", "")
    for parameter in operation.get("parameters", ()):
        if parameter["name"] == "Idempotency-Key":
            continue
        optional = "" if parameter["required"] else "?"
        said = parameter.get("description") or parameter["schema"].get("description")
        yield f"- {parameter['in']} `{parameter['name']}{optional}`: {_type(parameter['schema'])}{_sentence(said)}"
    if body := operation.get("requestBody"):
        optional = "" if body.get("required") else "?"
        yield f"- body{optional}: {_content(body['content'])}"
    ordinary = []
    for status, response in operation["responses"].items():
        said = response["description"]
        if int(status) in _ORDINARY and said == DESCRIPTIONS.get(int(status)):
            ordinary.append(status)
        elif int(status) >= 400:
            yield from (f"- {status} {line}" for line in said.splitlines())
        else:
            plain = said in ("Successful Response", "")
            yield f"- {status}: {_content(response.get('content', {}))}{'' if plain else _sentence(said)}"
    yield from (f"- also {', '.join(ordinary)}", "")


def _content(content: Mapping[str, Any]) -> str:
    parts = []
    for media_type, what in content.items():
        schema = what.get("itemSchema") or what.get("schema") or {}
        kind = _type(schema)
        parts.append(kind if media_type == "application/json" else f"`{media_type}` {kind}".strip())
    return " or ".join(parts) or "no content"


def _schemas(document: Mapping[str, Any]) -> Iterator[str]:
    yield from ("## Schemas", "")
    for name, schema in sorted(document["components"]["schemas"].items()):
        yield from (f"### {name}", "")
        if "description" in schema:
            yield from (schema["description"], "")
        if "properties" in schema:
            required = schema.get("required", ())
            for field, kind in schema["properties"].items():
                optional = "" if field in required else "?"
                yield f"- `{field}{optional}`: {_type(kind)}{_sentence(kind.get('description'))}"
            if schema.get("additionalProperties") is False:
                yield "- no other field"
        else:
            yield f"- {_type(schema)}"
        yield ""


def _sentence(said: str | None) -> str:
    return "" if not said else f". {' '.join(said.split())}"


def _type(schema: Mapping[str, Any]) -> str:
    """A schema in a line: its kind, and its limits in parentheses."""
    if unknown := schema.keys() - _SHOWN:
        raise LookupError(f"The page has no words for {sorted(unknown)}.")
    limits = ", ".join(_limits(schema))
    return _kind(schema) + (f" ({limits})" if limits else "")


def _kind(schema: Mapping[str, Any]) -> str:
    if "$ref" in schema:
        name = schema["$ref"].rsplit("/", 1)[-1]
        return f"[{name}](#{name.lower()})"
    if choices := schema.get("anyOf") or schema.get("oneOf"):
        return " or ".join(_type(one) for one in choices)
    if "enum" in schema:
        return "one of " + ", ".join(f"`{value}`" for value in schema["enum"])
    if "const" in schema:
        return f"`{schema['const']}`"
    match schema.get("type"):
        case "array":
            return f"list of {_type(schema.get('items', {}))}"
        case "object":
            extra = schema.get("additionalProperties")
            keys = f" by {_type(names)}" if (names := schema.get("propertyNames")) else ""
            return f"object of {_type(extra)}{keys}" if isinstance(extra, Mapping) else f"object{keys}"
        case "null":
            return "null"
        case None:
            return "anything"
        case kind:
            return str(schema.get("format") or kind)


def _limits(schema: Mapping[str, Any]) -> Iterator[str]:
    for least, most, unit in (
        ("minLength", "maxLength", " characters"),
        ("minItems", "maxItems", " items"),
        ("minimum", "maximum", ""),
        ("formatMinimum", "formatMaximum", ""),
    ):
        low, high = schema.get(least), schema.get(most)
        if low is not None or high is not None:
            span = f"at most {high}" if low is None else f"at least {low}" if high is None else f"{low} to {high}"
            yield span + unit
    for key, words in (
        ("exclusiveMinimum", "over {}"),
        ("maxProperties", "at most {} fields"),
        ("max_digits", "at most {} digits"),
        ("decimal_places", "{} decimal places"),
        ("pattern", "`{}`"),
        ("contentMediaType", "{}"),
        ("default", "default `{}`"),
        ("example", "such as `{}`"),
    ):
        if key in schema and schema[key] is not None:
            yield words.format(schema[key])
    if examples := schema.get("examples"):
        yield "such as " + ", ".join(f"`{one}`" for one in examples)
    if schema.get("readOnly"):
        yield "read only"
