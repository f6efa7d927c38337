"""Every error as RFC 9457 `application/problem+json`: the one place that knows which refusal has which status.

A problem names a stable `code`, speaks the caller's language, and never repeats what the caller sent.
"""

import logging
from collections.abc import Mapping, Sequence
from uuid import UUID

import orjson
from asgi_correlation_id.context import correlation_id
from asyncpg import exceptions as driver
from fastapi.exceptions import RequestValidationError
from opentelemetry import metrics
from pydantic import BaseModel, Field
from sqlalchemy.exc import DBAPIError, IntegrityError
from sqlalchemy.orm.exc import StaleDataError
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from shared.data.outages import Fault, database_fault
from shared.domain.refusals import Conflict, Forbidden, Invalid, NotFound, Refusal, pointer_to
from shared.http.messages import EDGE, FIELD, UNSPECIFIC

logger = logging.getLogger(__name__)

MEDIA_TYPE = "application/problem+json"
STATUS_OF_KIND: Mapping[type[Refusal], int] = {NotFound: 404, Conflict: 409, Forbidden: 403, Invalid: 422}
_CODE_OF_STATUS = {
    400: "bad-request",
    401: "token-invalid",
    403: "forbidden",
    404: "route-not-found",
    405: "method-not-allowed",
    406: "not-acceptable",
    409: "conflict",
    412: "version-stale",
    413: "body-too-large",
    415: "media-type-unsupported",
    422: "request-invalid",
    428: "version-required",
    429: "too-many-requests",
    503: "unavailable",
}
_MESSAGES: Mapping[str, tuple[str, str]] = {
    **EDGE,
    **{kind.code: (kind.en(), kind.zh) for kind in STATUS_OF_KIND},
}
_FACTS_OF_A_KEY = "uq_journal_key_key_version"

_unmapped = metrics.get_meter("shared.http.problems").create_counter(
    "http.server.unmapped_constraints",
    unit="{request}",
    description="Requests that the database refused by a constraint for which no refusal is declared: a fault of ours.",
)


class IdTaken(Conflict):
    """This id is already in use; choose a new one."""

    code = "id-taken"
    zh = "该编号已被使用，请使用新的编号。"


class FieldProblem(BaseModel):
    """One field that is not acceptable. `pointer` is a JSON Pointer inside the part of the request named by `in`."""

    pointer: str
    code: str
    message: str
    in_: str = Field(alias="in", description="body, query, path or header")


class Problem(BaseModel):
    """RFC 9457 problem details."""

    type: str = Field(examples=["urn:double-wings:problem:not-found"])
    title: str
    status: int
    detail: str | None = None
    instance: str
    code: str = Field(description="Stable name of the problem, for programs.", examples=["not-found"])
    request_id: str
    errors: list[FieldProblem] | None = None
    facts: dict[str, object] | None = Field(None, description="States and limits that explain the refusal.")


class EdgeProblem(HTTPException):
    """A refusal the HTTP edge itself makes, before or after the domain had its say."""

    def __init__(
        self,
        status: int,
        code: str,
        *,
        headers: Mapping[str, str] | None = None,
        errors: Sequence[Mapping[str, str]] = (),
    ) -> None:
        super().__init__(status, code, headers)
        self.code = code
        self.errors = errors


def language(accept: str | None) -> str:
    """zh, unless English is requested with a higher weight."""
    weights = {"zh": 0.0, "en": 0.0}
    for part in (accept or "").lower().split(",")[:20]:
        tag, _, weight = part.strip().partition(";q=")
        name = tag.split("-")[0]
        if name in weights:
            try:
                weights[name] = max(weights[name], float(weight or 1))
            except ValueError:
                continue
    return "en" if weights["en"] > weights["zh"] else "zh"


def render(
    request: Request,
    status: int,
    code: str,
    title: tuple[str, str],
    *,
    errors: Sequence[Mapping[str, str]] = (),
    facts: Mapping[str, object] | None = None,
    headers: Mapping[str, str] | None = None,
) -> Response:
    spoken = language(request.headers.get("accept-language"))
    request_id = correlation_id.get() or ""
    problem: dict[str, object] = {
        "type": f"urn:double-wings:problem:{code}",
        "title": title[spoken == "zh"],
        "status": status,
        "instance": _instance(request_id),
        "code": code,
        "request_id": request_id,
    }
    if errors:
        problem["errors"] = errors
    if facts:
        problem["facts"] = facts
    return Response(
        orjson.dumps(problem, default=str, option=orjson.OPT_UTC_Z),
        status,
        media_type=MEDIA_TYPE,
        headers={**(headers or {}), "content-language": "en" if spoken == "en" else "zh-CN", "vary": "Accept-Language"},
    )


