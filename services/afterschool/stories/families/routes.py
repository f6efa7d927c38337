"""`/enrol`: a page without data; what it shows it asks for with the guardian's own token."""

import hashlib
import re
from base64 import b64encode
from pathlib import Path
from typing import Final

from fastapi.responses import HTMLResponse

from shared.http.policies import public
from shared.http.web import service_router

router = service_router(prefix="", tags=["enrolments"])

PAGE: Final = Path(__file__).with_name("page.html").read_text(encoding="utf-8")


def _source(element: str) -> str:
    """The hash of the page's only `script` or `style`, as a Content-Security-Policy names it."""
    found = re.search(rf"<{element}>(.*?)</{element}>", PAGE, re.DOTALL)
    assert found is not None, element
    return f"'sha256-{b64encode(hashlib.sha256(found[1].encode()).digest()).decode()}'"


HEADERS: Final = {
    # The page holds a token: it runs nothing but its own script, speaks only to this service, and is in no frame.
    "Content-Security-Policy": f"default-src 'none'; script-src {_source('script')}; style-src {_source('style')}; "
    "connect-src 'self'; img-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-cache",
}


@router.get("/enrol", include_in_schema=False, dependencies=[public()])
async def enrol() -> HTMLResponse:
    """The same page for everybody."""
    return HTMLResponse(PAGE, headers=HEADERS)
