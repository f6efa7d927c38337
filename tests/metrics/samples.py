"""One event of every type that counts, all about the same few things, and what each says of its member."""

import json
from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Any
from uuid import UUID, uuid5

from services.metrics.projections.domain import Mark
from shared.events import Event
from shared.events.afterschool import norms as afterschool_norms
from shared.events.afterschool.allocations import AllocationClosed, AllocationDrawn, AllocationOpened
from shared.events.afterschool.engagements import (
    OutsidePersonChecked,
    OutsidePersonEntered,
)
from shared.events.afterschool.enrolments import (
    EnrolmentWithdrawn,
    PromotionChosen,
    StudentEnrolled,
    StudentPromoted,
    StudentWaitlisted,
)
from shared.events.afterschool.guardianships import GuardianshipChanged, GuardianshipEntered, GuardianshipProven
from shared.events.afterschool.homework import HomeworkDeclared
from shared.events.afterschool.managements import (
    ManagementDrawCancelled,
    ManagementDrawCommitted,
    ManagementDrawRevealed,
    ManagementRuleContinued,
    ManagementRuleEnacted,
    ManagementRuleRepealed,
    ManagementRuleWithdrawn,
)
from shared.events.afterschool.offerings import OfferingChanged, OfferingPublished
from shared.events.afterschool.schools import SchoolRegistered
from shared.events.afterschool.sessions import (
    AttendanceRecorded,
    ChildPickedUp,
    SessionSubstituted,
)
from shared.events.afterschool.settlements import ProviderSettled, SessionRateAgreed
from shared.events.afterschool.students import (
    StudentIdentityCorrected,
    StudentIdentityErased,
)
from shared.events.afterschool.surveys import SurveyClosed, SurveyOpened, SurveyResult, SurveyResultsListed
from shared.events.catalogue import events_of
from shared.events.inspection.campaigns import (
    CampaignClosed,
    CampaignDiscovery,
    CampaignLaunched,
    CampaignTargetClosed,
    CampaignTargetsHandedOver,
    CampaignTargetsListed,
    CampaignTargetsWithdrawn,
    CampaignWithdrawn,
    ListedTarget,
)
from shared.events.inspection.checklists import (
    ChecklistContinued,
    ChecklistEnacted,
    ChecklistRetired,
    ChecklistWithdrawn,
)
from shared.events.inspection.complaints import ComplaintContactRead, ComplaintHandedOver
from shared.events.inspection.draws import DrawCommitted, DrawResultListed
from shared.events.inspection.escalations import EscalationRaised
from shared.events.inspection.evidence import (
    EvidenceEvent,
    EvidenceExhibited,
    EvidenceKept,
    EvidenceResumed,
    EvidenceStalled,
)
from shared.events.inspection.grids import (
    GridPublished,
    GridSetActivated,
    GridSetEndSet,
    GridSetScheduled,
    GridSetWithdrawn,
)
from shared.events.inspection.norms import NormEnacted, NormWithdrawn
from shared.events.inspection.offences import OffenceContinued, OffenceEnacted, OffenceRepealed, OffenceWithdrawn
from shared.events.inspection.rechecks import RecheckAttempted, RecheckConcluded, RechecksDrawn
from shared.events.inspection.sync import SyncConflictRecorded
from shared.events.inspection.targets import InstitutionDiscovered, TargetPlaced
from shared.events.inspection.teams import (
    AbsenceCancelled,
    AbsenceNoted,
    DeviceEnrolled,
    DeviceRevoked,
    DutyAssigned,
    DutyCancelled,
    TeamFormed,
    TeamHandedOver,
)
from shared.events.inspection.violations import (
    RectificationOrdered,
    ViolationExtended,
    ViolationHandedOver,
    ViolationRectified,
    ViolationReported,
    ViolationVerified,
    ViolationWithdrawn,
)
from shared.events.inspection.visits import (
    VisitCalledOff,
    VisitHandedOver,
    VisitJoined,
    VisitPlanned,
    VisitRecorded,
    VisitReviewed,
    VisitStarted,
    VisitSubmitted,
)
from shared.events.metrics.alerts import AlertCleared, AlertRaised, ProofFailed
from shared.events.metrics.reported import ReportedFigureApproved, ReportedFigureReturned, ReportedFigureSubmitted
from shared.events.registry.advertisements import AdvertisementFound
from shared.events.registry.applications import ApplicationSubmitted
from shared.events.registry.calendars import (
    CalendarDayCorrected,
    CalendarYearPublished,
    SchoolTermSet,
    SchoolTermWithdrawn,
)
from shared.events.registry.commitments import CommitmentSigned, CommitmentTextPublished, CommitmentTextWithdrawn
from shared.events.registry.institutions import (
    InstitutionChanged,
    InstitutionMerged,
    InstitutionRegistered,
    QualityFindingDismissed,
)
from shared.events.registry.notices import NoticeConfirmed, NoticePublished
from shared.events.registry.permits import PermitEvent, PermitGranted
from shared.events.registry.procedures import ProcedureEnacted, ProcedureWithdrawn
from shared.events.registry.proposals import ProposalAccepted, ProposalDismissed, ProposalReceived
from shared.events.registry.responsibilities import ResponsibilityAssigned
from shared.events.registry.rules import RuleEnacted, RuleRepealed, RuleWithdrawn
from shared.events.registry.stop_orders import (
    ListedRecipient,
    StopOrderAcknowledged,
    StopOrderConfirmed,
    StopOrderIssued,
    StopOrderRecipientsListed,
    StopOrderRecipientsReleased,
)
from shared.events.registry.transformations import TransformationStarted
from tests.metrics.deliveries import AT

