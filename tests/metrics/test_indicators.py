"""The numbers over HTTP: values, scopes, series, receipts, the scorecard and coverage."""

from collections.abc import Mapping
from datetime import date
from typing import Any
from uuid import UUID

import pytest

from services.metrics.indicators.domain import Scope, ScopeMalformed, ScopeOutOfReach, Value
from services.metrics.tree.indicators import BRANCHES, INDICATORS, REPORTED
from shared.events import Event
from shared.events.afterschool.catalogue import CatalogueItemEnacted
from shared.events.afterschool.engagements import ProviderListed
from shared.events.afterschool.enrolments import (
    EnrolmentPassedOver,
    EnrolmentWithdrawn,
    SeatOffered,
    StudentEnrolled,
    StudentWaitlisted,
)
from shared.events.afterschool.fees import FeeCollected, FeeRefunded, FeeWaiverGranted
from shared.events.afterschool.homework import HomeworkDeclared, HomeworkReported
from shared.events.afterschool.managements import (
    DeclarationVerified,
    ManagementDeclared,
    ShortfallClosed,
    ShortfallFound,
)
from shared.events.afterschool.offerings import OfferingChanged, OfferingFrozen, OfferingPublished
from shared.events.afterschool.schools import ClassFormed, SchoolRegistered, TeacherLeft, TeacherRegistered
from shared.events.afterschool.sessions import AttendanceRecorded, SessionCancelled, SessionsPlanned
from shared.events.afterschool.students import StudentAdmitted, StudentLeft
from shared.events.afterschool.subsidies import SubsidyRunComputed, SubsidyRunLocked
from shared.events.afterschool.surveys import SurveyResult, SurveyResultsListed
from shared.events.afterschool.wishes import WishRecorded
from shared.events.inspection.campaigns import (
    CampaignDiscovery,
    CampaignLaunched,
    CampaignTargetClosed,
    CampaignTargetsListed,
    CampaignTargetsWithdrawn,
    CampaignWithdrawn,
)
from shared.events.inspection.cases import CaseDecided, CaseFiled, CasePaid
from shared.events.inspection.complaints import ComplaintAnswered, ComplaintReceived
from shared.events.inspection.draws import DrawCommitted, DrawRevealed
from shared.events.inspection.evidence import EvidenceKept, EvidenceRefused
from shared.events.inspection.rechecks import RecheckConcluded
from shared.events.inspection.sync import SyncConflictRecorded, SyncConflictResolved
from shared.events.inspection.targets import InstitutionDiscovered, TargetPlaced
from shared.events.inspection.teams import TeamFormed
from shared.events.inspection.violations import ViolationRectified, ViolationReported, ViolationVerified
from shared.events.inspection.visits import VisitPlanned, VisitRecorded, VisitSubmitted
from shared.events.registry.institutions import InstitutionChanged
from shared.http.auth import Principal
from tests.metrics.conftest import World, changed, institution, licensing
from tests.metrics.deliveries import AT
from tests.metrics.samples import CAMPAIGN, SAMPLES, SCHOOL, one

HERE, THERE = "140213", "140214"

