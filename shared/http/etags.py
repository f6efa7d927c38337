"""ETags, set in one place: the version of what was read, and a digest of the answer as it was sent.

Who writes says which version he read (428, 412): the version decides, with or without the digest behind it. Who reads
is told 304 only if he has this very answer, for an answer may change while the version stays (a clock that runs out).
"""

import hashlib
import re
from collections.abc import Mapping
from types import UnionType
from typing import Annotated, Any, Protocol, Union, get_args, get_origin

import orjson
from fastapi import Depends, Request
from pydantic import BaseModel
from starlette.responses import Response, StreamingResponse

from shared.http.problems import EdgeProblem

_ETAG = re.compile(r'"(\d{1,18})(?:-[0-9a-f]{16})?"')


class Versioned(Protocol):
    @property
    def version(self) -> int: ...


def tells_a_version(model: Any) -> bool:
    """Whether every answer of this response model has a version at its top level."""
    parts = get_args(model) if get_origin(model) in (UnionType, Union) else (model,)
    return all(isinstance(one, type) and issubclass(one, BaseModel) and "version" in one.model_fields for one in parts)


def tagged(request: Request, answer: Response) -> Response:
    """The answer with its ETag, or 304 for a reader who has it."""
    if isinstance(answer, StreamingResponse) or answer.status_code not in (200, 201):
        return answer
    body = bytes(answer.body)
    said: Mapping[str, Any] = orjson.loads(body)
    answer.headers["etag"] = f'"{said["version"]}-{hashlib.sha256(body).hexdigest()[:16]}"'
    return unless_known(request, answer)


def unless_known(request: Request, answer: Response) -> Response:
    """304 if the reader has what this ETag names; weak comparison, as RFC 9110 asks for If-None-Match."""
    known = {tag.strip().removeprefix("W/") for tag in request.headers.get("if-none-match", "").split(",")}
    if request.method != "GET" or not known & {answer.headers["etag"], "*"}:
        return answer
    kept = {name: answer.headers[name] for name in ("etag", "cache-control") if name in answer.headers}
    return Response(status_code=304, headers=kept)


def check_version(entity: Versioned, expected: int) -> None:
    """412 unless the entity is still at the version that the caller read. Call it after locking the row."""
    if entity.version != expected:
        raise EdgeProblem(412, "version-stale", headers={"ETag": f'"{entity.version}"'})


async def expected_version(request: Request) -> int:
    """The version in If-Match. It is mandatory, and `*` is refused because it would defeat its purpose."""
    value = request.headers.get("if-match")
    if value is None:
        raise EdgeProblem(428, "version-required")
    found = _ETAG.fullmatch(value.strip())
    if found is None:
        raise EdgeProblem(400, "version-invalid")
    return int(found[1])


IfMatch = Annotated[int, Depends(expected_version)]
"""The version the caller read, for PATCH and for transitions that must not act on a stale view."""