LATER_PLACED = (PermitEvent, NoticePublished, NoticeConfirmed, EvidenceEvent, RecheckConcluded)
"""Facts that did not say their place from the beginning."""
CONTRACTS = Path(__file__).parents[1] / "contracts" / "samples"
COUNT_NOTHING: frozenset[type[Event]] = frozenset(
    {
        AbsenceCancelled,
        AbsenceNoted,
        DeviceEnrolled,
        DeviceRevoked,
        ChecklistEnacted,
        ChecklistRetired,
        ChecklistContinued,
        ChecklistWithdrawn,
        ComplaintContactRead,
        EvidenceExhibited,
        EvidenceStalled,
        ViolationHandedOver,
        ComplaintHandedOver,
        CampaignTargetsHandedOver,
        EvidenceResumed,
        VisitJoined,
        VisitHandedOver,
        TeamHandedOver,
        EscalationRaised,
        DrawResultListed,
        DutyAssigned,
        DutyCancelled,
        GridSetActivated,
        NormEnacted,
        NormWithdrawn,
        afterschool_norms.NormContinued,
        afterschool_norms.NormEnacted,
        afterschool_norms.NormRepealed,
        afterschool_norms.NormWithdrawn,
        OffenceContinued,
        OffenceEnacted,
        OffenceRepealed,
        OffenceWithdrawn,
        GridPublished,
        GridSetEndSet,
        GridSetScheduled,
        GridSetWithdrawn,
        RechecksDrawn,
        AlertCleared,
        AlertRaised,
        ProofFailed,
        ReportedFigureApproved,
        ReportedFigureReturned,
        ReportedFigureSubmitted,
        RecheckAttempted,
        CalendarDayCorrected,
        CalendarYearPublished,
        CommitmentTextPublished,
        CommitmentTextWithdrawn,
        ProcedureEnacted,
        ProcedureWithdrawn,
        ProposalAccepted,
        ProposalDismissed,
        ProposalReceived,
        QualityFindingDismissed,
        RuleEnacted,
        RuleRepealed,
        RuleWithdrawn,
        SchoolTermSet,
        SchoolTermWithdrawn,
        StopOrderConfirmed,
        ManagementDrawCancelled,
        ManagementDrawCommitted,
        ManagementDrawRevealed,
        ManagementRuleContinued,
        ManagementRuleEnacted,
        ManagementRuleRepealed,
        ManagementRuleWithdrawn,
        SurveyClosed,
        SurveyOpened,
        ProviderSettled,
        SessionRateAgreed,
        AllocationClosed,
        AllocationDrawn,
        AllocationOpened,
        OutsidePersonChecked,
        OutsidePersonEntered,
        PromotionChosen,
        GuardianshipChanged,
        GuardianshipEntered,
        GuardianshipProven,
        ChildPickedUp,
        SessionSubstituted,
        StudentIdentityCorrected,
        StudentIdentityErased,
    }
)
"""Events of the catalogue that no number needs. Whoever publishes a new event decides here."""