CITY: Mapping[str, tuple[int, int | None]] = {
    "institutions.total": (4, None),
    "institutions.active": (2, None),
    "institutions.unlicensed": (1, None),
    "institutions.subject": (3, None),
    "institutions.non_subject": (1, None),
    "institutions.unplaced": (3, None),
    "institutions.placed_share": (1, 4),
    "commitments.signed": (2, None),
    "commitments.breached": (1, None),
    "transformations.under_way": (1, None),
    "transformations.completed": (2, None),
    "transformations.non_subject": (1, None),
    "transformations.non_profit": (0, None),
    "transformations.closure": (1, None),
    "applications.open": (1, None),
    "applications.decided": (2, None),
    "applications.granted": (1, None),
    "applications.refused": (1, None),
    "permits.total": (4, None),
    "permits.not_ended": (2, None),
    "permits.suspended": (1, None),
    "stop_orders.issued": (1, None),
    "stop_orders.recipients": (3, None),
    "stop_orders.acknowledged": (2, None),
    "stop_orders.acknowledged_share": (2, 3),
    "stop_orders.stopped": (1, None),
    "stop_orders.operating": (1, None),
    "stop_orders.stopped_share": (1, 3),
    "responsibilities.district_officer": (2, None),
    "responsibilities.district_officer_share": (2, 3),
    "responsibilities.street_officer": (0, None),
    "responsibilities.street_officer_share": (0, 3),
    "responsibilities.industry_department": (1, None),
    "responsibilities.industry_department_share": (1, 3),
    "advertisements.found": (3, None),
    "advertisements.cleaned_up": (1, None),
    "advertisements.cleaned_up_share": (1, 3),
    "permits.revoked": (1, None),
    "permits.cancelled": (1, None),
    "notices.published": (2, None),
    "notices.violators": (1, None),
    "notices.confirmed": (2, None),
    "notices.confirmed_share": (2, 160),
    "inspection.teams": (1, None),
    "inspection.visits": (2, None),
    "inspection.targets": (3, None),
    "inspection.covered": (2, None),
    "inspection.coverage": (2, 3),
    "inspection.discoveries": (2, None),
    "discoveries.entered": (1, None),
    "draws.revealed": (1, None),
    "draws.targets": (21, None),
    "rechecks.total": (2, None),
    "rechecks.agreeing_share": (1, 2),
    "sync_conflicts.total": (3, None),
    "sync_conflicts.open": (1, None),
    "complaints.received": (2, None),
    "complaints.answered": (1, None),
    "complaints.answered_share": (1, 2),
    "evidence.kept": (1, None),
    "cases.filed": (3, None),
    "cases.decided": (2, None),
    "fines.imposed": (6_000_000, None),
    "fines.paid": (150_000, None),
    "violations.total": (3, None),
    "violations.open": (2, None),
    "violations.investigated": (2, None),
    "violations.rectified": (2, None),
    "violations.closed": (1, None),
    "violations.closed_share": (1, 3),
    "violations.low": (1, None),
    "violations.moderate": (0, None),
    "violations.high": (2, None),
    "homework_reports.filed": (1, None),
    "schools.total": (2, None),
    "classes.formed": (1, None),
    "students.roll": (1, None),
    "teachers.total": (1, None),
    "managements.declared": (3, None),
    "managements.homework": (2, None),
    "managements.sleep": (1, None),
    "managements.phones": (0, None),
    "managements.reading": (0, None),
    "managements.fitness": (0, None),
    "managements.verified": (2, None),
    "managements.confirmed_share": (1, 2),
    "shortfalls.open": (1, None),
    "shortfalls.closed": (1, None),
    "homework.days": (3, None),
    "homework.written_minutes": (130, None),
    "homework.average_minutes": (130, 3),
    "homework.average_minutes_lower": (0, 1),
    "homework.average_minutes_upper": (130, 2),
    "homework.average_minutes_junior": (0, 0),
    "homework.other_minutes": (9, None),
    "catalogue.items": (1, None),
    "schools.serving": (1, None),
    "schools.serving_share": (1, 2),
    "afterschool.offerings": (2, None),
    "afterschool.frozen": (1, None),
    "afterschool.places": (45, None),
    "afterschool.enrolled": (1, None),
    "afterschool.waiting": (2, None),
    "afterschool.offered": (1, None),
    "afterschool.withdrawn": (1, None),
    "wishes.wanted": (1, None),
    "wishes.wanted_share": (1, 2),
    "sessions.planned": (3, None),
    "sessions.cancelled": (1, None),
    "sessions.held": (1, None),
    "sessions.held_share": (1, 2),
    "attendance.present": (9, None),
    "attendance.present_share": (9, 21),
    "satisfaction.students": (9774, 10_000),
    "satisfaction.guardians": (979, 1000),
    "providers.listed": (1, None),
    "subsidies.posted": (3, None),
    "subsidies.runs": (1, None),
    "fees.collected": (3, None),
    "fees.refunded": (3, None),
    "fees.waivers": (1, None),
}


def results(audience: str, level: str, favourable: int, answers: int, **where: Any) -> SurveyResult:
    row = {"district": None, "school_id": None} | where
    return SurveyResult(
        audience=audience, level=level, answered=1, counts={}, answers=answers, favourable=favourable, **row
    )


