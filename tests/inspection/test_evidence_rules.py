"""From announcement to exhibit: each step from where it may start, and refused from everywhere else."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from pydantic import ValidationError

from services.inspection.field.places import Place
from services.inspection.findings.evidence.domain import (
    MAX_BYTES,
    NOTHING_BEFORE,
    TRANSITIONS,
    TRIES,
    Capture,
    CleanCopy,
    Evidence,
    EvidenceNotKept,
    EvidenceNotReceived,
    EvidenceNotStalled,
    EvidenceState,
    EvidenceTooLarge,
    Exhibit,
    ExhibitAlready,
    MediaTypeNotKept,
    Position,
    UploadComplete,
    UploadEmpty,
    UploadOffsetWrong,
    UploadTooLong,
)
from services.inspection.findings.evidence.seal import Seal
from shared.domain.canonical import canonical, digest
from shared.domain.refusals import Refusal

AT = datetime(2026, 3, 2, 1, 0, tzinfo=UTC)
CASE = UUID(int=9)
PLACE = Place(UUID(int=5), "g1", "140213", "140213050", "t1")
CLEAN = CleanCopy("image/jpeg", 7, "c" * 64, Position(lon=113.3, lat=40.08))


def capture(**more: Any) -> Capture:
    said = {
        "id": UUID(int=1),
        "subject_kind": "visit",
        "subject_id": UUID(int=2),
        "media_type": "image/jpeg",
        "size": 10,
        "sha256": "a" * 64,
        "captured_at": AT,
        "position": {"lon": 113.31, "lat": 40.07, "accuracy_m": 8},
    }
    return Capture.model_validate(said | more)


def test_every_fact_says_the_place() -> None:
    found, announced = Evidence.announce(capture(), PLACE, by="inspector-1", at=AT)
    found.receive(0, 10, at=AT)
    refused = found.refuse("picture-unreadable", at=AT)
    assert [(told.district, told.street) for told in (announced, refused)] == [(PLACE.district, PLACE.street)] * 2


def evidence(state: EvidenceState = EvidenceState.ANNOUNCED) -> Evidence:
    found, _ = Evidence.announce(capture(), PLACE, by="inspector-1", at=AT)
    if state is EvidenceState.ANNOUNCED:
        return found
    found.receive(0, 10, at=AT)
    found.tries, found.next_try_at, found.stalled_at = 0, None, None
    if state is EvidenceState.KEPT:
        found.keep(CLEAN, found.receipt_for(CLEAN), "s" * 128, at=AT)
    if state is EvidenceState.REFUSED:
        found.refuse("picture-unreadable", at=AT)
    return found


STEPS: dict[str, tuple[Callable[[Evidence], object], type[Refusal]]] = {
    "part": (lambda one: one.receive(0, 10, at=AT), UploadComplete),
    "keep": (lambda one: one.keep(CLEAN, {}, "s", at=AT), EvidenceNotReceived),
    "refuse": (lambda one: one.refuse("hash-differs", at=AT), EvidenceNotReceived),
    "begin a try": (lambda one: one.begin_try(at=AT), EvidenceNotReceived),
    "note a fault": (lambda one: one.note_fault("ended--9", at=AT), EvidenceNotReceived),
    "exhibit": (lambda one: one.exhibit(CASE, [], by="officer", at=AT), EvidenceNotKept),
}


@pytest.mark.parametrize("state", EvidenceState)
@pytest.mark.parametrize("step", STEPS)
def test_every_step_from_every_state(step: str, state: EvidenceState) -> None:
    one, (take, refusal) = evidence(state), STEPS[step]
    if state in TRANSITIONS[step]:
        take(one)
        return
    with pytest.raises(refusal):
        take(one)
    assert one.state == state


def stalled() -> Evidence:
    one = evidence(EvidenceState.RECEIVED)
    for _ in range(TRIES):
        one.begin_try(at=AT)
    one.note_fault("ended--9", at=AT)
    return one


def test_what_fails_for_no_fault_of_the_file_is_tried_later_and_later_and_then_awaits_a_person() -> None:
    one, pauses = evidence(EvidenceState.RECEIVED), []
    for number in range(1, TRIES + 1):
        one.begin_try(at=AT)
        assert one.next_try_at is not None
        pauses.append((one.next_try_at - AT).total_seconds())
        fact = one.note_fault("too-slow", at=AT)
        assert (fact is not None) is (number == TRIES)
    assert pauses == [30, 120, 480, 1920, 7680, 30720]
    assert (one.state, one.fault, one.stalled_at) == (EvidenceState.RECEIVED, "too-slow", AT)
    assert one.note_fault("too-slow", at=AT) is None


def test_a_person_has_stalled_evidence_tried_again_or_gives_it_up() -> None:
    one = stalled()
    one.resume(at=AT)
    assert (one.tries, one.next_try_at, one.stalled_at, one.state) == (0, None, None, EvidenceState.RECEIVED)
    with pytest.raises(EvidenceNotStalled):
        one.give_up(at=AT)
    with pytest.raises(EvidenceNotStalled):
        one.resume(at=AT)
    given_up = stalled()
    assert given_up.give_up(at=AT).code == "given-up"
    assert (given_up.state, given_up.stalled_at) == (EvidenceState.REFUSED, None)


def test_stalled_evidence_that_is_cleaned_after_all_is_kept() -> None:
    one = stalled()
    one.keep(CLEAN, one.receipt_for(CLEAN), "s" * 128, at=AT)
    assert (one.state, one.stalled_at) == (EvidenceState.KEPT, None)


def test_parts_arrive_in_order_and_the_last_completes() -> None:
    one = evidence()
    assert one.receive(0, 4, at=AT) is None
    with pytest.raises(UploadOffsetWrong) as wrong:
        one.receive(0, 4, at=AT)
    assert wrong.value.facts == {"received": 4}
    with pytest.raises(UploadTooLong):
        one.receive(4, 7, at=AT)
    with pytest.raises(UploadEmpty):
        one.receive(4, 0, at=AT)
    assert (one.parts, one.received_bytes, one.state) == ([0], 4, EvidenceState.ANNOUNCED)
    assert one.receive(4, 6, at=AT) is not None
    assert (one.parts, one.state, one.received_at) == ([0, 4], EvidenceState.RECEIVED, AT)


@pytest.mark.parametrize(
    ("wrong", "refusal"),
    [
        ({"media_type": "image/svg+xml"}, MediaTypeNotKept),
        ({"media_type": "text/html"}, MediaTypeNotKept),
        ({"size": MAX_BYTES["photo"] + 1}, EvidenceTooLarge),
        ({"media_type": "video/mp4", "size": MAX_BYTES["recording"] + 1}, EvidenceTooLarge),
    ],
)
def test_what_is_not_kept(wrong: dict[str, Any], refusal: type[Refusal]) -> None:
    with pytest.raises(refusal):
        Evidence.announce(capture(**wrong), PLACE, by="inspector-1", at=AT)


@pytest.mark.parametrize(
    "wrong",
    [
        {"sha256": "A" * 64},
        {"sha256": "../" + "a" * 61},
        {"size": 0},
        {"size": True},
        {"media_type": "../../etc/passwd"},
        {"captured_at": "2026-03-02T01:00:00"},
        {"position": {"lon": 181, "lat": 0}},
        {"position": {"lon": "NaN", "lat": 0}},
        {"name": "../../evil.php"},
        {"device_id": str(UUID(int=3))},
        {"signature": "a" * 128},
    ],
)
def test_what_cannot_be_said(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        capture(**wrong)


def test_the_receipt_is_signed_and_a_stranger_can_tell() -> None:
    seal, one = Seal("secret"), evidence(EvidenceState.RECEIVED)
    receipt = one.receipt_for(CLEAN)
    signature = seal.sign(receipt)
    assert receipt["position"] == {
        "phone": {"lon": 113.31, "lat": 40.07, "accuracy_m": 8.0},
        "camera": {"lon": 113.3, "lat": 40.08, "accuracy_m": None},
    }
    key = Ed25519PublicKey.from_public_bytes(bytes.fromhex(seal.public_key))
    key.verify(bytes.fromhex(signature), canonical(receipt))
    with pytest.raises(InvalidSignature):
        key.verify(bytes.fromhex(signature), canonical(receipt | {"size": 11}))


def test_no_negative_zero_is_signed() -> None:
    said = capture(position={"lon": -0.0, "lat": -0.0}).claim["position"]
    assert str(said["lon"]) == str(said["lat"]) == "0.0"


def test_exhibits_are_chained() -> None:
    chain: list[Exhibit] = []
    for number in range(3):
        one = evidence(EvidenceState.KEPT)
        one.id = UUID(int=number + 1)
        link, fact = one.exhibit(CASE, chain, by="officer", at=AT)
        assert (link.number, fact.number, fact.hash) == (number + 1, number + 1, link.hash)
        assert link.entry["before"] == (chain[-1].hash if chain else NOTHING_BEFORE)
        assert link.hash == digest(link.entry)
        chain.append(link)
        with pytest.raises(ExhibitAlready):
            one.exhibit(CASE, chain, by="officer", at=AT)