def one(number: int) -> UUID:
    return UUID(int=number)


INSTITUTION, TEAM, CAMPAIGN, TARGET, DISCOVERY, VISIT, VIOLATION, SCHOOL, OFFERING, ENROLMENT = map(one, range(1, 11))
REACH: Mapping[str, Any] = {"district": "140213", "street": "140213050"}
GRID: Mapping[str, Any] = {**REACH, "grid": "g1"}

_institution: Mapping[str, Any] = {
    "institution_id": INSTITUTION, "name": "晨光", "uscc": None, "permit_no": None, "kind": "subject",
    "mode": "offline", "profit": "for_profit", "stages": [], "status": "active", "address": "1",
    "lon": None, "lat": None, "capacity": None, "external_ref": None, "at": AT, **REACH,
}  # fmt: skip
_visit: Mapping[str, Any] = {
    "visit_id": VISIT, "institution_id": INSTITUTION, "campaign_id": CAMPAIGN, "team": "team-01", "at": AT, **GRID
}  # fmt: skip
_violation: Mapping[str, Any] = {
    "violation_id": VIOLATION, "institution_id": INSTITUTION, "visit_id": VISIT, "severity": "high",
    "found_on": date(2026, 3, 2), "at": AT, **GRID,
}  # fmt: skip
_enrolment: Mapping[str, Any] = {
    "enrolment_id": ENROLMENT, "offering_id": OFFERING, "school_id": SCHOOL, "student_id": one(99), "at": AT, **REACH
}  # fmt: skip
_campaign: Mapping[str, Any] = {"campaign_id": CAMPAIGN, "at": AT}

SAMPLES: dict[type[Event], Event] = {
    type(event): event
    for event in (
        InstitutionRegistered(**_institution),
        InstitutionChanged(**{**_institution, "status": "closed"}, changed=["status"]),
        InstitutionMerged(**{**_institution, "status": "merged"}, merged_into=one(98)),
        TargetPlaced(institution_id=INSTITUTION, grid="g1", blind_spot=None, at=AT),
        TeamFormed(team_id=TEAM, code="team-01", name="一组", grids=["g1"], at=AT, **REACH),
        CampaignLaunched(**_campaign, name="春季", targets=1, district="140213"),
        CampaignTargetsListed(
            **_campaign,
            targets=[ListedTarget(target_id=TARGET, institution_id=INSTITUTION, **GRID)],
        ),
        CampaignTargetClosed(
            **_campaign, target_id=TARGET, institution_id=INSTITUTION, visit_id=VISIT, reason="inspected"
        ),
        InstitutionDiscovered(
            discovery_id=DISCOVERY,
            visit_id=VISIT,
            team=None,
            name=None,
            address=None,
            kind=None,
            lon=None,
            lat=None,
            ledger_id=DISCOVERY,
            at=AT,
            **GRID,
        ),
        CampaignDiscovery(**_campaign, discovery_id=DISCOVERY, visit_id=VISIT, grid="g1"),
        CampaignClosed(**_campaign, targets=1, closed=1, discoveries=1),
        CampaignWithdrawn(**_campaign, name="春季", district="140213"),
        CampaignTargetsWithdrawn(**_campaign, targets=[TARGET]),
        VisitPlanned(**_visit),
        VisitStarted(**_visit, visited_on=date(2026, 3, 2)),
        VisitSubmitted(**_visit, outcome="inspected", visited_on=date(2026, 3, 2), score=1, violations=0),
        VisitRecorded(
            **_visit, outcome="moved", visited_on=date(2025, 12, 31), score=None, visit_type=None, external_ref="a"
        ),
        VisitReviewed(**_visit, accepted=False, note=None),
        VisitCalledOff(**_visit, cause="application-withdrawn"),
        ViolationReported(**_violation, state="reported", description="x", external_ref=None),
        RectificationOrdered(**_violation, state="rectification_ordered", due_on=date(2026, 4, 1), requirement="x"),
        ViolationExtended(**_violation, state="rectification_ordered", due_on=date(2026, 4, 9), reason="x"),
        ViolationRectified(**_violation, state="rectified", statement="x"),
        ViolationVerified(**_violation, state="closed", holds=True, note=None),
        ViolationWithdrawn(**_violation, state="withdrawn"),
        SchoolRegistered(school_id=SCHOOL, code="s", name="一小", at=AT, **REACH),
        OfferingPublished(
            offering_id=OFFERING, school_id=SCHOOL, name="足球", category="sports", capacity=30, at=AT, **REACH
        ),
        OfferingChanged(offering_id=OFFERING, school_id=SCHOOL, capacity=40, at=AT),
        StudentEnrolled(**_enrolment),
        StudentWaitlisted(**_enrolment),
        StudentPromoted(**_enrolment),
        EnrolmentWithdrawn(**_enrolment, was="enrolled"),
    )
}