def _instance(request_id: str) -> str:
    try:
        return f"urn:uuid:{UUID(request_id)}"
    except ValueError:
        return "urn:uuid:00000000-0000-0000-0000-000000000000"


def problem_response(
    request: Request, exc: BaseException, constraints: Mapping[str, type[Refusal]] | None = None
) -> Response:
    """The answer to any exception. An unexpected one is 500: it is logged here, and the answer has no details."""
    match exc:
        case Refusal():
            return _refused(request, exc)
        case RequestValidationError():
            return _invalid_fields(request, exc)
        case HTTPException():
            return _edge(request, exc)
        case IntegrityError() | driver.IntegrityConstraintViolationError():
            return _constraint_broken(request, exc, constraints or {})
    code, status, retry_after = unexpected(exc)
    if status >= 500:
        logger.error("request failed: %s", code, exc_info=exc)
    headers = {"retry-after": str(retry_after)} if retry_after else None
    return render(request, status, code, _MESSAGES[code], headers=headers)


def unexpected(exc: BaseException) -> tuple[str, int, int]:
    """Code, status and seconds to wait for exceptions of drivers and pools."""
    if isinstance(exc, DBAPIError) and exc.driver_exception is not None:
        if exc.connection_invalidated:
            return "database-unavailable", 503, 2
        return unexpected(exc.driver_exception)
    if isinstance(exc, StaleDataError):
        return "version-stale", 412, 0
    fault = database_fault(exc)
    if fault is Fault.CONTENDED:
        return "concurrent-change", 503, 1
    # PostgreSQL refusing a value, or the driver refusing to encode it (its own DataError is not exported).
    if isinstance(exc, driver.DataError) or (isinstance(exc, driver.InterfaceError) and isinstance(exc, ValueError)):
        return "value-unstorable", 422, 0
    if fault is not None:
        return "database-unavailable", 503, 2
    return "internal-error", 500, 0


def status_of(refusal: type[Refusal]) -> int:
    return next(status for kind, status in STATUS_OF_KIND.items() if issubclass(refusal, kind))


def _refused(request: Request, exc: Refusal) -> Response:
    message = (exc.en(), exc.zh)
    errors = []
    if exc.pointer is not None:
        spoken = language(request.headers.get("accept-language"))
        errors = [{"pointer": exc.pointer, "code": exc.code, "message": message[spoken == "zh"], "in": "body"}]
    return render(request, status_of(type(exc)), exc.code, message, errors=errors, facts=exc.facts)


def _edge(request: Request, exc: HTTPException) -> Response:
    code = exc.code if isinstance(exc, EdgeProblem) else _CODE_OF_STATUS.get(exc.status_code, "bad-request")
    errors = exc.errors if isinstance(exc, EdgeProblem) else ()
    return render(request, exc.status_code, code, _MESSAGES[code], errors=errors, headers=exc.headers)


def _constraint_broken(
    request: Request,
    exc: IntegrityError | driver.IntegrityConstraintViolationError,
    constraints: Mapping[str, type[Refusal]],
) -> Response:
    said = exc.driver_exception if isinstance(exc, IntegrityError) else exc
    name = str(getattr(said, "constraint_name", None))
    if name in constraints:
        return _refused(request, constraints[name]())
    # An id that the caller chose and something else already has: its first fact cannot be written.
    if name == _FACTS_OF_A_KEY and str(getattr(said, "detail", "")).endswith(", 1) already exists."):
        return _refused(request, IdTaken())
    _unmapped.add(1, {"constraint": name})
    logger.error("constraint %s refused a request and has no refusal of its own", name, exc_info=exc)
    return render(request, 500, "internal-error", _MESSAGES["internal-error"])


def _invalid_fields(request: Request, exc: RequestValidationError) -> Response:
    spoken = language(request.headers.get("accept-language"))
    errors = [_field_problem(error, spoken) for error in exc.errors()[:100]]
    return render(request, 422, "request-invalid", _MESSAGES["request-invalid"], errors=errors)


def _field_problem(error: Mapping[str, object], spoken: str) -> dict[str, str]:
    kind = str(error["type"])
    context = error.get("ctx")
    facts: Mapping[str, object] = context if isinstance(context, Mapping) else {}
    messages = FIELD.get(kind)
    if messages is None:
        # Codes of `field_error` bring their own sentences.
        messages = (str(facts["en"]), str(facts["zh"])) if {"en", "zh"} <= facts.keys() else UNSPECIFIC
        message = messages[spoken == "zh"]
    else:
        message = messages[spoken == "zh"].format_map(facts)
    loc = error["loc"]
    where, *path = loc if isinstance(loc, tuple) and loc else ("body",)
    if kind == "extra_forbidden":
        path = path[:-1]  # an unknown field's name is the caller's text
    return {"pointer": pointer_to(path), "code": kind.replace("_", "-"), "message": message, "in": str(where)}
