"""`/v1/discoveries`."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from pydantic import BaseModel, ConfigDict

from services.inspection.rounds.discoveries import queries
from services.inspection.rounds.discoveries.domain import Discovery
from shared.http.paging import Page, PageOf, PageParams
from shared.http.policies import Principal, allow
from shared.http.web import SessionDep, service_router

router = service_router(prefix="/v1/discoveries", tags=["campaigns"])

ReaderDep = Annotated[Principal, allow("bureau", "district_officer", "inspector", "auditor", "service")]


class DiscoveryOut(BaseModel):
    """An institution that was not in the ledger. `institution_id` is set once it is entered there as unlicensed."""

    model_config = ConfigDict(from_attributes=True)

    id: UUID
    campaign_id: UUID | None
    visit_id: UUID
    grid: str | None
    district: str | None
    street: str | None
    team: str | None
    note: str | None
    name: str | None
    address: str | None
    kind: str | None
    lon: float | None
    lat: float | None
    found_at: datetime
    institution_id: UUID | None


@router.get("", response_model=Page[DiscoveryOut])
async def list_discoveries(
    caller: ReaderDep, session: SessionDep, page: PageParams, campaign: UUID | None = None
) -> PageOf[Discovery]:
    """Discoveries: institutions that visits found and the ledger did not contain, oldest first."""
    (after,) = page.position(campaign=campaign) or (None,)
    found = await queries.discoveries(session, caller, campaign_id=campaign, after=after, limit=page.limit + 1)
    return page.page(found, "id", campaign=campaign)