def _published(event: type[Event]) -> Event:
    """The sample that other agencies have, with the place that older ones lack."""
    sample = json.loads((CONTRACTS / f"{event.type}.json").read_text(encoding="utf-8"))
    place = {"district": "140213", "street": "140213050"} if issubclass(event, LATER_PLACED) else {}
    return event.model_validate({**place, **sample["value"]})


def _at_school(event: Event) -> Event:
    """That event, at the school of all samples."""
    said = {"school_id": SCHOOL, "district": "140213", "street": "140213050", "on": date(2026, 3, 2), "at": AT}
    return event.model_copy(update={name: value for name, value in said.items() if name in type(event).model_fields})


SAMPLES |= {event: _published(event) for event in events_of("registry") if event not in COUNT_NOTHING | set(SAMPLES)}
SAMPLES |= {event: _published(event) for event in events_of("inspection") if event not in COUNT_NOTHING | set(SAMPLES)}
SAMPLES |= {
    event: _at_school(_published(event))
    for event in events_of("afterschool")
    if event not in COUNT_NOTHING | set(SAMPLES)
}
SAMPLES[SurveyResultsListed] = SurveyResultsListed(
    survey_id=one(720), term="2026-spring", at=AT, district="140213",
    results=[
        SurveyResult(
            audience="guardian", level="all", district=None, school_id=None, answered=90, counts={}, answers=180,
            favourable=171,
        ),
        SurveyResult(
            audience="guardian", level="school", district="140213", school_id=SCHOOL, answered=None, counts={}
        ),
    ],
)  # fmt: skip
RECIPIENTS = [one(600 + number) for number in range(2)]
SAMPLES[StopOrderRecipientsListed] = StopOrderRecipientsListed(
    stop_order_id=one(599), first_day=date(2026, 1, 24), last_day=date(2026, 2, 28), institutions=[INSTITUTION],
    recipients=[ListedRecipient(recipient_id=RECIPIENTS[0], institution_id=INSTITUTION, **REACH)], at=AT,
)  # fmt: skip

_CAMPAIGN, _SCHOOL = {"campaign": str(CAMPAIGN)}, {"school": str(SCHOOL)}
_MARCH = {"month": "2026-03"}
_VISIT = {**GRID, **_CAMPAIGN}
CASE = UUID("019a4c1e-0092-7092-8a2b-5d0c6e7f0092")
_CASE = {
    "kind": "prepayment.limit", "district": "140213", "street": "140213052", "grid": "140213052"
}  # fmt: skip
COMPLAINT = UUID("019a4c1e-0094-7094-8a2b-5d0c6e7f0094")
_COMPLAINT = {"kind": "fees", "district": "140213", "street": "140213052", "grid": "140213052"}
_VIOLATION = {**GRID, **_MARCH, "kind": "high"}
_ENROLMENT = {**REACH, **_SCHOOL, **_MARCH}

_STREET = {"district": "140213", "street": "140213052"}  # of the published samples


def _id(event: type[Event], name: str) -> UUID:
    found: UUID = getattr(SAMPLES[event], name)
    return found


