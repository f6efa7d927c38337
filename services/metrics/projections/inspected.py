"""What inspection's events say of what is counted."""

from collections.abc import Iterable, Mapping
from typing import Any, Final

from services.metrics.projections.domain import Change, Projection, month, place
from shared.events import Event
from shared.events.inspection.campaigns import (
    CampaignClosed,
    CampaignDiscovery,
    CampaignLaunched,
    CampaignTargetClosed,
    CampaignTargetsListed,
    CampaignTargetsWithdrawn,
    CampaignWithdrawn,
)
from shared.events.inspection.cases import (
    CaseClosed,
    CaseDecided,
    CaseDropped,
    CaseEvent,
    CaseFiled,
    CaseNotified,
    CasePaid,
    CaseServed,
    CaseStepTaken,
)
from shared.events.inspection.complaints import (
    ComplaintAnswered,
    ComplaintEvent,
    ComplaintJoined,
    ComplaintMatched,
    ComplaintParted,
    ComplaintReceived,
    ComplaintVisitPlanned,
)
from shared.events.inspection.draws import DrawCancelled, DrawCommitted, DrawRevealed
from shared.events.inspection.evidence import (
    EvidenceAnnounced,
    EvidenceEvent,
    EvidenceKept,
    EvidenceReceived,
    EvidenceRefused,
)
from shared.events.inspection.rechecks import RecheckConcluded
from shared.events.inspection.sync import SyncConflictRecorded, SyncConflictResolved
from shared.events.inspection.targets import InstitutionDiscovered, TargetPlaced
from shared.events.inspection.teams import TeamFormed
from shared.events.inspection.violations import (
    RectificationOrdered,
    ViolationEvent,
    ViolationExtended,
    ViolationRectified,
    ViolationReported,
    ViolationVerified,
    ViolationWithdrawn,
)
from shared.events.inspection.visits import (
    VisitCalledOff,
    VisitEvent,
    VisitPlanned,
    VisitRecorded,
    VisitReviewed,
    VisitStarted,
    VisitSubmitted,
)


def placed(event: TargetPlaced) -> Iterable[Change]:
    yield Change("institution", event.institution_id, {"grid": event.grid or ""})


def team(event: TeamFormed) -> Iterable[Change]:
    yield Change("team", event.team_id, {"state": "active", **place(event)})


def campaign(state: str) -> Projection:
    def project(event: Any) -> Iterable[Change]:
        says = {"state": state, "campaign": str(event.campaign_id), **place(event)}
        yield Change("campaign", event.campaign_id, says)

    return project


def targets_listed(event: CampaignTargetsListed) -> Iterable[Change]:
    for target in event.targets:
        says = {"state": "open", "campaign": str(event.campaign_id), **place(target)}
        yield Change("target", target.target_id, says, about=target.institution_id)


def targets_withdrawn(event: CampaignTargetsWithdrawn) -> Iterable[Change]:
    for target_id in event.targets:
        yield Change("target", target_id, {"state": "withdrawn"})


def target_closed(event: CampaignTargetClosed) -> Iterable[Change]:
    yield Change("target", event.target_id, {"state": event.reason})


def discovery(event: CampaignDiscovery) -> Iterable[Change]:
    yield Change("discovery", event.discovery_id, {"campaign": str(event.campaign_id), **_found(event)})


def discovered(event: InstitutionDiscovered) -> Iterable[Change]:
    yield Change("discovery", event.discovery_id, _found(event))


def _found(event: CampaignDiscovery | InstitutionDiscovered) -> dict[str, str]:
    """With name, address and kind, the discovery is entered in the ledger."""
    named = None not in (event.ledger_id, event.name, event.address, event.kind)
    return {"state": "entered" if named else "found", **place(event)}


def draw(event: DrawCommitted) -> Iterable[Change]:
    says = {"state": "committed", "district": event.district or "", "month": month(event.at)}
    yield Change("draw", event.draw_id, says)


def revealed(event: DrawRevealed) -> Iterable[Change]:
    """The amount is the number of targets drawn."""
    yield Change("draw", event.draw_id, {"state": "revealed", "month": month(event.at)}, amount=event.drawn)


