"""Strong ETags from an entity's version: who writes says what he read (428, 412), who reads may be told 304."""

import re
from typing import Annotated, Protocol

from fastapi import Depends, Request
from starlette.responses import Response

from shared.problems import EdgeProblem

_ETAG = re.compile(r'"(\d{1,18})"')


class Versioned(Protocol):
    @property
    def version(self) -> int: ...


def etag(version: int) -> str:
    return f'"{version}"'


def set_etag(response: Response, entity: Versioned) -> None:
    """Tell the caller which version the answer shows."""
    response.headers["etag"] = etag(entity.version)


def check_version(entity: Versioned, expected: int) -> None:
    """412 unless the entity is still what the caller read. Call it after the row is locked."""
    if entity.version != expected:
        raise EdgeProblem(412, "version-stale", headers={"ETag": etag(entity.version)})


def not_modified(request: Request, entity: Versioned) -> Response | None:
    """304 for a reader who already has this version; weak comparison, as RFC 9110 wants for If-None-Match."""
    known = request.headers.get("if-none-match")
    if known is None:
        return None
    current = etag(entity.version)
    tags = {tag.strip().removeprefix("W/") for tag in known.split(",")}
    if current in tags or "*" in tags:
        return Response(status_code=304, headers={"etag": current})
    return None


async def expected_version(request: Request) -> int:
    """The version in If-Match. It is not optional, and `*` would defeat its purpose."""
    value = request.headers.get("if-match")
    if value is None:
        raise EdgeProblem(428, "version-required")
    found = _ETAG.fullmatch(value.strip())
    if found is None:
        raise EdgeProblem(400, "version-invalid")
    return int(found[1])


IfMatch = Annotated[int, Depends(expected_version)]
"""The version the caller read, for PATCH and for transitions that must not act on a stale view."""