_APPLICATION = _id(ApplicationSubmitted, "application_id")
_PERMIT = _id(PermitGranted, "permit_id")
_TRANSFORMATION = _id(TransformationStarted, "transformation_id")
_COMMITMENT = _id(CommitmentSigned, "commitment_id")
_ADVERTISEMENT = _id(AdvertisementFound, "advertisement_id")
_ORDER = _id(StopOrderIssued, "stop_order_id")
_RECIPIENT = _id(StopOrderAcknowledged, "recipient_id")
RELEASED: UUID = SAMPLES[StopOrderRecipientsReleased].model_dump()["recipients"][0]
_DRAW = _id(DrawCommitted, "draw_id")
_RECHECK = _id(RecheckConcluded, "recheck_id")
_EVIDENCE = _id(EvidenceKept, "evidence_id")
_CONFLICT = _id(SyncConflictRecorded, "operation_id")
_NOWHERE = {"district": "", "street": ""}
_OF_THE_STREET = {**_STREET, **_MARCH}
_ADVERTISED = {**_OF_THE_STREET, "kind": "visit"}

_SAID_OF_APPLICATIONS = {
    name: ("application", _APPLICATION, {"state": state, "kind": "new_permit", **_OF_THE_STREET}, None)
    for name, state in {
        "ApplicationDrafted": "draft",
        "ApplicationChanged": "draft",
        "ApplicationSubmitted": "submitted",
        "ApplicationReturned": "returned",
        "ApplicationAccepted": "accepted",
        "ApplicationExtended": "accepted",
        "SiteVisitRequested": "site_visit_requested",
        "SiteVisitConcluded": "site_visited",
        "ApplicationGranted": "granted",
        "ApplicationRefused": "refused",
        "ApplicationWithdrawn": "withdrawn",
    }.items()
}
_SAID_OF_PERMITS = {
    f"Permit{name}": (
        "permit",
        _PERMIT,
        {"state": name.lower(), "kind": "subject", **REACH, **_MARCH},
        None,
    )
    for name in ("Granted", "Recorded", "Suspended", "Reinstated", "Renewed", "Revoked", "Cancelled")
}
_SAID_OF_TRANSFORMATIONS = {
    f"Transformation{name}": (
        "transformation",
        _TRANSFORMATION,
        {"state": state, "kind": "non_subject", **_OF_THE_STREET},
        None,
    )
    for name, state in {
        "Started": "under_way", "StepDone": "under_way", "Completed": "completed", "Abandoned": "abandoned"
    }.items()
}  # fmt: skip
_SAID_OF_ADVERTISEMENTS = {
    f"Advertisement{name}": ("advertisement", _ADVERTISEMENT, {"state": state, **_ADVERTISED}, None)
    for name, state in {
        "Found": "found", "Identified": "found", "RemovalOrdered": "removal_ordered", "Removed": "removed",
        "Verified": "verified",
    }.items()
}  # fmt: skip

_AT_SCHOOL = {**REACH, **_SCHOOL}


def _of_schools(noun: str, name: str, said: Mapping[str, Mapping[str, str]], amount: int | None = None) -> Any:
    """What events of after-school say of a member, whose id is in the field of that name."""
    known = {event.__name__: event for event in SAMPLES}
    return {event: (noun, _id(known[event], name), says, amount) for event, says in said.items()}