def a_schools_day() -> list[Event]:
    """One or two of most facts of after-school, at the school of the samples."""
    gone = {"present": 0, "late": 0, "left_early": 0, "held": False}
    rows = [
        results("student", "all", 9774, 10_000),
        results("guardian", "all", 979, 1000),
        results("student", "district", 90, 100, district=HERE),
        results("student", "school", 8, 10, district=HERE, school_id=SCHOOL),
    ]
    return [
        changed(SchoolRegistered, school_id=one(81), district=THERE),
        SAMPLES[ClassFormed],
        SAMPLES[TeacherRegistered],
        changed(TeacherLeft, teacher_id=one(820)),
        SAMPLES[StudentAdmitted],
        changed(StudentLeft, student_id=one(821)),
        SAMPLES[ManagementDeclared],
        changed(DeclarationVerified, declaration_id=one(822), management="homework", confirmed=True),
        changed(DeclarationVerified, declaration_id=one(823), management="homework"),
        SAMPLES[ShortfallFound],
        changed(ShortfallClosed, shortfall_id=one(824), late=True),
        changed(HomeworkDeclared, homework_id=one(825), written_minutes=50),
        changed(HomeworkDeclared, homework_id=one(826), written_minutes=80, grade=6),
        changed(HomeworkDeclared, homework_id=one(827), written_minutes=0, grade=1),
        SAMPLES[HomeworkReported],
        SAMPLES[CatalogueItemEnacted],
        changed(OfferingPublished, offering_id=one(828), capacity=5),
        changed(OfferingFrozen, offering_id=one(828)),
        changed(SeatOffered, enrolment_id=one(829)),
        changed(EnrolmentPassedOver, enrolment_id=one(830)),
        SAMPLES[WishRecorded],
        changed(WishRecorded, wish_id=one(831), wanted=False),
        SAMPLES[SessionsPlanned],
        changed(SessionCancelled, session_id=one(832)),
        SAMPLES[AttendanceRecorded],
        changed(AttendanceRecorded, session_id=one(833), **gone),
        SurveyResultsListed(survey_id=one(834), term="t", results=rows, at=AT),
        SAMPLES[ProviderListed],
        SAMPLES[SubsidyRunLocked],
        changed(SubsidyRunComputed, run_id=one(835)),
        SAMPLES[FeeCollected],
        SAMPLES[FeeRefunded],
        SAMPLES[FeeWaiverGranted],
    ]


async def a_city(world: World) -> None:
    """The events whose numbers stand above, counted by hand."""
    target = SAMPLES[CampaignTargetsListed].targets[0]  # type: ignore[attr-defined]  # the sample's type is known
    listed = [
        target.model_copy(update={"target_id": one(100 + number), "grid": grid})
        for number, grid in enumerate(("g1", "g1", "g2"))
    ]
    await world.count(
        institution(1),
        institution(2, district=THERE, street="140214001"),
        institution(3, status="unlicensed"),
        institution(4, kind="non_subject"),
        changed(InstitutionChanged, institution_id=UUID(int=1004), kind="non_subject"),
        changed(TargetPlaced, institution_id=UUID(int=1001)),
        SAMPLES[TeamFormed],
        SAMPLES[CampaignLaunched],
        changed(CampaignTargetsListed, targets=listed),
        changed(CampaignTargetClosed, target_id=one(100)),
        changed(CampaignTargetClosed, target_id=one(102), reason="moved"),
        SAMPLES[CampaignDiscovery],
        SAMPLES[VisitSubmitted],
        changed(VisitRecorded, visit_id=one(200), district=THERE),
        changed(VisitPlanned, visit_id=one(201)),
        SAMPLES[ViolationVerified],
        changed(ViolationReported, violation_id=one(300), found_on=date(2025, 11, 30), district=THERE),
        changed(ViolationRectified, violation_id=one(301), severity="low", found_on=date(2026, 1, 1)),
        changed(InstitutionDiscovered, discovery_id=one(310), name="启航", address="迎宾街", kind="subject"),
        SAMPLES[DrawCommitted],
        SAMPLES[DrawRevealed],
        changed(DrawCommitted, draw_id=one(320)),
        SAMPLES[RecheckConcluded],
        changed(RecheckConcluded, recheck_id=one(330), agrees=True),
        SAMPLES[SyncConflictRecorded],
        changed(SyncConflictRecorded, operation_id=one(340), hard=False),
        changed(SyncConflictRecorded, operation_id=one(341)),
        changed(SyncConflictResolved, operation_id=one(341)),
        SAMPLES[ComplaintReceived],
        changed(ComplaintReceived, complaint_id=one(350)),
        changed(ComplaintAnswered, complaint_id=one(350)),
        SAMPLES[EvidenceKept],
        changed(EvidenceRefused, evidence_id=one(360)),
        SAMPLES[CaseFiled],
        *(changed(CaseFiled, case_id=one(370 + number)) for number in range(2)),
        changed(CaseDecided, case_id=one(370), fine_fen=1_000_000),
        changed(CasePaid, case_id=one(370)),
        changed(CaseDecided, case_id=one(371), fine_fen=5_000_000),
        SAMPLES[SchoolRegistered],
        SAMPLES[OfferingPublished],
        SAMPLES[OfferingChanged],
        SAMPLES[StudentEnrolled],
        changed(StudentWaitlisted, enrolment_id=one(400)),
        changed(EnrolmentWithdrawn, enrolment_id=one(401)),
        *licensing(),
        *a_schools_day(),
    )


