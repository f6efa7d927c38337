"""The OpenAPI document: every operation tells who may use it and every status it can answer with."""

import json
from collections.abc import Mapping
from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi
from fastapi.routing import RouteContext
from pydantic import BaseModel

from shared.domain.refusals import Refusal
from shared.http.etags import expected_version
from shared.http.policies import api_routes, policies_of, roles_admitted
from shared.http.problems import MEDIA_TYPE, Problem, status_of
from shared.process.settings import ServiceSettings

DESCRIPTIONS = {
    304: "Not modified.",
    400: "The request cannot be understood.",
    401: "A valid bearer token is required.",
    403: "Your role does not allow this.",
    404: "There is no such thing, or you may not see it.",
    409: "The present state does not allow this.",
    412: "The record has changed since you read it.",
    413: "The body is too large.",
    415: "This media type is not supported.",
    422: "Some fields are not acceptable.",
    428: "If-Match is required.",
    429: "Too many requests.",
    503: "Try again shortly.",
}
_PROBLEM_CONTENT = {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}}
_IDEMPOTENCY_KEY = {
    "name": "Idempotency-Key",
    "in": "header",
    "required": False,
    "description": "A request repeated with the same key takes effect once and gets the first answer again.",
    "schema": {"type": "string", "minLength": 1, "maxLength": 255, "pattern": "^[!-~]+$"},
}
_IF_MATCH = {
    "name": "If-Match",
    "in": "header",
    "required": True,
    "description": "The ETag that you last read; its version alone is enough.",
    "schema": {"type": "string", "pattern": '^"[0-9]{1,18}(-[0-9a-f]{16})?"$', "example": '"3"'},
}


def problems(*refusals: type[Refusal]) -> dict[int | str, dict[str, Any]]:
    """For `responses=`: the statuses of these refusals, with their codes in the description."""
    by_status: dict[int | str, dict[str, Any]] = {}
    for refusal in refusals:
        entry = by_status.setdefault(status_of(refusal), {"description": "", "content": _PROBLEM_CONTENT})
        entry["description"] = f"{entry['description']}\n`{refusal.code}`: {refusal.en()}".strip()
    return by_status


def service_openapi(app: FastAPI, settings: ServiceSettings) -> dict[str, Any]:
    """FastAPI's document with problems, roles and the token scheme added; made once."""
    if app.openapi_schema is None:
        document = get_openapi(
            title=app.title,
            version=app.version,
            description=app.description,
            routes=app.routes,
            separate_input_output_schemas=False,
        )
        schemas = document.setdefault("components", {}).setdefault("schemas", {})
        schemas.update(_problem_schemas())
        document["components"]["securitySchemes"] = {
            "oidc": {
                "type": "openIdConnect",
                "openIdConnectUrl": f"{settings.issuer.rstrip('/')}/.well-known/openid-configuration",
            },
            "bearer": {"type": "http", "scheme": "bearer", "bearerFormat": "JWT"},
        }
        for context, path in api_routes(app):
            for method in context.methods or ():
                operation = document.get("paths", {}).get(path, {}).get(method.lower())
                if operation is not None:
                    _lift_definitions(operation, schemas)
                    _complete(operation, context, path, method)
        for unused in ("HTTPValidationError", "ValidationError"):
            schemas.pop(unused, None)
        app.openapi_schema = _with_standard_limits(_with_plain_names(document))
    return app.openapi_schema


def _with_plain_names(document: dict[str, Any]) -> dict[str, Any]:
    """`InstitutionPage` for `Page_InstitutionOut_`: generated clients use schema names as class names."""
    schemas = document["components"]["schemas"]
    text = json.dumps(document)
    for name, schema in schemas.items():
        if name.startswith("Page_"):
            text = text.replace(f'/{name}"', f'/{schema["title"]}"').replace(f'"{name}": ', f'"{schema["title"]}": ')
    renamed: dict[str, Any] = json.loads(text)
    return renamed


_LIMITS_OF_NUMBERS = {"ge": "minimum", "le": "maximum", "gt": "exclusiveMinimum", "lt": "exclusiveMaximum"}
_LIMITS_OF_DAYS = {"ge": "formatMinimum", "le": "formatMaximum"}


def _with_standard_limits(part: Any) -> Any:
    """pydantic writes its own names of limits where a validator stands before a number; JSON Schema has others."""
    if isinstance(part, list):
        return [_with_standard_limits(one) for one in part]
    if not isinstance(part, dict):
        return part
    named: dict[str, Any] = {}
    for key, value in part.items():
        names: Mapping[str, str] = _LIMITS_OF_NUMBERS if isinstance(value, int | float) else _LIMITS_OF_DAYS
        named[names.get(str(key), str(key))] = _with_standard_limits(value)
    return named


def json_body(model: type[BaseModel]) -> dict[str, Any]:
    """For `openapi_extra=`: a JSON body that the route reads itself."""
    schema = model.model_json_schema(ref_template="#/components/schemas/{model}")
    return {"requestBody": {"required": True, "content": {"application/json": {"schema": schema}}}}


def _lift_definitions(operation: dict[str, Any], schemas: dict[str, Any]) -> None:
    """Move the definitions of such a body to the document's other schemas."""
    body = operation.get("requestBody", {}).get("content", {}).get("application/json", {})
    definitions = body.get("schema", {}).get("$defs")
    if definitions:
        schemas.update(definitions)
        plain = {name: part for name, part in body["schema"].items() if name != "$defs"}
        operation["requestBody"] = {"required": True, "content": {"application/json": {"schema": plain}}}


def _problem_schemas() -> Mapping[str, Any]:
    schema = Problem.model_json_schema(ref_template="#/components/schemas/{model}", by_alias=True)
    return {**schema.pop("$defs"), "Problem": schema}


def _complete(operation: dict[str, Any], context: RouteContext, path: str, method: str) -> None:
    roles = roles_admitted(policies_of(context.dependant))
    operation["x-roles"] = roles
    anonymous = "anonymous" in roles
    operation["security"] = [] if anonymous else [{"bearer": []}, {"oidc": []}]
    needs_version = any(dependency.call is expected_version for dependency in context.dependant.dependencies)
    parameters: list[dict[str, Any]] = operation.setdefault("parameters", [])
    if method == "POST":
        parameters.append(_IDEMPOTENCY_KEY)
    if needs_version:
        parameters.append(_IF_MATCH)
    if not parameters:
        del operation["parameters"]
    responses = operation["responses"]
    # FastAPI's own 422 describes a body that we never send.
    if "HTTPValidationError" in str(responses.get("422", "")):
        del responses["422"]
    for status in _statuses(
        method, anonymous=anonymous, needs_version=needs_version, has_body="requestBody" in operation, path=path
    ):
        entry = responses.setdefault(str(status), {"description": DESCRIPTIONS[status]})
        if status >= 400:
            entry.setdefault("content", _PROBLEM_CONTENT)
    operation["responses"] = dict(sorted(responses.items()))


def _statuses(method: str, *, anonymous: bool, needs_version: bool, has_body: bool, path: str) -> set[int]:
    """Every status with which this operation can answer, besides success."""
    found = {400, 422, 429, 503}
    if not anonymous:
        found |= {401, 403}
    if "{" in path or has_body:
        found.add(404)
    if method == "GET" and "{" in path:
        found.add(304)
    if method != "GET":
        found.add(409)
    if has_body:
        found |= {413, 415}
    if needs_version:
        found |= {412, 428}
    return found
