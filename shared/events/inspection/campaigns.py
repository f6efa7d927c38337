"""Campaigns, their frozen lists, closed targets and discoveries."""

from datetime import datetime
from typing import ClassVar
from uuid import UUID

from pydantic import BaseModel, ConfigDict

from shared.events import Event


class CampaignLaunched(Event):
    """A campaign was launched and its list of targets frozen; `targets` is the length of the list.

    `district` is the district that runs the campaign, or null for the city. Older facts lack it.
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
    """Open targets (at most 1,000 per fact) were handed over to another team; `team` is the new one."""

    type: ClassVar[str] = "inspection.campaign.targets_handed_over.v1"
    topic: ClassVar[str] = "inspection.campaigns.v1"

    campaign_id: UUID
    targets: list[UUID]
    from_team: str
    team: str
    at: datetime


class CampaignTargetClosed(Event):
    """A target of the frozen list was closed with a reason: `inspected`, `moved`, `duplicate`, `refused`,
    `closed_door`."""

    type: ClassVar[str] = "inspection.campaign.target_closed.v1"
    topic: ClassVar[str] = "inspection.campaigns.v1"

    campaign_id: UUID
    target_id: UUID
    institution_id: UUID
    visit_id: UUID | None
    reason: str
    at: datetime


class CampaignDiscovery(Event):
    """A visit of a campaign found an institution that was not in the ledger. It is counted apart from the frozen list.

    With a name, it is entered in the ledger under `ledger_id`. A fact with the same id is about the same discovery.
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
    """A campaign was closed: every target of its list is closed with a reason."""

    type: ClassVar[str] = "inspection.campaign.closed.v1"
    topic: ClassVar[str] = "inspection.campaigns.v1"

    campaign_id: UUID
    targets: int
    closed: int
    discoveries: int
    at: datetime


class CampaignWithdrawn(Event):
    """A campaign was withdrawn, as if it had never been planned. There is no earlier fact of a withdrawn draft."""

    type: ClassVar[str] = "inspection.campaign.withdrawn.v1"
    topic: ClassVar[str] = "inspection.campaigns.v1"

    campaign_id: UUID
    name: str
    district: str | None
    at: datetime


class CampaignTargetsWithdrawn(Event):
    """Targets (at most 1,000 per fact) of a withdrawn campaign, which are no longer visited for it."""

    type: ClassVar[str] = "inspection.campaign.targets_withdrawn.v1"
    topic: ClassVar[str] = "inspection.campaigns.v1"

    campaign_id: UUID
    targets: list[UUID]
    at: datetime