def test_every_counted_indicator_stands_above() -> None:
    assert set(CITY) == set(INDICATORS) - set(REPORTED)


def test_a_ratio_of_nothing_is_no_number() -> None:
    assert [Value(0, 0).value, Value(1, 2).value, Value(3, None).value, Value(0, 5).value] == [None, 0.5, 3, 0]
    assert [Value(3, 2).value, Value(3, 2, average=True).value, Value(0, None, known=False).value] == [None, 1.5, None]


@pytest.mark.parametrize("words", ["", "city:", "district", "district:", "town:1", "grid:" + "x" * 65, ":x", "City"])
def test_scopes_that_are_malformed(words: str) -> None:
    with pytest.raises(ScopeMalformed):
        Scope.parse(words)


def test_scopes_within_reach() -> None:
    officer = Principal("o", frozenset({"district_officer"}), district=HERE)
    staff = Principal("s", frozenset({"school_staff"}), school="x")
    assert str(Scope.parse("city").within(officer)) == f"district:{HERE}"
    assert str(Scope.parse("city").within(staff)) == "school:x"
    assert str(Scope.parse("grid:a:b").within(Principal("b", frozenset({"bureau"})))) == "grid:a:b"
    assert str(Scope.parse(f"street:{HERE}050").within(officer)) == f"street:{HERE}050"
    with pytest.raises(ScopeOutOfReach):
        Scope.parse(f"street:{HERE}050").within(staff)
    for words in (
        f"district:{THERE}",
        "street:1",
        f"street:{THERE}050",
        f"street:{HERE}",
        f"street:{HERE}0501",
        "grid:g1",
        "school:y",
    ):
        with pytest.raises(ScopeOutOfReach):
            Scope.parse(words).within(officer)
        with pytest.raises(ScopeOutOfReach):
            Scope.parse(words).within(staff)
    with pytest.raises(ScopeOutOfReach):
        Scope.parse("city").within(Principal("o", frozenset({"district_officer"})))


async def test_the_tree_over_http(world: World) -> None:
    nodes = await world.get("/v1/indicators")
    assert [node["code"] for node in nodes] == [*(branch.code for branch in BRANCHES), *INDICATORS]
    units = {node["code"]: node["unit"] for node in nodes}
    assert (units["outside"], units["institutions.total"]) == (None, "count")
    assert (units["afterschool.places"], units["inspection.coverage"]) == ("places", "ratio")
    told = {node["code"]: node for node in nodes}
    assert told["outside.grasps"]["definition"] is None
    assert told["stop_orders.stopped_share"] == {
        "code": "stop_orders.stopped_share",
        "parent": "outside.stricts",
        "zh": "停训率",
        "en": "Share verified stopped",
        "unit": "ratio",
        "rule_version": 1,
        "source": "events",
        "definition": {
            "zh": "经核实已停训的机构占停训令责令停训的机构的比例。",
            "en": "The share of institutions verified to have stopped "
            "among institutions ordered to stop, once per order.",
        },
        "grain": {"code": "stop_recipient", "zh": "停训令对象", "en": "recipient of a stop order"},
        "numerator": {"zh": "经核实已停训的机构", "en": "institutions verified to have stopped"},
        "denominator": {"zh": "停训令责令停训的机构", "en": "institutions ordered to stop, once per order"},
        "target": {
            "value": 1.0,
            "as_of": "2021",
            "source": {"zh": "2021年大同市“双减”工作报道", "en": "Press report of 2021 on Datong"},
        },
        "direction": "more",
        "owner": {"code": "supervision", "zh": "校外教育培训监管科", "en": "Supervision section"},
        "dimensions": ["campaign", "district", "kind", "month", "state", "street"],
    }