def draw_cancelled(event: DrawCancelled) -> Iterable[Change]:
    yield Change("draw", event.draw_id, {"state": "cancelled"})


def recheck(event: RecheckConcluded) -> Iterable[Change]:
    says = {"state": "agrees" if event.agrees else "differs", "kind": event.outcome_found, "month": month(event.at)}
    says |= place(event)
    yield Change("recheck", event.recheck_id, says)


def evidence(state: str) -> Projection:
    def project(event: EvidenceEvent) -> Iterable[Change]:
        says = {"state": state, "kind": event.subject_kind, "month": month(event.at), **place(event)}
        yield Change("evidence", event.evidence_id, says)

    return project


def sync_conflict(event: SyncConflictRecorded) -> Iterable[Change]:
    """A soft conflict needs no decision: both versions stand."""
    says = {"state": "open" if event.hard else "kept", "district": event.district or "", "month": month(event.at)}
    yield Change("sync_conflict", event.operation_id, says)


def sync_conflict_resolved(event: SyncConflictResolved) -> Iterable[Change]:
    yield Change("sync_conflict", event.operation_id, {"state": "resolved"})


def visit(state: str) -> Projection:
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
    yield Change("case", event.case_id, {"state": event.state, "kind": event.offence, **place(event)})


def filed(event: CaseFiled) -> Iterable[Change]:
    """A case has the month of its filing; a decision and a payment have their own."""
    says = {"state": event.state, "kind": event.offence, "month": month(event.at), **place(event)}
    yield Change("case", event.case_id, says)


def decided(event: CaseDecided) -> Iterable[Change]:
    """The amount is the fine, in fen."""
    yield from case(event)
    says = {"state": "decided", "kind": event.offence, "month": month(event.at), **place(event)}
    yield Change("decision", event.case_id, says, amount=event.fine_fen)


def paid(event: CasePaid) -> Iterable[Change]:
    """The amount is everything paid so far, in fen, in the month of the last payment."""
    yield from case(event)
    says = {"state": "paid", "kind": event.offence, "month": month(event.at), **place(event)}
    yield Change("payment", event.case_id, says, amount=event.paid_fen)


def complaint(event: ComplaintEvent) -> Iterable[Change]:
    yield Change("complaint", event.complaint_id, {"state": event.state, "kind": event.subject, **place(event)})


def complaint_received(event: ComplaintReceived) -> Iterable[Change]:
    says = {"state": event.state, "kind": event.subject, "month": month(event.at), **place(event)}
    yield Change("complaint", event.complaint_id, says)


INSPECTED: Final[Mapping[type[Event], Projection]] = {
    TargetPlaced: placed,
    TeamFormed: team,
    CampaignLaunched: campaign("open"),
    CampaignTargetsListed: targets_listed,
    CampaignTargetClosed: target_closed,
    CampaignDiscovery: discovery,
    InstitutionDiscovered: discovered,
    CampaignClosed: campaign("closed"),
    CampaignWithdrawn: campaign("withdrawn"),
    CampaignTargetsWithdrawn: targets_withdrawn,
    DrawCommitted: draw,
    DrawRevealed: revealed,
    DrawCancelled: draw_cancelled,
    RecheckConcluded: recheck,
    EvidenceAnnounced: evidence("announced"),
    EvidenceReceived: evidence("received"),
    EvidenceKept: evidence("kept"),
    EvidenceRefused: evidence("refused"),
    SyncConflictRecorded: sync_conflict,
    SyncConflictResolved: sync_conflict_resolved,
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
    ViolationWithdrawn: violation,
    CaseFiled: filed,
    CaseStepTaken: case,
    CaseNotified: case,
    CaseDecided: decided,
    CaseDropped: case,
    CaseServed: case,
    CasePaid: paid,
    CaseClosed: case,
    ComplaintReceived: complaint_received,
    ComplaintMatched: complaint,
    ComplaintJoined: complaint,
    ComplaintParted: complaint,
    ComplaintVisitPlanned: complaint,
    ComplaintAnswered: complaint,
}