_SAID_OF_SCHOOLS = {
    **_of_schools(
        "class", "class_id", {"ClassFormed": {"state": "formed", "kind": "3", "month": "0003-09", **_AT_SCHOOL}}
    ),
    **_of_schools(
        "teacher",
        "teacher_id",
        {
            "TeacherRegistered": {"state": "active", **_AT_SCHOOL},
            "TeacherLeft": {"state": "left", **_AT_SCHOOL},
        },
    ),
    **_of_schools(
        "student",
        "student_id",
        {
            "StudentAdmitted": {"state": "on_roll", "kind": "3", **_AT_SCHOOL},
            "StudentMoved": {"state": "on_roll", "kind": "3", **_AT_SCHOOL},
            "StudentLeft": {"state": "left", **_AT_SCHOOL},
        },
    ),
    **_of_schools(
        "offering", "offering_id", {"OfferingFrozen": {"state": "frozen"}, "OfferingUnfrozen": {"state": "open"}}
    ),
    **_of_schools(
        "enrolment",
        "enrolment_id",
        {
            "SeatOffered": {"state": "offered", **_ENROLMENT},
            "EnrolmentPassedOver": {"state": "passed_over", **_ENROLMENT},
            "EnrolmentReturned": {"state": "waiting", **_ENROLMENT},
        },
    ),
    **_of_schools("wish", "wish_id", {"WishRecorded": {"state": "wanted", **_ENROLMENT}}),
    **_of_schools("session_plan", "run_id", {"SessionsPlanned": {"state": "planned", **_ENROLMENT}}, 3),
    **_of_schools(
        "session",
        "session_id",
        {
            "SessionCancelled": {"state": "cancelled", "kind": "cancelled_for", **_ENROLMENT},
            "SessionRestored": {"state": "restored", "kind": "", **_ENROLMENT},
            "AttendanceRecorded": {"state": "held", "kind": "", **_ENROLMENT},
        },
    ),
    **_of_schools(
        "homework_day", "homework_id", {"HomeworkDeclared": {"state": "declared", "kind": "3", **_ENROLMENT}}, 3
    ),
    **_of_schools(
        "homework_report", "report_id", {"HomeworkReported": {"state": "filed", "kind": "source", **REACH, **_MARCH}}
    ),
    "SurveyResultsListed": (
        "survey_answers",
        uuid5(one(720), "guardian all None None"),
        {"state": "district", "kind": "guardian", "district": "140213", "school": "", **_MARCH},
        180,
    ),
    **_of_schools(
        "catalogue_item",
        "item_id",
        {
            "CatalogueItemEnacted": {"state": "enacted", "kind": "artistic_cultivation"},
            "CatalogueItemRepealed": {"state": "repealed"},
            "CatalogueItemWithdrawn": {"state": "withdrawn"},
            "CatalogueItemContinued": {"state": "enacted"},
        },
    ),
    **_of_schools(
        "declaration",
        "declaration_id",
        {
            "ManagementDeclared": {"state": "declared", "kind": "sleep", **_ENROLMENT},
            "DeclarationSigned": {"state": "signed", "kind": "sleep", **_ENROLMENT},
            "DeclarationWithdrawn": {"state": "withdrawn", "kind": "sleep", **_ENROLMENT},
            "DeclarationDrawn": {"state": "drawn", "kind": "sleep", **_ENROLMENT},
            "DeclarationVerified": {"state": "refuted", "kind": "sleep", **_ENROLMENT},
        },
    ),
    **_of_schools(
        "shortfall",
        "shortfall_id",
        {
            "ShortfallFound": {"state": "open", "kind": "sleep", **_ENROLMENT},
            "ShortfallClosed": {"state": "closed", "kind": "sleep", **_ENROLMENT},
        },
    ),
    **_of_schools(
        "listing",
        "listing_id",
        {
            "ProviderListed": {"state": "listed", "district": "140213"},
            "ProviderUnlisted": {"state": "unlisted", "district": "140213"},
        },
    ),
    **_of_schools(
        "subsidy_run",
        "run_id",
        {
            f"SubsidyRun{state.title()}": {"state": state, **_MARCH}
            for state in ("computed", "reviewed", "locked", "discarded")
        },
        3,
    ),
    **_of_schools(
        "fee_entry",
        "entry_id",
        {
            "FeeCollected": {"state": "collected", **_ENROLMENT},
            "FeeRefunded": {"state": "refunded", **_ENROLMENT},
        },
        3,
    ),
    **_of_schools(
        "fee_waiver",
        "waiver_id",
        {
            "FeeWaiverGranted": {"state": "granted", **_ENROLMENT},
            "FeeWaiverEnded": {"state": "ended", **_ENROLMENT},
        },
    ),
}

