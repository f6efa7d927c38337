"""Plan a campaign, launch it with a frozen list, let visits count, close or withdraw it."""

from collections.abc import Callable, Sequence
from datetime import datetime
from functools import partial
from typing import TYPE_CHECKING
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from services.inspection.field.grids import queries as grids
from services.inspection.rounds.campaigns import queries
from services.inspection.rounds.campaigns.domain import (
    LISTED_PER_EVENT,
    Campaign,
    CampaignDetails,
    CampaignOutsideYourDistrict,
    CampaignState,
    Count,
    Scope,
)
from shared.domain.clock import china_date
from shared.events import Event
from shared.events.inspection.campaigns import ListedTarget
from shared.facts import journal
from shared.facts.journal import Fact
from shared.http.policies import Principal

if TYPE_CHECKING:
    pass


async def plan_campaign(
    session: AsyncSession, details: CampaignDetails, *, caller: Principal, at: datetime
) -> Campaign:
    """Draft a campaign. A district officer's campaign is confined to the officer's district, whatever its scope
    says."""
    district = None
    if not caller.covers():
        district = caller.district
        if district is None or details.scope.districts not in ([], [district]):
            raise CampaignOutsideYourDistrict(pointer="/scope/districts")
        details = details.model_copy(update={"scope": details.scope.model_copy(update={"districts": [district]})})
    named = {f"/scope/grids/{place}": grid for place, grid in enumerate(details.scope.grids)}
    await grids.check_named(session, named, caller, on=china_date(at))
    campaign = Campaign.plan(details, district=district, at=at)
    session.add(campaign)
    await session.flush()
    return campaign


async def launch_campaign(session: AsyncSession, campaign_id: UUID, *, caller: Principal, at: datetime) -> Campaign:
    campaign = await own_campaign_for_update(session, campaign_id, caller)
    campaign.check_draft()
    total = await queries.freeze_list(session, campaign.id, Scope.model_validate(campaign.scope), at=at)
    await journal.record(session, campaign.launch(total, at=at), subject=campaign)
    await tell_list(session, campaign, partial(campaign.listed, at=at))
    return campaign


async def close_campaign(session: AsyncSession, campaign_id: UUID, *, caller: Principal, at: datetime) -> Campaign:
    campaign = await own_campaign_for_update(session, campaign_id, caller)
    await journal.record(session, campaign.close(at=at), subject=campaign)
    return campaign


async def count_outcomes(session: AsyncSession, counts: Sequence[Count]) -> None:
    """Count outcomes in their campaigns. All teams wait for the row of a campaign, so call this last in a transaction.

    A discovery made after the end of its campaign is published without the campaign.
    """
    for campaign_id in sorted({one.fact.campaign_id for one in counts}):
        campaign = await queries.campaign_to_count(session, campaign_id)
        own = [one for one in counts if one.fact.campaign_id == campaign_id]
        if campaign.state != CampaignState.OPEN:
            own = [one for one in own if not await _told_alone(session, one)]
        facts = []
        for one in own:
            campaign.count(one)
            campaign.version += 1
            facts.append(Fact(campaign.id, campaign.version, one.fact))
        await session.flush()
        await journal.record_many(session, facts)
        await queries.move_in_tally(session, campaign_id, own)


async def _told_alone(session: AsyncSession, late: Count) -> bool:
    found = late.discovery
    if found is None or not late.moves:
        return False
    found.campaign_id = None
    await journal.record(session, found.told(at=late.fact.at), subject=found)
    return True


async def tell_list(session: AsyncSession, campaign: Campaign, say: Callable[[Sequence[ListedTarget]], Event]) -> None:
    async for piece in queries.listed_targets(session, campaign.id):
        facts = []
        for start in range(0, len(piece), LISTED_PER_EVENT):
            campaign.version += 1
            facts.append(Fact(campaign.id, campaign.version, say(piece[start : start + LISTED_PER_EVENT])))
        await journal.record_many(session, facts)
    await session.flush()


async def own_campaign_for_update(session: AsyncSession, campaign_id: UUID, caller: Principal) -> Campaign:
    await queries.campaign(session, campaign_id, caller)
    campaign = await queries.campaign_for_update(session, campaign_id)
    if not caller.covers(district=campaign.district):
        raise CampaignOutsideYourDistrict
    return campaign
