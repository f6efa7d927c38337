"""One event of every type that counts, all about the same few things, and what each says of its member."""

from collections.abc import Mapping
from datetime import date
from typing import Any
from uuid import UUID

from shared.events import Event, afterschool, inspection, registry
from tests.metrics.deliveries import AT


def one(number: int) -> UUID:
    return UUID(int=number)


INSTITUTION, TEAM, CAMPAIGN, TARGET, DISCOVERY, VISIT, VIOLATION, SCHOOL, OFFERING, ENROLMENT = map(one, range(1, 11))
PLACE: Mapping[str, Any] = {"district": "140213", "street": "140213050"}
GRID: Mapping[str, Any] = {**PLACE, "grid": "g1"}

_institution: Mapping[str, Any] = {
    "institution_id": INSTITUTION, "name": "晨光", "uscc": None, "permit_no": None, "kind": "subject",
    "mode": "offline", "profit": "for_profit", "stages": [], "status": "active", "address": "1",
    "lon": None, "lat": None, "capacity": None, "external_ref": None, "at": AT, **PLACE,
}  # fmt: skip
_visit: Mapping[str, Any] = {
    "visit_id": VISIT, "institution_id": INSTITUTION, "campaign_id": CAMPAIGN, "team": "team-01", "at": AT, **GRID
}  # fmt: skip
_violation: Mapping[str, Any] = {
    "violation_id": VIOLATION, "institution_id": INSTITUTION, "visit_id": VISIT, "severity": "high",
    "found_on": date(2026, 3, 2), "at": AT, **GRID,
}  # fmt: skip
_enrolment: Mapping[str, Any] = {
    "enrolment_id": ENROLMENT, "offering_id": OFFERING, "school_id": SCHOOL, "student_id": one(99), "at": AT, **PLACE
}  # fmt: skip
_campaign: Mapping[str, Any] = {"campaign_id": CAMPAIGN, "at": AT}

SAMPLES: Mapping[type[Event], Event] = {
    type(event): event
    for event in (
        registry.InstitutionRegistered(**_institution),
        registry.InstitutionChanged(**{**_institution, "status": "closed"}, changed=["status"]),
        inspection.TargetPlaced(institution_id=INSTITUTION, grid="g1", blind_spot=None, at=AT),
        inspection.TeamFormed(team_id=TEAM, code="team-01", name="一组", district="140213", grids=["g1"], at=AT),
        inspection.CampaignLaunched(**_campaign, name="春季", targets=1),
        inspection.CampaignTargetsListed(
            **_campaign,
            targets=[inspection.ListedTarget(target_id=TARGET, institution_id=INSTITUTION, **GRID)],
        ),
        inspection.CampaignTargetClosed(
            **_campaign, target_id=TARGET, institution_id=INSTITUTION, visit_id=VISIT, reason="inspected"
        ),
        inspection.CampaignDiscovery(**_campaign, discovery_id=DISCOVERY, visit_id=VISIT, grid="g1"),
        inspection.CampaignClosed(**_campaign, targets=1, closed=1, discoveries=1),
        inspection.VisitPlanned(**_visit),
        inspection.VisitStarted(**_visit, visited_on=date(2026, 3, 2)),
        inspection.VisitSubmitted(**_visit, outcome="inspected", visited_on=date(2026, 3, 2), score=1, violations=0),
        inspection.VisitRecorded(
            **_visit, outcome="moved", visited_on=date(2025, 12, 31), score=None, visit_type=None, external_ref="a"
        ),
        inspection.VisitReviewed(**_visit, accepted=False, note=None),
        inspection.VisitCalledOff(**_visit, cause="application-withdrawn"),
        inspection.ViolationReported(**_violation, state="reported", description="x", external_ref=None),
        inspection.RectificationOrdered(
            **_violation, state="rectification_ordered", due_on=date(2026, 4, 1), requirement="x"
        ),
        inspection.ViolationRectified(**_violation, state="rectified", statement="x"),
        inspection.ViolationVerified(**_violation, state="closed", holds=True, note=None),
        afterschool.SchoolRegistered(school_id=SCHOOL, code="s", name="一小", at=AT, **PLACE),
        afterschool.OfferingPublished(
            offering_id=OFFERING, school_id=SCHOOL, name="足球", category="sports", capacity=30, at=AT, **PLACE
        ),
        afterschool.OfferingChanged(offering_id=OFFERING, school_id=SCHOOL, capacity=40, at=AT),
        afterschool.StudentEnrolled(**_enrolment),
        afterschool.StudentWaitlisted(**_enrolment),
        afterschool.StudentPromoted(**_enrolment),
        afterschool.EnrolmentWithdrawn(**_enrolment, was="enrolled"),
    )
}

