"""What the made-up city's phones say is what the service takes; the whole is seen by `make demo`."""

import hashlib
from typing import Any
from uuid import uuid4

import pytest

from deploy.demo.phone import Phone, announcement, synthetic_photo
from deploy.demo.player import PlayFailed
from deploy.demo.street import GOOD
from services.inspection.field.devices.domain import Device, DeviceDetails
from services.inspection.findings.evidence.domain import Capture
from services.inspection.rulebook.checklists import seed
from services.inspection.rulebook.checklists.questions import faults_of, findings
from services.inspection.stories.sync.domain import OperationIn
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
