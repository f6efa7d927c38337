"""Names that events tell, and the grids on a map."""

from collections.abc import Callable, Mapping
from typing import Any, Final, NamedTuple

from services.metrics.names.domain import Kind
from shared.events import Event
from shared.events.afterschool.offerings import OfferingChanged, OfferingPublished
from shared.events.afterschool.schools import ClassFormed, SchoolRegistered
from shared.events.inspection.campaigns import CampaignLaunched
from shared.events.inspection.grids import GridPublished, GridSetWithdrawn
from shared.events.inspection.teams import TeamFormed
from shared.events.registry.institutions import InstitutionChanged, InstitutionEvent, InstitutionRegistered
from shared.events.registry.stop_orders import StopOrderIssued


class Told(NamedTuple):
    """A name that an event says. A place of None stays as it was."""

    kind: Kind
    code: str
    zh: str
    district: str | None = None
    street: str | None = None


def institution(event: InstitutionEvent) -> Told:
    return Told(Kind.INSTITUTION, str(event.institution_id), event.name, event.district, event.street)


def school(event: SchoolRegistered) -> Told:
    return Told(Kind.SCHOOL, str(event.school_id), event.name, event.district, event.street)


def school_class(event: ClassFormed) -> Told:
    return Told(Kind.CLASS, str(event.class_id), event.name, event.district, event.street)


def offering(event: OfferingPublished) -> Told:
    return Told(Kind.OFFERING, str(event.offering_id), event.name, event.district, event.street)


def offering_changed(event: OfferingChanged) -> Told | None:
    """Facts of before names were published lack it."""
    return None if event.name is None else Told(Kind.OFFERING, str(event.offering_id), event.name)


def campaign(event: CampaignLaunched) -> Told:
    return Told(Kind.CAMPAIGN, str(event.campaign_id), event.name, event.district)


def stop_order(event: StopOrderIssued) -> Told:
    return Told(Kind.STOP_ORDER, str(event.stop_order_id), event.title, event.district)


def team(event: TeamFormed) -> Told:
    return Told(Kind.TEAM, str(event.team_id), event.name, event.district)


NAMES: Final[Mapping[type[Event], Callable[[Any], Told | None]]] = {
    InstitutionRegistered: institution,
    InstitutionChanged: institution,
    SchoolRegistered: school,
    ClassFormed: school_class,
    OfferingPublished: offering,
    OfferingChanged: offering_changed,
    CampaignLaunched: campaign,
    StopOrderIssued: stop_order,
    TeamFormed: team,
}
GRIDS: Final = (GridPublished, GridSetWithdrawn)