async def test_values_of_a_city(world: World) -> None:
    await a_city(world)
    for code, (numerator, denominator) in CITY.items():
        found = await world.get(f"/v1/indicators/{code}")
        value = numerator if denominator is None else numerator / denominator if denominator else None
        assert (found["numerator"], found["denominator"], found["value"]) == (numerator, denominator, value), code
    card = await world.get("/v1/scorecard")
    counted = [one for one in card["values"] if one["code"] not in REPORTED]
    assert {one["code"]: (one["numerator"], one["denominator"]) for one in counted} == CITY
    assert all(one["known"] for one in counted)
    assert card["scope"] == "city"


async def test_nothing_is_zero_and_no_ratio(world: World) -> None:
    for one_ in (await world.get("/v1/scorecard"))["values"]:
        whole = INDICATORS[one_["code"]].denominator
        expected = (None, 0) if whole is not None else (None if one_["code"] in REPORTED else 0, None)
        assert (one_["value"], one_["denominator"]) == expected
    answer = await world.bureau.get("/v1/indicators/nothing")
    assert (answer.status_code, answer.json()["code"]) == (404, "indicator-not-found")


async def test_scopes(world: World) -> None:
    await a_city(world)
    school = world.service("school_staff", school=str(SCHOOL))
    officer = world.service("district_officer", district=THERE)
    for client, code, scope, value in (
        (world.bureau, "institutions.total", f"district:{HERE}", 3),
        (world.bureau, "institutions.total", "street:140214001", 1),
        (world.bureau, "institutions.total", "grid:g1", 1),
        (world.bureau, "inspection.targets", f"campaign:{CAMPAIGN}", 3),
        (world.bureau, "inspection.targets", "campaign:none", 0),
        (officer, "institutions.total", "city", 1),
        (officer, "violations.total", f"district:{THERE}", 1),
        (school, "afterschool.places", "city", 45),
        (school, "institutions.total", f"school:{SCHOOL}", None),
        (school, "satisfaction.students", "city", 0.8),
        (school, "satisfaction.guardians", "city", None),
        (officer, "satisfaction.students", "city", None),
        (world.bureau, "satisfaction.students", f"district:{HERE}", 0.9),
        (world.bureau, "satisfaction.students", "street:140213050", None),
        (world.bureau, "subsidies.posted", f"district:{HERE}", None),
        (world.bureau, "sync_conflicts.total", "street:140213050", None),
        (world.bureau, "permits.total", "street:140213050", 4),
    ):
        assert (await world.get(f"/v1/indicators/{code}", client, scope=scope))["value"] == value, (code, scope)


@pytest.mark.parametrize(
    ("code", "by", "points"),
    [
        ("institutions.total", "district", {HERE: 3, THERE: 1}),
        ("institutions.total", "street", {"140213050": 3, "140214001": 1}),
        ("institutions.total", "grid", {"": 3, "g1": 1}),
        ("institutions.total", "kind", {"non_subject": 1, "subject": 3}),
        ("institutions.total", "state", {"active": 2, "closed": 1, "unlicensed": 1}),
        ("inspection.coverage", "grid", {"g1": 0.5, "g2": 1.0}),
        ("inspection.targets", "campaign", {str(CAMPAIGN): 3}),
        ("afterschool.places", "school", {str(SCHOOL): 45}),
        ("satisfaction.students", "district", {HERE: 0.9}),
        ("satisfaction.students", "school", {str(SCHOOL): 0.8}),
        ("satisfaction.students", "month", {"2026-03": 0.9774}),
        ("homework.average_minutes", "kind", {"1": 0.0, "3": 50.0, "6": 80.0}),
        ("subsidies.posted", "district", {}),
        ("x.labour_bases", "district", {}),
        ("permits.revoked", "month", {"2026-03": 1}),
        ("fines.imposed", "kind", {"prepayment.limit": 6_000_000}),
        ("stop_orders.stopped_share", "district", {HERE: 1 / 3}),
        ("stop_orders.acknowledged", "month", {"2026-01": 2}),
        ("violations.total", "month", {"2025-11": 1, "2026-01": 1, "2026-03": 1}),
        ("violations.closed_share", "month", {"2025-11": 0.0, "2026-01": 0.0, "2026-03": 1.0}),
    ],
)
async def test_series(world: World, code: str, by: str, points: dict[str, float]) -> None:
    await a_city(world)
    series = await world.get(f"/v1/indicators/{code}/values", by=by)
    assert {point["key"]: point["value"] for point in series["values"]} == points
    assert list(points) == [point["key"] for point in series["values"]]


