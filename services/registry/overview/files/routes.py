"""`GET /v1/institutions/{id}/file`: everything about one institution, to read and to print."""

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from fastapi.responses import HTMLResponse
from pydantic import BaseModel, ConfigDict

from services.registry.ledger.institutions import queries as institutions
from services.registry.ledger.institutions.domain import InstitutionNotFound
from services.registry.ledger.institutions.routes import READERS, InstitutionOut
from services.registry.overview.files import queries
from services.registry.overview.files.printing import printed
from shared.domain.clock import utc_now
from shared.http.policies import Principal, allow
from shared.http.web import SessionDep, problems, service_router

router = service_router(prefix="/v1/institutions", tags=["institutions"])


class FileEntryOut(BaseModel):
    """One fact: the service that recorded it, who caused it, when, and its content."""

    model_config = ConfigDict(from_attributes=True)

    source: str
    type: str
    at: datetime
    actor: str
    reason: str | None
    facts: dict[str, Any]


class FileOut(BaseModel):
    """An institution's file: its present entry, and all facts about it, oldest first."""

    institution: InstitutionOut
    entries: list[FileEntryOut]


@router.get("/{institution_id}/file", response_model=FileOut, responses=problems(InstitutionNotFound))
async def get_institution_file(
    institution_id: UUID, caller: Annotated[Principal, allow(*READERS)], session: SessionDep
) -> object:
    """The whole file of one institution, including facts of other services. An operator does not see planned visits,
    the reasons for visits, or internal considerations of officials."""
    institution = await institutions.institution(session, institution_id, caller)
    return {"institution": institution, "entries": await queries.file_of(session, institution_id, caller)}


@router.get(
    "/{institution_id}/file/page",
    response_class=HTMLResponse,
    responses=problems(InstitutionNotFound) | {200: {"content": {"text/html": {}}, "description": "The page."}},
)
async def print_institution_file(
    institution_id: UUID, caller: Annotated[Principal, allow(*READERS)], session: SessionDep
) -> HTMLResponse:
    """The same file as a page that prints on A4."""
    institution = await institutions.institution(session, institution_id, caller)
    entries = await queries.file_of(session, institution_id, caller)
    return HTMLResponse(printed(institution, entries, by=caller.subject, at=utc_now()))
