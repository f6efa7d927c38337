"""Campaigns, their frozen lists and what counted in them."""

from datetime import datetime
from typing import ClassVar
from uuid import UUID

from pydantic import BaseModel, ConfigDict

from shared.events import Event


class CampaignLaunched(Event):
    """A campaign froze its target list and began; `targets` is the length of the list.

    `district` is whose campaign it is; null is the city's. Older facts do not say.
    """

    type: ClassVar[str] = "inspection.campaign.launched.v1"
    topic: ClassVar[str] = "inspection.campaigns.v1"

    campaign_id: UUID
    name: str
    targets: int
    at: datetime
    district: str | None = None


class ListedTarget(BaseModel):
    model_config = ConfigDict(frozen=True)

    target_id: UUID
    institution_id: UUID
    grid: str | None
    district: str | None
    street: str | None


class CampaignTargetsListed(Event):
    """A part (at most 1,000) of a launched campaign's frozen list."""

    type: ClassVar[str] = "inspection.campaign.targets_listed.v1"
    topic: ClassVar[str] = "inspection.campaigns.v1"

    campaign_id: UUID
    targets: list[ListedTarget]
    at: datetime


class CampaignTargetsHandedOver(Event):
    """Open targets (at most 1,000 in one fact) went from one team to another; `team` is the new one."""

    type: ClassVar[str] = "inspection.campaign.targets_handed_over.v1"
    topic: ClassVar[str] = "inspection.campaigns.v1"

    campaign_id: UUID
    targets: list[UUID]
    from_team: str
    team: str
    at: datetime


class CampaignTargetClosed(Event):
    """A target of the frozen list ended with a reason: `inspected`, `moved`, `duplicate`, `refused`, `closed_door`."""

    type: ClassVar[str] = "inspection.campaign.target_closed.v1"
    topic: ClassVar[str] = "inspection.campaigns.v1"

    campaign_id: UUID
    target_id: UUID
    institution_id: UUID
    visit_id: UUID | None
    reason: str
    at: datetime


class CampaignDiscovery(Event):
    """A visit found an institution that no list knew; it counts beside the frozen list, never in it.

    Told with its name it is entered in the ledger, under `ledger_id`. Told again with the same id it is the same one.
    """

    type: ClassVar[str] = "inspection.campaign.discovery.v1"
    topic: ClassVar[str] = "inspection.campaigns.v1"

    campaign_id: UUID
    discovery_id: UUID
    visit_id: UUID
    grid: str | None
    at: datetime
    team: str | None = None
    district: str | None = None
    street: str | None = None
    name: str | None = None
    address: str | None = None
    kind: str | None = None
    lon: float | None = None
    lat: float | None = None
    ledger_id: UUID | None = None


class CampaignClosed(Event):
    """A campaign ended: every target of its list has a reason."""

    type: ClassVar[str] = "inspection.campaign.closed.v1"
    topic: ClassVar[str] = "inspection.campaigns.v1"

    campaign_id: UUID
    targets: int
    closed: int
    discoveries: int
    at: datetime


class CampaignWithdrawn(Event):
    """A campaign was withdrawn before it began, as if it had never been planned. A draft was not told of before."""

    type: ClassVar[str] = "inspection.campaign.withdrawn.v1"
    topic: ClassVar[str] = "inspection.campaigns.v1"

    campaign_id: UUID
    name: str
    district: str | None
    at: datetime


class CampaignTargetsWithdrawn(Event):
    """Targets (at most 1,000 in one fact) of a withdrawn campaign: nobody visits them for it."""

    type: ClassVar[str] = "inspection.campaign.targets_withdrawn.v1"
    topic: ClassVar[str] = "inspection.campaigns.v1"

    campaign_id: UUID
    targets: list[UUID]
    at: datetime
