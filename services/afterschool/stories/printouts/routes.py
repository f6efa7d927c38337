"""`/v1/classes/{id}/list`, `/v1/sessions/{id}/sheet` and `/v1/bills/{id}/print`: a school prints pages with names."""

from datetime import datetime
from typing import Annotated, Any, Final, Literal
from uuid import UUID

from fastapi import Depends, Query, Request
from fastapi.responses import HTMLResponse

from services.afterschool.delivery.sessions.domain import SessionNotFound
from services.afterschool.roster.classes.domain import ClassNotFound
from services.afterschool.roster.doors import SealerDep
from services.afterschool.roster.students.domain import StudentNotFound
from services.afterschool.roster.terms.domain import TermNotFound
from services.afterschool.stories.printouts import usecases
from services.afterschool.stories.printouts.printing import printed
from services.afterschool.stories.printouts.wording import WORDS
from shared.domain.clock import utc_now
from shared.domain.wording import KEY
from shared.http.policies import Principal, allow
from shared.http.problems import language
from shared.http.web import SessionDep, problems, service_router

classes = service_router(prefix="/v1/classes", tags=["schools"])
sessions = service_router(prefix="/v1/sessions", tags=["sessions"])
bills = service_router(prefix="/v1/bills", tags=["finance"])

StaffDep = Annotated[Principal, allow("school_staff")]

PAGE: Final[dict[int | str, dict[str, Any]]] = {200: {"content": {"text/html": {}}, "description": "The page."}}
HEADERS: Final = {
    "Cache-Control": "no-store",
    "Vary": "Accept-Language",
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'",
}


def language_wanted(
    request: Request,
    lang: Annotated[Literal["zh", "en"] | None, Query(description="Instead of the header Accept-Language.")] = None,
) -> str:
    """zh, unless English is wanted."""
    return lang or language(request.headers.get("accept-language"))


LanguageDep = Annotated[str, Depends(language_wanted)]


def _page(page: str, found: object, *, caller: Principal, at: datetime, spoken: str) -> HTMLResponse:
    content = printed(page, found, by=caller.subject, at=at, language=spoken)
    return HTMLResponse(content, headers=HEADERS | {"Content-Language": WORDS[spoken]["html"]})


@classes.get("/{class_id}/list", response_class=HTMLResponse, responses=problems(ClassNotFound) | PAGE)
async def print_class_list(
    class_id: UUID, caller: StaffDep, session: SessionDep, sealer: SealerDep, spoken: LanguageDep
) -> HTMLResponse:
    """The pupils of a class today and their courses, as a page that prints on A4. Each name is logged as a read."""
    at = utc_now()
    found = await usecases.class_list(session, class_id, sealer=sealer, caller=caller, at=at)
    return _page("class_list", found, caller=caller, at=at, spoken=spoken)


@sessions.get("/{session_id}/sheet", response_class=HTMLResponse, responses=problems(SessionNotFound) | PAGE)
async def print_session_sheet(
    session_id: UUID, caller: StaffDep, session: SessionDep, sealer: SealerDep, spoken: LanguageDep
) -> HTMLResponse:
    """The children with a seat in a session, with room for marks, on A4. Each name is logged as a read."""
    at = utc_now()
    found = await usecases.session_sheet(session, session_id, sealer=sealer, caller=caller, at=at)
    return _page("session_sheet", found, caller=caller, at=at, spoken=spoken)


@bills.get("/{student_id}/print", response_class=HTMLResponse, responses=problems(StudentNotFound, TermNotFound) | PAGE)
async def print_bill(
    student_id: UUID,
    caller: StaffDep,
    session: SessionDep,
    sealer: SealerDep,
    spoken: LanguageDep,
    term: Annotated[str, KEY, Query(min_length=1, max_length=100)],
) -> HTMLResponse:
    """The bill of a child for a term, on A4, to hand to the family. The name is logged as a read."""
    at = utc_now()
    found = await usecases.printed_bill(session, student_id, term, sealer=sealer, caller=caller, at=at)
    return _page("bill", found, caller=caller, at=at, spoken=spoken)