_CAMPAIGN, _SCHOOL = {"campaign": str(CAMPAIGN)}, {"school": str(SCHOOL)}
_MARCH = {"month": "2026-03"}
_VISIT = {**GRID, **_CAMPAIGN}
_VIOLATION = {**GRID, **_MARCH, "kind": "high"}
_ENROLMENT = {**PLACE, **_SCHOOL, **_MARCH}

SAID: Mapping[str, tuple[str, UUID, Mapping[str, str], int | None]] = {
    "InstitutionRegistered": ("institution", INSTITUTION, {"state": "active", "kind": "subject", **PLACE}, None),
    "InstitutionChanged": ("institution", INSTITUTION, {"state": "closed", "kind": "subject", **PLACE}, None),
    "TargetPlaced": ("institution", INSTITUTION, {"grid": "g1"}, None),
    "TeamFormed": ("team", TEAM, {"state": "active", "district": "140213"}, None),
    "CampaignLaunched": ("campaign", CAMPAIGN, {"state": "open", **_CAMPAIGN}, None),
    "CampaignTargetsListed": ("target", TARGET, {"state": "open", **_CAMPAIGN, **GRID}, None),
    "CampaignTargetClosed": ("target", TARGET, {"state": "inspected"}, None),
    "CampaignDiscovery": ("discovery", DISCOVERY, {"state": "found", "grid": "g1", **_CAMPAIGN}, None),
    "CampaignClosed": ("campaign", CAMPAIGN, {"state": "closed", **_CAMPAIGN}, None),
    "VisitPlanned": ("visit", VISIT, {"state": "planned", **_VISIT}, None),
    "VisitStarted": ("visit", VISIT, {"state": "started", **_VISIT, **_MARCH}, None),
    "VisitSubmitted": ("visit", VISIT, {"state": "done", **_VISIT, **_MARCH, "kind": "inspected"}, None),
    "VisitRecorded": ("visit", VISIT, {"state": "done", **_VISIT, "month": "2025-12", "kind": "moved"}, None),
    "VisitReviewed": ("visit", VISIT, {"state": "started"}, None),
    "VisitCalledOff": ("visit", VISIT, {"state": "called_off", **_VISIT}, None),
    "ViolationReported": ("violation", VIOLATION, {"state": "reported", **_VIOLATION}, None),
    "RectificationOrdered": ("violation", VIOLATION, {"state": "rectification_ordered", **_VIOLATION}, None),
    "ViolationRectified": ("violation", VIOLATION, {"state": "rectified", **_VIOLATION}, None),
    "ViolationVerified": ("violation", VIOLATION, {"state": "closed", **_VIOLATION}, None),
    "SchoolRegistered": ("school", SCHOOL, {"state": "active", **_SCHOOL, **PLACE}, None),
    "OfferingPublished": ("offering", OFFERING, {"state": "open", "kind": "sports", **_SCHOOL, **PLACE}, 30),
    "OfferingChanged": ("offering", OFFERING, {}, 40),
    "StudentEnrolled": ("enrolment", ENROLMENT, {"state": "enrolled", **_ENROLMENT}, None),
    "StudentWaitlisted": ("enrolment", ENROLMENT, {"state": "waiting", **_ENROLMENT}, None),
    "StudentPromoted": ("enrolment", ENROLMENT, {"state": "enrolled", **_ENROLMENT}, None),
    "EnrolmentWithdrawn": ("enrolment", ENROLMENT, {"state": "withdrawn", **_ENROLMENT}, None),
}
"""By the event's class name: noun, member, what is said of it, amount."""
