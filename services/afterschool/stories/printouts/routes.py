"""`/v1/classes/{id}/list` and `/v1/sessions/{id}/sheet`: pages with names for the printer of a school."""

from typing import Annotated, Any, Final
from uuid import UUID

from fastapi.responses import HTMLResponse

from services.afterschool.delivery.sessions.domain import SessionNotFound
from services.afterschool.roster.classes.domain import ClassNotFound
from services.afterschool.roster.doors import SealerDep
from services.afterschool.stories.printouts import usecases
from services.afterschool.stories.printouts.printing import printed_list, printed_sheet
from shared.domain.clock import utc_now
from shared.http.policies import Principal, allow
from shared.http.web import SessionDep, problems, service_router

classes = service_router(prefix="/v1/classes", tags=["schools"])
sessions = service_router(prefix="/v1/sessions", tags=["sessions"])

StaffDep = Annotated[Principal, allow("school_staff")]

PAGE: Final[dict[int | str, dict[str, Any]]] = {200: {"content": {"text/html": {}}, "description": "The page."}}
HEADERS: Final = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'",
}


@classes.get("/{class_id}/list", response_class=HTMLResponse, responses=problems(ClassNotFound) | PAGE)
async def print_class_list(class_id: UUID, caller: StaffDep, session: SessionDep, sealer: SealerDep) -> HTMLResponse:
    """The pupils of a class today and their courses, as a page that prints on A4. Each name is logged as a read."""
    at = utc_now()
    found = await usecases.class_list(session, class_id, sealer=sealer, caller=caller, at=at)
    return HTMLResponse(printed_list(found, by=caller.subject, at=at), headers=HEADERS)


@sessions.get("/{session_id}/sheet", response_class=HTMLResponse, responses=problems(SessionNotFound) | PAGE)
async def print_session_sheet(
    session_id: UUID, caller: StaffDep, session: SessionDep, sealer: SealerDep
) -> HTMLResponse:
    """The children with a seat in a session, with room for marks, on A4. Each name is logged as a read."""
    at = utc_now()
    found = await usecases.session_sheet(session, session_id, sealer=sealer, caller=caller, at=at)
    return HTMLResponse(printed_sheet(found, by=caller.subject, at=at), headers=HEADERS)
