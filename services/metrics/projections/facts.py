"""The registry's events as changes of members, and the projection of every event that counts."""

from collections.abc import Iterable, Mapping
from typing import Final

from services.metrics.projections.domain import Change, Mark, Projection, month, place
from services.metrics.projections.inspected import INSPECTED
from services.metrics.projections.schools import SCHOOLS
from shared.events import Event
from shared.events.registry.advertisements import (
    AdvertisementEvent,
    AdvertisementFound,
    AdvertisementIdentified,
    AdvertisementRemovalOrdered,
    AdvertisementRemoved,
    AdvertisementVerified,
)
from shared.events.registry.applications import (
    ApplicationAccepted,
    ApplicationChanged,
    ApplicationDrafted,
    ApplicationEvent,
    ApplicationExtended,
    ApplicationGranted,
    ApplicationRefused,
    ApplicationReturned,
    ApplicationSubmitted,
    ApplicationWithdrawn,
    SiteVisitConcluded,
    SiteVisitRequested,
)
from shared.events.registry.commitments import CommitmentBreached, CommitmentSigned
from shared.events.registry.institutions import (
    InstitutionChanged,
    InstitutionEvent,
    InstitutionMerged,
    InstitutionRegistered,
)
from shared.events.registry.notices import NoticeConfirmed, NoticePublished
from shared.events.registry.permits import (
    PermitCancelled,
    PermitEvent,
    PermitGranted,
    PermitRecorded,
    PermitReinstated,
    PermitRenewed,
    PermitRevoked,
    PermitSuspended,
)
from shared.events.registry.responsibilities import ResponsibilityAssigned
from shared.events.registry.stop_orders import (
    StopOrderAcknowledged,
    StopOrderCancelled,
    StopOrderIssued,
    StopOrderRecipientsListed,
    StopOrderRecipientsReleased,
    StopOrderVerified,
)
from shared.events.registry.transformations import (
    TransformationAbandoned,
    TransformationCompleted,
    TransformationEvent,
    TransformationStarted,
    TransformationStepDone,
)


def institution(event: InstitutionEvent) -> Iterable[Change]:
    yield Change("institution", event.institution_id, {"state": event.status, "kind": event.kind, **place(event)})


def application(event: ApplicationEvent) -> Iterable[Change]:
    says = {"state": event.state, "kind": event.matter, "month": month(event.at), **place(event)}
    yield Change("application", event.application_id, says)


def permit(state: str) -> Projection:
    """By the last decision only: an expiry, or the end of a suspension, follows from days and has no event."""

    def project(event: PermitEvent) -> Iterable[Change]:
        says = {"state": state, "kind": event.kind, "month": month(event.at), **place(event)}
        yield Change("permit", event.permit_id, says)

    return project


def transformation(event: TransformationEvent) -> Iterable[Change]:
    says = {"state": event.state, "kind": event.target, "month": month(event.at), **place(event)}
    yield Change("transformation", event.transformation_id, says)


def signed(event: CommitmentSigned) -> Iterable[Change]:
    says = {"state": "signed", "kind": str(event.text_number), "month": month(event.at), **place(event)}
    yield Change("commitment", event.commitment_id, says)


def breached(event: CommitmentBreached) -> Iterable[Change]:
    yield Change("commitment", event.commitment_id, {"state": "breached"})


def advertisement(event: AdvertisementEvent) -> Iterable[Change]:
    says = {"state": event.state, "kind": event.source, "month": f"{event.found_on:%Y-%m}", **place(event)}
    yield Change("advertisement", event.advertisement_id, says)


def notice(event: NoticePublished) -> Iterable[Change]:
    says = {"state": "published", "kind": "violators" if event.subjects else "general", "month": month(event.at)}
    says |= place(event)
    yield Change("notice", event.notice_id, says, amount=event.recipients)