SAID: Mapping[str, tuple[Any, ...]] = {
    **_SAID_OF_SCHOOLS,
    **_SAID_OF_APPLICATIONS,
    **_SAID_OF_PERMITS,
    **_SAID_OF_TRANSFORMATIONS,
    **_SAID_OF_ADVERTISEMENTS,
    "CommitmentSigned": ("commitment", _COMMITMENT, {"state": "signed", "kind": "2", **_OF_THE_STREET}, None),
    "CommitmentBreached": ("commitment", _COMMITMENT, {"state": "breached"}, None),
    "NoticePublished": (
        "notice",
        _id(NoticePublished, "notice_id"),
        {"state": "published", "kind": "violators", **REACH, **_MARCH},
        154,
    ),
    "NoticeConfirmed": (
        "notice_receipt",
        _id(NoticeConfirmed, "receipt_id"),
        {"state": "confirmed", **REACH, **_MARCH},
        None,
    ),
    "StopOrderIssued": (
        "stop_order",
        _ORDER,
        {"state": "issued", "kind": "subject", "district": "140213", "campaign": str(_ORDER), "month": "2026-01"},
        None,
    ),
    "StopOrderCancelled": ("stop_order", _ORDER, {"state": "cancelled"}, None),
    "StopOrderRecipientsListed": (
        "stop_recipient",
        RECIPIENTS[0],
        {"state": "ordered", "campaign": str(one(599)), "month": "2026-01", **REACH},
        None,
        {},
        INSTITUTION,
    ),
    "StopOrderAcknowledged": ("stop_recipient", _RECIPIENT, {}, None, {Mark.ACKNOWLEDGED: True}),
    "StopOrderRecipientsReleased": ("stop_recipient", RELEASED, {"state": "released"}, None),
    "StopOrderVerified": ("stop_recipient", _RECIPIENT, {"kind": "stopped"}, None),
    "ResponsibilityAssigned": (
        "institution",
        _id(ResponsibilityAssigned, "institution_id"),
        {},
        None,
        {Mark.DISTRICT_OFFICER: True},
    ),
    "InstitutionRegistered": ("institution", INSTITUTION, {"state": "active", "kind": "subject", **REACH}, None),
    "InstitutionChanged": ("institution", INSTITUTION, {"state": "closed", "kind": "subject", **REACH}, None),
    "InstitutionMerged": ("institution", INSTITUTION, {"state": "merged", "kind": "subject", **REACH}, None),
    "TargetPlaced": ("institution", INSTITUTION, {"grid": "g1"}, None),
    "TeamFormed": ("team", TEAM, {"state": "active", **REACH}, None),
    "CampaignLaunched": ("campaign", CAMPAIGN, {"state": "open", "district": "140213", **_CAMPAIGN}, None),
    "CampaignTargetsListed": ("target", TARGET, {"state": "open", **_CAMPAIGN, **GRID}, None, {}, INSTITUTION),
    "CampaignTargetClosed": ("target", TARGET, {"state": "inspected"}, None),
    "InstitutionDiscovered": ("discovery", DISCOVERY, {"state": "found", **GRID}, None),
    "CampaignDiscovery": ("discovery", DISCOVERY, {"state": "found", **_NOWHERE, "grid": "g1", **_CAMPAIGN}, None),
    "DrawCommitted": ("draw", _DRAW, {"state": "committed", "district": "140213", "month": "2026-06"}, None),
    "DrawRevealed": ("draw", _DRAW, {"state": "revealed", "month": "2026-06"}, 21),
    "DrawCancelled": ("draw", _DRAW, {"state": "cancelled"}, None),
    "RecheckConcluded": (
        "recheck",
        _RECHECK,
        {"state": "differs", "kind": "inspected", "district": "140213", **_MARCH},
        None,
    ),
    **{
        f"Evidence{state.title()}": ("evidence", _EVIDENCE, {"state": state, "kind": "visit", **REACH, **_MARCH}, None)
        for state in ("announced", "received", "kept", "refused")
    },
    "SyncConflictRecorded": ("sync_conflict", _CONFLICT, {"state": "open", "district": "140213", **_MARCH}, None),
    "SyncConflictResolved": ("sync_conflict", _CONFLICT, {"state": "resolved"}, None),
    "CampaignClosed": ("campaign", CAMPAIGN, {"state": "closed", **_CAMPAIGN}, None),
    "CampaignWithdrawn": ("campaign", CAMPAIGN, {"state": "withdrawn", "district": "140213", **_CAMPAIGN}, None),
    "CampaignTargetsWithdrawn": ("target", TARGET, {"state": "withdrawn"}, None),
    "VisitPlanned": ("visit", VISIT, {"state": "planned", **_VISIT}, None),
    "VisitStarted": ("visit", VISIT, {"state": "started", **_VISIT, **_MARCH}, None),
    "VisitSubmitted": ("visit", VISIT, {"state": "done", **_VISIT, **_MARCH, "kind": "inspected"}, None),
    "VisitRecorded": ("visit", VISIT, {"state": "done", **_VISIT, "month": "2025-12", "kind": "moved"}, None),
    "VisitReviewed": ("visit", VISIT, {"state": "started"}, None),
    "VisitCalledOff": ("visit", VISIT, {"state": "called_off", **_VISIT}, None),
    "ViolationReported": ("violation", VIOLATION, {"state": "reported", **_VIOLATION}, None),
    "RectificationOrdered": ("violation", VIOLATION, {"state": "rectification_ordered", **_VIOLATION}, None),
    "ViolationExtended": ("violation", VIOLATION, {"state": "rectification_ordered", **_VIOLATION}, None),
    "ViolationRectified": ("violation", VIOLATION, {"state": "rectified", **_VIOLATION}, None),
    "ViolationVerified": ("violation", VIOLATION, {"state": "closed", **_VIOLATION}, None),
    "ViolationWithdrawn": ("violation", VIOLATION, {"state": "withdrawn", **_VIOLATION}, None),
    "CaseFiled": ("case", CASE, {"state": "filed", **_CASE, **_MARCH}, None),
    "CaseStepTaken": ("case", CASE, {"state": "investigating", **_CASE}, None),
    "CaseNotified": ("case", CASE, {"state": "notified", **_CASE}, None),
    "CaseDecided": ("case", CASE, {"state": "decided", **_CASE}, None),
    "CaseDropped": ("case", CASE, {"state": "leniency", **_CASE}, None),
    "CaseServed": ("case", CASE, {"state": "served", **_CASE}, None),
    "CasePaid": ("case", CASE, {"state": "paid", **_CASE}, None),
    "CaseClosed": ("case", CASE, {"state": "closed", **_CASE}, None),
    "ComplaintReceived": ("complaint", COMPLAINT, {"state": "received", "month": "2026-03", **_COMPLAINT}, None),
    "ComplaintMatched": ("complaint", COMPLAINT, {"state": "matched", **_COMPLAINT}, None),
    "ComplaintJoined": ("complaint", COMPLAINT, {"state": "joined", **_COMPLAINT}, None),
    "ComplaintParted": ("complaint", COMPLAINT, {"state": "matched", **_COMPLAINT}, None),
    "ComplaintVisitPlanned": ("complaint", COMPLAINT, {"state": "investigating", **_COMPLAINT}, None),
    "ComplaintAnswered": ("complaint", COMPLAINT, {"state": "answered", **_COMPLAINT}, None),
    "SchoolRegistered": ("school", SCHOOL, {"state": "active", **_SCHOOL, **REACH}, None),
    "OfferingPublished": ("offering", OFFERING, {"state": "open", "kind": "sports", **_SCHOOL, **REACH}, 30),
    "OfferingChanged": ("offering", OFFERING, {}, 40),
    "StudentEnrolled": ("enrolment", ENROLMENT, {"state": "enrolled", **_ENROLMENT}, None),
    "StudentWaitlisted": ("enrolment", ENROLMENT, {"state": "waiting", **_ENROLMENT}, None),
    "StudentPromoted": ("enrolment", ENROLMENT, {"state": "enrolled", **_ENROLMENT}, None),
    "EnrolmentWithdrawn": ("enrolment", ENROLMENT, {"state": "withdrawn", **_ENROLMENT}, None),
}
"""By the event's class name: noun, member, what is said of it, amount."""

_TAKEN = {"state": "taken", **_ENROLMENT}
SAID_BESIDES: Mapping[str, list[tuple[Any, ...]]] = {
    "CaseDecided": [("decision", CASE, {"state": "decided", **_CASE, **_MARCH}, 0)],
    "CasePaid": [("payment", CASE, {"state": "paid", **_CASE, **_MARCH}, 150_000)],
    "OfferingPublished": [("school", SCHOOL, {}, None, {Mark.SERVING: True})],
    "AttendanceRecorded": [
        ("attendance", _id(AttendanceRecorded, "session_id"), _TAKEN, 15),
        ("attended", _id(AttendanceRecorded, "session_id"), _TAKEN, 9),
    ],
    "HomeworkDeclared": [
        (
            "homework_unwritten",
            _id(HomeworkDeclared, "homework_id"),
            {"state": "declared", "kind": "3", **_ENROLMENT},
            3,
        )
    ],
    "SurveyResultsListed": [("survey_favourable", *SAID["SurveyResultsListed"][1:3], 171)],
}
"""Of events that speak of several members."""
