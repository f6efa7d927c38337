"""Cells, members, receipts; and which event moves what where."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import BigInteger, Identity, Index, Integer, SmallInteger, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from services.metrics.orm import Base
from shared.clock import china_date
from shared.events import Event
from shared.events.afterschool import (
    EnrolmentEvent,
    EnrolmentWithdrawn,
    OfferingChanged,
    OfferingPublished,
    SchoolRegistered,
    StudentEnrolled,
    StudentPromoted,
    StudentWaitlisted,
)
from shared.events.inspection import (
    CampaignClosed,
    CampaignDiscovery,
    CampaignLaunched,
    CampaignTargetClosed,
    CampaignTargetsListed,
    CaseClosed,
    CaseDecided,
    CaseDropped,
    CaseEvent,
    CaseFiled,
    CaseNotified,
    CasePaid,
    CaseServed,
    CaseStepTaken,
    ComplaintAnswered,
    ComplaintEvent,
    ComplaintJoined,
    ComplaintMatched,
    ComplaintReceived,
    ComplaintVisitPlanned,
    InstitutionDiscovered,
    RectificationOrdered,
    TargetPlaced,
    TeamFormed,
    ViolationEvent,
    ViolationExtended,
    ViolationRectified,
    ViolationReported,
    ViolationVerified,
    VisitCalledOff,
    VisitEvent,
    VisitPlanned,
    VisitRecorded,
    VisitReviewed,
    VisitStarted,
    VisitSubmitted,
)
from shared.events.registry import (
    AdvertisementEvent,
    AdvertisementFound,
    AdvertisementIdentified,
    AdvertisementRemovalOrdered,
    AdvertisementRemoved,
    AdvertisementVerified,
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
    CommitmentBreached,
    CommitmentSigned,
    InstitutionChanged,
    InstitutionEvent,
    InstitutionMerged,
    InstitutionRegistered,
    NoticeConfirmed,
    NoticePublished,
    PermitCancelled,
    PermitEvent,
    PermitGranted,
    PermitRecorded,
    PermitReinstated,
    PermitRenewed,
    PermitRevoked,
    PermitSuspended,
    ResponsibilityAssigned,
    SiteVisitConcluded,
    SiteVisitRequested,
    StopOrderAcknowledged,
    StopOrderCancelled,
    StopOrderIssued,
    StopOrderRecipientsListed,
    StopOrderVerified,
    TransformationAbandoned,
    TransformationCompleted,
    TransformationEvent,
    TransformationStarted,
    TransformationStepDone,
)

DIMENSIONS: Final = ("state", "kind", "district", "street", "grid", "school", "campaign", "month")
"""What tells cells of one noun apart. Empty text is "none" or "not said yet"; `month` is `YYYY-MM`, in China.
`campaign` is the campaign that a thing belongs to, or the stop order."""


class Cell(Base):
    """How many members of one noun share these dimensions, and the sum of their amounts: the places of an offering,
    the recipients of a notice, 1 where a stop order was acknowledged."""

    __tablename__ = "cell"
    __table_args__ = (UniqueConstraint("generation", "noun", *DIMENSIONS, name="uq_cell_dimensions"),)

    id: Mapped[int] = mapped_column(BigInteger, Identity(always=True), primary_key=True)
    generation: Mapped[int] = mapped_column(SmallInteger)
    noun: Mapped[str] = mapped_column(Text)
    state: Mapped[str] = mapped_column(Text)
    kind: Mapped[str] = mapped_column(Text)
    district: Mapped[str] = mapped_column(Text)
    street: Mapped[str] = mapped_column(Text)
    grid: Mapped[str] = mapped_column(Text)
    school: Mapped[str] = mapped_column(Text)
    campaign: Mapped[str] = mapped_column(Text)
    month: Mapped[str] = mapped_column(Text)
    members: Mapped[int] = mapped_column(BigInteger)
    amount: Mapped[int] = mapped_column(BigInteger)


class Member(Base):
    """One counted thing and the cell it stands in."""

    __tablename__ = "member"
    __table_args__ = (Index("ix_member_cell_id_id", "cell_id", "id"), {"postgresql_with": {"fillfactor": 80}})

    generation: Mapped[int] = mapped_column(SmallInteger, primary_key=True)
    noun: Mapped[str] = mapped_column(Text, primary_key=True)
    id: Mapped[UUID] = mapped_column(primary_key=True)
    cell_id: Mapped[int] = mapped_column(BigInteger)
    amount: Mapped[int] = mapped_column(BigInteger)


class Receipt(Base):
    """An event that said something about a member, and where in the log it stands."""

    __tablename__ = "receipt"
    __table_args__ = (Index("ix_receipt_generation_noun_member_id", "generation", "noun", "member_id", "sequence"),)

    id: Mapped[int] = mapped_column(BigInteger, Identity(always=True), primary_key=True)
    generation: Mapped[int] = mapped_column(SmallInteger)
    noun: Mapped[str] = mapped_column(Text)
    member_id: Mapped[UUID]
    event_id: Mapped[UUID]
    type: Mapped[str] = mapped_column(Text)
    topic: Mapped[str] = mapped_column(Text)
    partition: Mapped[int] = mapped_column(Integer)
    offset: Mapped[int] = mapped_column(BigInteger)
    sequence: Mapped[int] = mapped_column(BigInteger)
    at: Mapped[datetime]


class Generation(Base):
    """The one row that says which generation of cells is live; a rebuild fills the next one and swaps."""

    __tablename__ = "generation"

    id: Mapped[int] = mapped_column(SmallInteger, primary_key=True)
    live: Mapped[int] = mapped_column(SmallInteger)


@dataclass(frozen=True, slots=True)
class Change:
    """What an event says of one member: dimensions not named stay as they were."""

    noun: str
    id: UUID
    says: Mapping[str, str]
    amount: int | None = None


Said = dict[str, str]


def _month(at: datetime) -> str:
    return f"{china_date(at):%Y-%m}"


def place(event: Any) -> Said:
    """Where a fact happened, as far as the event says."""
    return {name: getattr(event, name, None) or "" for name in ("district", "street", "grid") if hasattr(event, name)}


def institution(event: InstitutionEvent) -> Iterable[Change]:
    yield Change("institution", event.institution_id, {"state": event.status, "kind": event.kind, **place(event)})


def application(event: ApplicationEvent) -> Iterable[Change]:
    says = {"state": event.state, "kind": event.matter, "month": _month(event.at), **place(event)}
    yield Change("application", event.application_id, says)


def permit(state: str) -> "Projection":
    """By the last decision: that a permit expires, or a suspension lifts, is said by days and by no event."""

    def project(event: PermitEvent) -> Iterable[Change]:
        says = {"state": state, "kind": event.kind, "month": _month(event.at), **place(event)}
        yield Change("permit", event.permit_id, says)

    return project


def transformation(event: TransformationEvent) -> Iterable[Change]:
    says = {"state": event.state, "kind": event.target, "month": _month(event.at), **place(event)}
    yield Change("transformation", event.transformation_id, says)


def signed(event: CommitmentSigned) -> Iterable[Change]:
    says = {"state": "signed", "kind": str(event.text_number), "month": _month(event.at), **place(event)}
    yield Change("commitment", event.commitment_id, says)


def breached(event: CommitmentBreached) -> Iterable[Change]:
    yield Change("commitment", event.commitment_id, {"state": "breached"})


def advertisement(event: AdvertisementEvent) -> Iterable[Change]:
    says = {"state": event.state, "kind": event.source, "month": f"{event.found_on:%Y-%m}", **place(event)}
    yield Change("advertisement", event.advertisement_id, says)


def notice(event: NoticePublished) -> Iterable[Change]:
    says = {"state": "published", "kind": "violators" if event.subjects else "general", "month": _month(event.at)}
    yield Change("notice", event.notice_id, says, amount=event.recipients)


def notice_confirmed(event: NoticeConfirmed) -> Iterable[Change]:
    yield Change("notice_receipt", event.receipt_id, {"state": "confirmed", "month": _month(event.at)})


def stop_order(event: StopOrderIssued) -> Iterable[Change]:
    says = {"state": "issued", "kind": event.kind or "", "month": f"{event.first_day:%Y-%m}", **place(event)}
    says["campaign"] = str(event.stop_order_id)
    yield Change("stop_order", event.stop_order_id, says)


def stop_order_cancelled(event: StopOrderCancelled) -> Iterable[Change]:
    yield Change("stop_order", event.stop_order_id, {"state": "cancelled"})


def recipients_listed(event: StopOrderRecipientsListed) -> Iterable[Change]:
    """The list and what becomes of a recipient come in any order, so no two say the same of it."""
    order = {"state": "ordered", "campaign": str(event.stop_order_id), "month": f"{event.first_day:%Y-%m}"}
    for recipient in event.recipients:
        yield Change("stop_recipient", recipient.recipient_id, {**order, **place(recipient)})


def stop_verified(event: StopOrderVerified) -> Iterable[Change]:
    yield Change("stop_recipient", event.recipient_id, {"kind": event.result})


def stop_acknowledged(event: StopOrderAcknowledged) -> Iterable[Change]:
    """The amount, so that who acknowledged stays counted whatever somebody saw there."""
    yield Change("stop_recipient", event.recipient_id, {}, amount=1)


def responsibility(event: ResponsibilityAssigned) -> Iterable[Change]:
    says = {"state": "vacant" if event.officer is None else "assigned", "kind": event.role, **place(event)}
    yield Change("responsibility", event.responsibility_id, says)


def placed(event: TargetPlaced) -> Iterable[Change]:
    yield Change("institution", event.institution_id, {"grid": event.grid or ""})


def team(event: TeamFormed) -> Iterable[Change]:
    yield Change("team", event.team_id, {"state": "active", "district": event.district or ""})


def campaign(state: str) -> "Projection":
    def project(event: Any) -> Iterable[Change]:
        yield Change("campaign", event.campaign_id, {"state": state, "campaign": str(event.campaign_id)})

    return project


def targets_listed(event: CampaignTargetsListed) -> Iterable[Change]:
    for target in event.targets:
        says = {"state": "open", "campaign": str(event.campaign_id), **place(target)}
        yield Change("target", target.target_id, says)


def target_closed(event: CampaignTargetClosed) -> Iterable[Change]:
    yield Change("target", event.target_id, {"state": event.reason})


def discovery(event: CampaignDiscovery) -> Iterable[Change]:
    says = {"state": "found", "campaign": str(event.campaign_id), "grid": event.grid or ""}
    yield Change("discovery", event.discovery_id, says)


def discovered(event: InstitutionDiscovered) -> Iterable[Change]:
    yield Change("discovery", event.discovery_id, {"state": "found", **place(event), "grid": event.grid or ""})


def visit(state: str) -> "Projection":
    def project(event: VisitEvent) -> Iterable[Change]:
        says = {"state": state, "campaign": str(event.campaign_id or ""), **place(event)}
        for dimension, value in (("kind", getattr(event, "outcome", None)), ("month", _month_of(event))):
            if value is not None:
                says[dimension] = value
        yield Change("visit", event.visit_id, says)

    return project


def _month_of(event: Event) -> str | None:
    day = getattr(event, "visited_on", None)
    return None if day is None else f"{day:%Y-%m}"


def reviewed(event: VisitReviewed) -> Iterable[Change]:
    yield Change("visit", event.visit_id, {"state": "done" if event.accepted else "started"})


def violation(event: ViolationEvent) -> Iterable[Change]:
    says = {"state": event.state, "kind": event.severity, "month": f"{event.found_on:%Y-%m}", **place(event)}
    yield Change("violation", event.violation_id, says)


def case(event: CaseEvent) -> Iterable[Change]:
    """The amount is what was fined, in fen."""
    says = {"state": event.state, "kind": event.offence, "month": _month(event.at), **place(event)}
    yield Change("case", event.case_id, says, amount=getattr(event, "fine_fen", None))


def complaint(event: ComplaintEvent) -> Iterable[Change]:
    yield Change("complaint", event.complaint_id, {"state": event.state, "kind": event.subject, **place(event)})


def complaint_received(event: ComplaintReceived) -> Iterable[Change]:
    says = {"state": event.state, "kind": event.subject, "month": _month(event.at), **place(event)}
    yield Change("complaint", event.complaint_id, says)


def school(event: SchoolRegistered) -> Iterable[Change]:
    yield Change("school", event.school_id, {"state": "active", "school": str(event.school_id), **place(event)})


def offering(event: OfferingPublished) -> Iterable[Change]:
    says = {"state": "open", "kind": event.category, "school": str(event.school_id), **place(event)}
    yield Change("offering", event.offering_id, says, amount=event.capacity)


def offering_changed(event: OfferingChanged) -> Iterable[Change]:
    yield Change("offering", event.offering_id, {}, amount=event.capacity)


def enrolment(state: str) -> "Projection":
    def project(event: EnrolmentEvent) -> Iterable[Change]:
        says = {"state": state, "school": str(event.school_id), "month": _month(event.at), **place(event)}
        yield Change("enrolment", event.enrolment_id, says)

    return project


Projection = Callable[[Any], Iterable[Change]]

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
    ResponsibilityAssigned: responsibility,
    TargetPlaced: placed,
    TeamFormed: team,
    CampaignLaunched: campaign("open"),
    CampaignTargetsListed: targets_listed,
    CampaignTargetClosed: target_closed,
    CampaignDiscovery: discovery,
    InstitutionDiscovered: discovered,
    CampaignClosed: campaign("closed"),
    VisitPlanned: visit("planned"),
    VisitStarted: visit("started"),
    VisitSubmitted: visit("done"),
    VisitRecorded: visit("done"),
    VisitReviewed: reviewed,
    VisitCalledOff: visit("called_off"),
    ViolationReported: violation,
    RectificationOrdered: violation,
    ViolationExtended: violation,
    ViolationRectified: violation,
    ViolationVerified: violation,
    CaseFiled: case,
    CaseStepTaken: case,
    CaseNotified: case,
    CaseDecided: case,
    CaseDropped: case,
    CaseServed: case,
    CasePaid: case,
    CaseClosed: case,
    ComplaintReceived: complaint_received,
    ComplaintMatched: complaint,
    ComplaintJoined: complaint,
    ComplaintVisitPlanned: complaint,
    ComplaintAnswered: complaint,
    SchoolRegistered: school,
    OfferingPublished: offering,
    OfferingChanged: offering_changed,
    StudentEnrolled: enrolment("enrolled"),
    StudentWaitlisted: enrolment("waiting"),
    StudentPromoted: enrolment("enrolled"),
    EnrolmentWithdrawn: enrolment("withdrawn"),
}
"""Which events move members, and how. What is not named here counts nothing."""

Coordinates = tuple[str, ...]
"""A member's noun followed by its dimensions, in the order of `DIMENSIONS`."""


@dataclass
class Movement:
    """What a batch of events does to the cells: a pure sum, written once per batch."""

    members: dict[Coordinates, int] = field(default_factory=dict)
    amounts: dict[Coordinates, int] = field(default_factory=dict)

    def move(self, old: Coordinates | None, new: Coordinates, *, old_amount: int = 0, new_amount: int = 0) -> None:
        if old is not None:
            self._add(old, -1, -old_amount)
        self._add(new, 1, new_amount)

    def _add(self, cell: Coordinates, members: int, amount: int) -> None:
        self.members[cell] = self.members.get(cell, 0) + members
        self.amounts[cell] = self.amounts.get(cell, 0) + amount


def moved(noun: str, old: Coordinates | None, says: Mapping[str, str]) -> Coordinates:
    """Where a member stands after what was said of it."""
    if old is None:
        return (noun, *[says.get(name, "") for name in DIMENSIONS])
    return (noun, *[says.get(name, was) for name, was in zip(DIMENSIONS, old[1:], strict=True)])
