"""`/`: the dashboard, a page without data. `/v1/stream`: one event whenever the numbers moved."""

import asyncio
import logging
from collections.abc import AsyncIterator
from datetime import datetime
from pathlib import Path
from typing import Annotated

from fastapi import Header, Request
from fastapi.responses import HTMLResponse
from fastapi.sse import EventSourceResponse, ServerSentEvent
from pydantic import BaseModel
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker

from services.metrics.indicators import queries
from shared.data.outages import database_fault
from shared.domain.clock import instant
from shared.http.health import Lifecycle
from shared.http.policies import allow, public
from shared.http.web import service_router

logger = logging.getLogger(__name__)

router = service_router(prefix="", tags=["dashboard"])

PAGE = Path(__file__).with_name("page.html").read_text(encoding="utf-8")
LOOK_EVERY = 1.0
RETRY_MS = 2000


class ScorecardMoved(BaseModel):
    """Events were counted at this moment; `/v1/scorecard` has the numbers."""

    moved_at: datetime


@router.get("/", include_in_schema=False, dependencies=[public()])
async def dashboard() -> HTMLResponse:
    """The same for everybody; what it shows it asks for with the reader's own token."""
    return HTMLResponse(PAGE)


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
