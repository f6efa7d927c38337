"""`/v1/rebuilds`."""

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from fastapi import Response, status
from pydantic import BaseModel, ConfigDict

from services.metrics.rebuilds import queries, usecases
from services.metrics.rebuilds.domain import Rebuild, RebuildNotFound, RebuildRunning, RebuildState
from shared.domain.clock import utc_now
from shared.http.policies import Principal, allow
from shared.http.web import SessionDep, problems, service_router

router = service_router(prefix="/v1/rebuilds", tags=["rebuilds"])


class RebuildIn(BaseModel):
    """With `swap`, the rebuilt numbers replace the live ones, even if they differ."""

    model_config = ConfigDict(extra="forbid")

    swap: bool = False


class RebuildOut(BaseModel):
    """A rebuild. `differences` lists the cells in which the live numbers were wrong."""

    model_config = ConfigDict(from_attributes=True)

    id: UUID
    state: RebuildState
    swap: bool
    requested_by: str
    requested_at: datetime
    finished_at: datetime | None
    events: int
    differences: list[dict[str, Any]]
    error: str | None


@router.post("", status_code=status.HTTP_202_ACCEPTED, response_model=RebuildOut, responses=problems(RebuildRunning))
async def request_rebuild(
    body: RebuildIn, caller: Annotated[Principal, allow("bureau", "service")], session: SessionDep, response: Response
) -> Rebuild:
    """Replay the whole log into a shadow copy and compare it with the live numbers."""
    rebuild = await usecases.request_rebuild(session, swap=body.swap, by=caller.subject, at=utc_now())
    response.headers["Location"] = f"/v1/rebuilds/{rebuild.id}"
    return rebuild


@router.get("/{rebuild_id}", response_model=RebuildOut, responses=problems(RebuildNotFound))
async def get_rebuild(
    rebuild_id: UUID, caller: Annotated[Principal, allow("bureau", "auditor", "service")], session: SessionDep
) -> Rebuild:
    """One rebuild, with its progress and verdict."""
    return await queries.rebuild(session, rebuild_id)
