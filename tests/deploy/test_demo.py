"""The report's table as data, and what the made-up city's phones say; the whole is seen by `make demo`."""

import hashlib
from typing import Any
from uuid import uuid4

import pytest

from deploy.demo.acts.campaign import number_found
from deploy.demo.phone import Phone, announcement, synthetic_photo
from deploy.demo.player import PlayFailed
from deploy.demo.report import FIGURES, FULL, SIZES, SMALL, Equal, Figure, Size, SizeName, as_percent
from deploy.demo.street import GOOD
from deploy.demo.table import Line
from services.afterschool.quality.surveys.suppression import Answers, suppress
from services.inspection.field.devices.domain import Device, DeviceDetails
from services.inspection.findings.evidence.domain import Capture
from services.inspection.rulebook.checklists import seed
from services.inspection.rulebook.checklists.questions import faults_of, findings
from services.inspection.stories.sync.domain import OperationIn
from services.metrics.tree.indicators import INDICATORS, REPORTED
from shared.domain.canonical import canonical
from shared.domain.clock import utc_now


class Answering:
    """An API that keeps what it is sent and answers as it is told."""

    def __init__(self, *verdicts: str) -> None:
        self.sent: list[Any] = []
        self._verdicts = list(verdicts)

    async def post(self, service: str, path: str, body: Any) -> Any:
        self.sent.append(body)
        return self

    def json(self) -> Any:
        verdict = self._verdicts.pop(0)
        return {"verdicts": [{"operation_id": one["id"], "verdict": verdict} for one in self.sent[-1]["operations"]]}


async def test_a_phone_s_photo_is_signed_as_the_service_checks_it() -> None:
    api = Answering("applied", "already_applied")
    phone = Phone(api)  # type: ignore[arg-type]
    await phone.enrol()
    device, _ = Device.enrol(
        DeviceDetails.model_validate(api.sent[0]), subject="i", district=None, team="t", at=utc_now()
    )
    visit = phone.visits("inspected", plan={"institution_id": str(uuid4())}, answers=dict(GOOD))
    photo = synthetic_photo("test")
    evidence = phone.records(photo, visit, {"lon": 113.0, "lat": 40.08})
    await phone.push()
    sent = [OperationIn.model_validate(one) for one in api.sent[-1]["operations"]]
    assert [one.kind for one in sent] == ["plan_visit", "start_visit", "submit_visit", "announce_evidence"]
    capture = Capture.model_validate({**sent[-1].content, "id": evidence})
    assert capture.signature is not None
    assert device.signed(canonical(capture.claim), bytes.fromhex(capture.signature))
    assert capture.sha256 == hashlib.sha256(photo).hexdigest()


async def test_a_resend_that_is_not_recognised_stops_the_demo() -> None:
    phone = Phone(Answering("applied", "applied"))  # type: ignore[arg-type]
    phone.does("plan_visit", str(uuid4()))
    with pytest.raises(PlayFailed, match="sent again"):
        await phone.push()


def test_good_answers_are_complete_and_nothing_is_wrong_with_them() -> None:
    assert list(faults_of(seed.CONTENT.questions, GOOD)) == []
    assert findings(seed.CONTENT.questions, GOOD) == {}
    worse = dict(GOOD) | {"late_end": True, "prepaid_months": 6}
    assert [one.offence for one in findings(seed.CONTENT.questions, worse)] == ["training.late_end", "prepayment.limit"]


def test_what_is_announced_is_what_the_service_takes() -> None:
    said = announcement(synthetic_photo("test"), "violation", str(uuid4()), at=utc_now())
    assert Capture.model_validate(said).media_type == "image/jpeg"


def test_every_figure_of_the_report_has_its_line() -> None:
    """A target that the tree takes from the report is told, and in full size the figure is the target."""
    told = {figure.code: figure for figure in FIGURES}
    from_the_report = {code: one.target for code, one in INDICATORS.items() if one.target is not None}
    responsibilities_and_places = {
        "institutions.unplaced", "institutions.placed_share", "stop_orders.stopped_share",
        *(code for code in from_the_report if code.startswith("responsibilities.")),
    }  # fmt: skip
    assert set(from_the_report) - responsibilities_and_places <= set(told)
    for code, target in from_the_report.items():
        if target is not None and code in told:
            assert told[code].holds(target.value, FULL) or told[code].equal is Equal.AT_LEAST, code
    assert {code for code, figure in told.items() if figure.reported} == set(REPORTED)


@pytest.mark.parametrize("size", SIZES.values(), ids=str)
def test_a_size_can_reach_its_own_figures(size: Size) -> None:
    asked = {"satisfaction.students": size.students_asked, "satisfaction.guardians": size.guardians_asked}
    for figure in FIGURES:
        if figure.code in asked:
            assert figure.holds(float(asked[figure.code].share), size), figure.code
        if figure.code == "subsidies.posted":
            assert figure.holds(size.subsidised_classes * 2_000_000, size)
    children = size.asked_schools * size.classes_of_a_school * size.seats
    assert max(one.people for one in asked.values()) <= children
    assert max(one.unfavourable for one in asked.values()) <= size.classes_of_a_school * size.seats
    assert sum(number_found(size, place, size.institutions) for place in range(size.institutions)) == size.violations
    assert size.institutions * 154 // 311 == size.recipients
    assert size.pupils >= size.schools * size.classes_of_a_school * size.seats


@pytest.mark.parametrize("size", SIZES.values(), ids=str)
def test_the_results_of_the_survey_are_not_hidden(size: Size) -> None:
    of_a_school = size.classes_of_a_school * size.seats
    for asked in (size.students_asked, size.guardians_asked):
        schools, parents, left, unsatisfied = {}, {}, asked.people, asked.unfavourable
        for number in range(size.schools):
            people = min(of_a_school, left)
            left -= people
            bad = min(unsatisfied, people)
            unsatisfied -= bad
            schools[f"school {number}"] = Answers(people, ((people - bad, bad),))
            parents[f"school {number}"] = f"district {number * 10 // size.schools if size.schools > 10 else 0}"
        parents |= dict.fromkeys(set(parents.values()), "all")
        shown = suppress(schools, parents, choices=[2])["all"]
        assert shown.counts == ((asked.people - asked.unfavourable, asked.unfavourable),)


def test_a_line_holds_only_with_as_many_things_behind_it() -> None:
    by_code = {figure.code: figure for figure in FIGURES}
    commitments = by_code["commitments.signed"]
    assert Line(commitments, 31, 31, SMALL).holds
    assert not Line(commitments, 31, 30, SMALL).holds
    assert not Line(commitments, 30, 30, SMALL).holds
    assert not Line(commitments, None, 31, SMALL).holds
    assert not Line(by_code["satisfaction.students"], 0.9774, 0, SMALL).holds
    reported = by_code["x.communities"]
    assert Line(reported, 13, 1, FULL).holds
    assert not Line(reported, 13, 0, FULL).holds


def test_figures_are_compared_as_the_report_prints_them() -> None:
    two = Figure("t", "97.74 %", "c", 0.9774, 0.9774, Equal.PERCENT_2)
    assert two.holds(216 / 221, SMALL)
    assert not two.holds(0.9773, SMALL)
    assert as_percent(0.979, Equal.PERCENT_1) == "97.9 %"
    least = Figure("t", "> 3", "c", 3, 4, Equal.AT_LEAST)
    assert (least.holds(3, SMALL), least.holds(3, FULL), SIZES[SizeName.FULL]) == (True, False, FULL)