def notice_confirmed(event: NoticeConfirmed) -> Iterable[Change]:
    says = {"state": "confirmed", "month": month(event.at), **place(event)}
    yield Change("notice_receipt", event.receipt_id, says)


def stop_order(event: StopOrderIssued) -> Iterable[Change]:
    says = {"state": "issued", "kind": event.kind or "", "month": f"{event.first_day:%Y-%m}", **place(event)}
    says["campaign"] = str(event.stop_order_id)
    yield Change("stop_order", event.stop_order_id, says)


def stop_order_cancelled(event: StopOrderCancelled) -> Iterable[Change]:
    yield Change("stop_order", event.stop_order_id, {"state": "cancelled"})


def recipients_listed(event: StopOrderRecipientsListed) -> Iterable[Change]:
    """The list and the later events of a recipient arrive in any order, so each sets different coordinates."""
    order = {"state": "ordered", "campaign": str(event.stop_order_id), "month": f"{event.first_day:%Y-%m}"}
    for recipient in event.recipients:
        says = {**order, **place(recipient)}
        yield Change("stop_recipient", recipient.recipient_id, says, about=recipient.institution_id)


def recipients_released(event: StopOrderRecipientsReleased) -> Iterable[Change]:
    """Both this and the list are facts of the order, so this arrives last."""
    for recipient_id in event.recipients:
        yield Change("stop_recipient", recipient_id, {"state": "released"})


def stop_verified(event: StopOrderVerified) -> Iterable[Change]:
    yield Change("stop_recipient", event.recipient_id, {"kind": event.result})


def stop_acknowledged(event: StopOrderAcknowledged) -> Iterable[Change]:
    """A mark, so that a recipient who acknowledged stays counted whatever a visit saw."""
    yield Change("stop_recipient", event.recipient_id, {}, marks={Mark.ACKNOWLEDGED: True})


def responsibility(event: ResponsibilityAssigned) -> Iterable[Change]:
    """A mark of the institution, which moves and ends with it."""
    marks = {Mark[event.role.upper()]: event.officer is not None}
    yield Change("institution", event.institution_id, {}, marks=marks)


PROJECTIONS: Final[Mapping[type[Event], Projection]] = {
    InstitutionRegistered: institution,
    InstitutionChanged: institution,
    InstitutionMerged: institution,
    ApplicationDrafted: application,
    ApplicationChanged: application,
    ApplicationSubmitted: application,
    ApplicationReturned: application,
    ApplicationAccepted: application,
    ApplicationExtended: application,
    SiteVisitRequested: application,
    SiteVisitConcluded: application,
    ApplicationGranted: application,
    ApplicationRefused: application,
    ApplicationWithdrawn: application,
    PermitGranted: permit("granted"),
    PermitRecorded: permit("recorded"),
    PermitSuspended: permit("suspended"),
    PermitReinstated: permit("reinstated"),
    PermitRenewed: permit("renewed"),
    PermitRevoked: permit("revoked"),
    PermitCancelled: permit("cancelled"),
    TransformationStarted: transformation,
    TransformationStepDone: transformation,
    TransformationCompleted: transformation,
    TransformationAbandoned: transformation,
    CommitmentSigned: signed,
    CommitmentBreached: breached,
    AdvertisementFound: advertisement,
    AdvertisementIdentified: advertisement,
    AdvertisementRemovalOrdered: advertisement,
    AdvertisementRemoved: advertisement,
    AdvertisementVerified: advertisement,
    NoticePublished: notice,
    NoticeConfirmed: notice_confirmed,
    StopOrderIssued: stop_order,
    StopOrderCancelled: stop_order_cancelled,
    StopOrderRecipientsListed: recipients_listed,
    StopOrderAcknowledged: stop_acknowledged,
    StopOrderVerified: stop_verified,
    StopOrderRecipientsReleased: recipients_released,
    ResponsibilityAssigned: responsibility,
    **INSPECTED,
    **SCHOOLS,
}
"""Which events move members, and how. What is not named here counts nothing."""
