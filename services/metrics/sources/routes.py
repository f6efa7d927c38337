"""`/v1/sources`: how far each partition of the log has been counted."""

from datetime import datetime
from typing import Annotated

from pydantic import BaseModel, ConfigDict

from services.metrics.sources import queries
from shared.domain.clock import utc_now
from shared.http.policies import Principal, allow
from shared.http.web import SessionDep, service_router

router = service_router(prefix="/v1", tags=["indicators"])


class SourceOut(BaseModel):
    """A partition: all that was published until `read_to` is counted, `waiting` records are not."""

    model_config = ConfigDict(from_attributes=True)

    topic: str
    partition: int
    waiting: int
    read_to: datetime | None


class SourcesOut(BaseModel):
    """All partitions. The numbers of a topic in `set_aside` miss a record that could not be read."""

    items: list[SourceOut]
    set_aside: list[str]


@router.get("/sources", response_model=SourcesOut)
async def list_sources(
    caller: Annotated[Principal, allow("bureau", "district_officer", "school_staff", "auditor", "service")],
    session: SessionDep,
) -> SourcesOut:
    """How far each partition of the log has been counted."""
    found = await queries.marks(session, now=utc_now())
    return SourcesOut(items=[SourceOut.model_validate(one) for one in found.sources], set_aside=sorted(found.set_aside))
