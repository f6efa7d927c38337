"""Texts that never change, signatures under the one in force, breaches."""

import hashlib
from datetime import date, timedelta
from typing import Any
from uuid import uuid4

import pytest
from pydantic import ValidationError

from services.registry.ledger.institutions.domain import Details, Institution, InstitutionEnded, Status
from services.registry.supervision.commitments.domain import (
    Commitment,
    CommitmentText,
    CommitmentTextDiffers,
    CommitmentTextNotInForce,
    CommitmentTextNotLater,
    CommitmentTextSuperseded,
    Signature,
    TextContent,
)
from shared.domain.clock import china_date
from tests.registry.conftest import AT

TODAY = china_date(AT)


def text(
    valid_from: date = TODAY, newest: CommitmentText | None = None, body: str = "一、不占用节假日。\n"
) -> CommitmentText:
    published, _ = CommitmentText.publish(
        TextContent(title="承诺书", body=body, valid_from=valid_from), newest=newest, at=AT
    )
    return published


def institution(status: Status = Status.ACTIVE) -> Institution:
    details = Details.model_validate(
        {"name": "晨光", "kind": "subject", "address": "1 号", "district": "140213", "street": "s1", "status": status}
    )
    return Institution.register(details, at=AT)[0]


def sign(
    under: CommitmentText, *, newest: CommitmentText | None = None, of: Institution | None = None, **more: Any
) -> Any:
    signature = Signature(**{"text_id": under.id, "sha256": under.sha256, "signatory": "王强", **more})
    return Commitment.sign(of or institution(), under, signature, newest=newest or under, by="operator-1", at=AT)


def test_the_sum_is_that_of_the_bytes() -> None:
    body = " 一、\r\n二、\n"
    assert text(body=body).sha256 == hashlib.sha256(body.encode()).hexdigest()


@pytest.mark.parametrize("body", ["", " \n ", "a\x00b", "a\x07", "x" * 50_001])
def test_bodies_that_are_no_text(body: str) -> None:
    with pytest.raises(ValidationError):
        TextContent(title="承诺书", body=body, valid_from=TODAY)


def test_numbers_have_no_gaps_and_days_do_not_go_back() -> None:
    first = text()
    second = text(TODAY, newest=first)
    assert (first.number, second.number) == (1, 2)
    with pytest.raises(CommitmentTextNotLater):
        text(TODAY - timedelta(1), newest=second)


def test_a_signature_says_what_was_signed_and_hides_who() -> None:
    under = text()
    commitment, signed = sign(under)
    assert (commitment.signatory, commitment.signed_by, commitment.text_number) == ("王强", "operator-1", 1)
    assert (signed.sha256, signed.district, signed.street) == (under.sha256, "140213", "s1")
    assert "王强" not in signed.model_dump_json()
    assert "operator-1" not in signed.model_dump_json()


def test_what_is_not_signed() -> None:
    old = text()
    new = text(newest=old)
    with pytest.raises(CommitmentTextDiffers):
        sign(old, sha256="0" * 64)
    with pytest.raises(CommitmentTextSuperseded):
        sign(old, newest=new)
    with pytest.raises(CommitmentTextNotInForce):
        sign(text(TODAY + timedelta(1), newest=new), newest=new)


@pytest.mark.parametrize("status", list(Status))
def test_who_has_ended_signs_nothing(status: Status) -> None:
    if status in (Status.CLOSED, Status.MERGED):
        with pytest.raises(InstitutionEnded):
            sign(text(), of=institution(status))
    else:
        sign(text(), of=institution(status))


def test_a_breach_is_remembered_from_the_first_one() -> None:
    commitment, _ = sign(text())
    violation = uuid4()
    breach, breached = commitment.breach(violation, note="占用节假日", by="bureau-1", at=AT)
    assert (breach.commitment_id, breach.violation_id, breached.violation_id) == (commitment.id, violation, violation)
    commitment.breach(uuid4(), note=None, by="bureau-1", at=AT + timedelta(1))
    assert commitment.breached_at == AT