@pytest.mark.parametrize(
    ("months", "keys"),
    [
        ({"from": "2026-01"}, ["2026-01", "2026-03"]),
        ({"to": "2026-01"}, ["2025-11", "2026-01"]),
        ({"from": "2025-12", "to": "2026-02"}, ["2026-01"]),
        ({"from": "2026-04"}, []),
        ({"from": "2026-03", "to": "2025-11"}, []),
    ],
)
async def test_months_from_and_to_are_included(world: World, months: dict[str, str], keys: list[str]) -> None:
    await a_city(world)
    series = await world.get("/v1/indicators/violations.total/values", by="month", **months)
    assert [point["key"] for point in series["values"]] == keys


async def test_receipts_are_exactly_the_events_of_what_is_counted(world: World) -> None:
    await a_city(world)
    told = await world.count(
        institution(1, name="again"), changed(InstitutionChanged, institution_id=UUID(int=1003)), institution(5)
    )
    for code, count in (("institutions.total", 14), ("institutions.active", 8), ("violations.closed_share", 3)):
        seen: list[dict[str, Any]] = []
        query = {"limit": "2"}
        while True:
            page = await world.get(f"/v1/indicators/{code}/receipts", **query)
            seen += page["items"]
            if page["next_cursor"] is None:
                break
            query["cursor"] = page["next_cursor"]
        assert len(seen) == len({one["event_id"] for one in seen}) == count, code
        assert {one["noun"] for one in seen} == {code.split(".")[0].removesuffix("s")}
    acknowledged = await world.get("/v1/indicators/stop_orders.acknowledged/receipts")
    assert {item["member_id"] for item in acknowledged["items"]} == {str(one(700)), str(one(701))}
    last = seen[-1]
    assert (last["topic"], last["sequence"], last["partition"]) == ("inspection.violations.v1", 1, 0)
    place = await world.get("/v1/indicators/institutions.total/receipts", scope=f"district:{THERE}")
    assert [one["member_id"] for one in place["items"]] == [str(UUID(int=1002))] * 2  # the entry, and its officer
    everything = await world.get("/v1/indicators/institutions.total/receipts", limit="200")
    assert {str(delivery.envelope.event_id) for delivery in told} <= {one["event_id"] for one in everything["items"]}


async def test_coverage_by_grid(world: World) -> None:
    await a_city(world)
    found = await world.get("/v1/coverage", campaign=str(CAMPAIGN))
    assert (found["targets"], found["closed"], found["coverage"], found["discoveries"]) == (3, 2, 2 / 3, 1)
    assert found["grids"] == [
        {
            "grid": "g1",
            "zh": None,
            "en": None,
            "targets": 2,
            "closed": 1,
            "discoveries": 1,
            "reasons": {"inspected": 1},
        },
        {"grid": "g2", "zh": None, "en": None, "targets": 1, "closed": 1, "discoveries": 0, "reasons": {"moved": 1}},
    ]
    answer = await world.bureau.get("/v1/coverage", params={"campaign": str(one(77))})
    assert (answer.status_code, answer.json()["code"]) == (404, "campaign-not-found")


async def test_the_list_of_a_withdrawn_campaign_counts_nowhere(world: World) -> None:
    await world.count(SAMPLES[CampaignLaunched], SAMPLES[CampaignTargetsListed])
    assert (await world.get("/v1/indicators/inspection.targets"))["value"] == 1
    await world.count(SAMPLES[CampaignWithdrawn], SAMPLES[CampaignTargetsWithdrawn])
    assert (await world.get("/v1/indicators/inspection.targets"))["value"] == 0
    assert (await world.get("/v1/indicators/inspection.coverage"))["value"] is None
    found = await world.get("/v1/coverage", campaign=str(CAMPAIGN))
    assert (found["targets"], found["coverage"], found["grids"]) == (0, None, [])
