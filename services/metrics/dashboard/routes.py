"""`/` and `/public`: pages without data, and their files. `/v1/stream`: one event whenever the numbers moved."""

import asyncio
import logging
from collections.abc import AsyncIterator, Mapping
from datetime import datetime
from pathlib import Path
from typing import Annotated, Final

from fastapi import Header, Request, Response
from fastapi.sse import EventSourceResponse, ServerSentEvent
from pydantic import BaseModel
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker

from services.metrics.indicators import queries
from shared.data.outages import database_fault
from shared.domain.clock import instant
from shared.http.caching import public_answer
from shared.http.health import Lifecycle
from shared.http.policies import allow, public
from shared.http.problems import EdgeProblem
from shared.http.web import service_router

logger = logging.getLogger(__name__)

router = service_router(prefix="", tags=["dashboard"])

_FOLDER: Final = Path(__file__).with_name("assets")
_MEDIA: Final = {".html": "text/html", ".css": "text/css", ".js": "text/javascript"}
ASSETS: Final[Mapping[str, bytes]] = {
    path.relative_to(_FOLDER).as_posix(): path.read_bytes()
    for path in sorted(_FOLDER.rglob("*"))
    if path.suffix in _MEDIA
}
"""All files of the pages, read once: a request never names a path on disk."""
LOOK_EVERY = 1.0
RETRY_MS = 2000


class ScorecardMoved(BaseModel):
    """Events were counted at this moment; `/v1/scorecard` has the numbers."""

    moved_at: datetime


@router.get("/", include_in_schema=False, dependencies=[public()])
async def dashboard(request: Request) -> Response:
    """The same page for everybody. It asks for the numbers with the reader's own token."""
    return _asset(request, "index.html")


@router.get("/public", include_in_schema=False, dependencies=[public()])
async def public_page(request: Request) -> Response:
    """The page of the public figures."""
    return _asset(request, "public.html")


@router.get("/assets/{name:path}", include_in_schema=False, dependencies=[public()])
async def asset(name: str, request: Request) -> Response:
    """A style sheet or a module of the pages."""
    return _asset(request, name)


def _asset(request: Request, name: str) -> Response:
    """The file; a browser asks each time whether it is still the same."""
    if name not in ASSETS:
        raise EdgeProblem(404, "route-not-found")
    media = _MEDIA[Path(name).suffix]
    return public_answer(request, Response(ASSETS[name], media_type=media), max_age=0)


@router.get(
    "/v1/stream",
    response_class=EventSourceResponse,
    dependencies=[allow("bureau", "district_officer", "school_staff", "auditor", "service")],
)
async def stream_scorecard(
    request: Request, last_event_id: Annotated[str | None, Header(max_length=64)] = None
) -> AsyncIterator[ServerSentEvent]:
    """Server-sent events `scorecard` with `{"moved_at": …}`: one at once, unless `Last-Event-ID` is up to date,
    then one whenever events were counted. The stream ends after ten minutes; reconnect with the last id."""
    sessions: async_sessionmaker[AsyncSession] = request.app.state.sessions
    lifecycle: Lifecycle = request.app.state.lifecycle
    clock = asyncio.get_running_loop()
    end = clock.time() + request.app.state.settings.stream_seconds
    told = last_event_id
    while True:
        moved_at = await _moved_at(sessions)
        if moved_at is not None and instant(moved_at) != told:
            told = instant(moved_at)
            yield ServerSentEvent(event="scorecard", id=told, data=ScorecardMoved(moved_at=moved_at), retry=RETRY_MS)
        if lifecycle.draining or clock.time() >= end:
            return
        await asyncio.sleep(LOOK_EVERY)


async def _moved_at(sessions: async_sessionmaker[AsyncSession]) -> datetime | None:
    """Uses a session of its own, because a stream must not hold a connection while it waits. Outages are waited out."""
    try:
        async with sessions() as session:
            return await queries.moved_at(session)
    except Exception as error:
        if database_fault(error) is None:
            raise
        logger.warning("the stream could not look: %s", type(error).__name__)
        return None
