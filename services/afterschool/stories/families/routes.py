"""`/enrol`: a page without data; what it shows it asks for with the guardian's own token."""

from pathlib import Path
from typing import Final

from fastapi.responses import HTMLResponse

from shared.http.policies import public
from shared.http.web import service_router

router = service_router(prefix="", tags=["enrolments"])

PAGE: Final = Path(__file__).with_name("page.html").read_text(encoding="utf-8")


@router.get("/enrol", include_in_schema=False, dependencies=[public()])
async def enrol() -> HTMLResponse:
    """The same page for everybody."""
    return HTMLResponse(PAGE)
