"""Answers that are the same for everybody, and may be kept by whoever stands between."""

import hashlib

from starlette.requests import Request
from starlette.responses import Response

from shared.http.etags import unless_known


def public_answer(request: Request, answer: Response, *, max_age: int) -> Response:
    """The answer with an ETag of its content, which may be reused for `max_age` seconds; 304 if the reader has it.

    With `max_age=0` caches may keep it but must ask each time: for content that must change at once.
    """
    reuse = f"max-age={max_age}" if max_age else "no-cache"
    answer.headers["etag"] = f'"{hashlib.sha256(answer.body).hexdigest()[:32]}"'
    answer.headers["cache-control"] = f"public, {reuse}"
    return unless_known(request, answer)
