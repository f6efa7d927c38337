"""A notice and its receipts."""

from datetime import UTC, date, datetime
from typing import Any
from uuid import uuid4

import pytest
from pydantic import ValidationError

from services.registry.supervision.notices.domain import (
    ConfirmByPast,
    Notice,
    NoticeConfirmedAlready,
    NoticeContent,
    Receipt,
)

AT = datetime(2026, 12, 31, 16, 30, tzinfo=UTC)
"""Half past midnight of New Year's Day in China."""


def content(**more: Any) -> NoticeContent:
    return NoticeContent.model_validate({"title": "t", "body": "一\n二", "confirm_by": "2027-01-08", **more})


def test_publish() -> None:
    subject = uuid4()
    said = content(recipients={"district": "140213", "kind": "subject"})
    notice = Notice.publish(said, sequence=3, subjects=[subject, subject], by="bureau-1", at=AT)
    assert (notice.number, notice.version, notice.subjects) == ("通报〔2027〕3号", 0, [subject])
    assert notice.recipients == {"district": "140213", "street": None, "kind": "subject"}
    told = notice.published(recipients=7)
    assert (told.number, told.recipients, told.subjects, told.at) == (notice.number, 7, [subject], AT)
    assert (told.district, told.street) == ("140213", None)


@pytest.mark.parametrize(("confirm_by", "refused"), [("2026-12-31", True), ("2027-01-01", False)])
def test_the_day_to_confirm_by_is_not_past(confirm_by: str, refused: bool) -> None:
    said = content(confirm_by=confirm_by)
    if refused:
        with pytest.raises(ConfirmByPast):
            Notice.publish(said, sequence=1, subjects=[], by="b", at=AT)
    else:
        assert Notice.publish(said, sequence=1, subjects=[], by="b", at=AT).confirm_by == date(2027, 1, 1)


def test_confirm_once() -> None:
    place = {"district": "140213", "street": "140213050"}
    receipt = Receipt(id=uuid4(), version=0, notice_id=uuid4(), institution_id=uuid4(), **place)
    told = receipt.confirm(by="operator-1", at=AT)
    assert (receipt.confirmed_at, receipt.confirmed_by) == (AT, "operator-1")
    assert (told.receipt_id, told.notice_id, told.institution_id) == (
        receipt.id, receipt.notice_id, receipt.institution_id
    )  # fmt: skip
    assert {"district": told.district, "street": told.street} == place
    with pytest.raises(NoticeConfirmedAlready):
        receipt.confirm(by="operator-2", at=AT)
    assert receipt.confirmed_by == "operator-1"


@pytest.mark.parametrize("wrong", [{"body": ""}, {"body": "\x00"}, {"recipients": {"city": "x"}}, {"title": "a\nb"}])
def test_notices_that_cannot_be(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        content(**wrong)
