"""Answers that are the same for everybody, and may be kept by whoever stands between."""

import hashlib

from starlette.requests import Request
from starlette.responses import Response


def public_answer(request: Request, answer: Response, *, max_age: int) -> Response:
    """The answer with an ETag of its content and how many seconds it may be reused unasked; 304 if it is known.

    `max_age=0` lets caches keep it and ask each time whether it still holds: for what must change at once.
    """
    etag = f'"{hashlib.sha256(answer.body).hexdigest()[:32]}"'
    reuse = f"max-age={max_age}" if max_age else "no-cache"
    headers = {"ETag": etag, "Cache-Control": f"public, {reuse}"}
    known = {tag.strip().removeprefix("W/") for tag in request.headers.get("if-none-match", "").split(",")}
    if etag in known:
        return Response(status_code=304, headers=headers)
    answer.headers.update(headers)
    return answer
