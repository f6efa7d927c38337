"""What makes a member a certified officer on a day."""

from datetime import date, timedelta

import pytest

from services.inspection.teams.domain import Inspector

LAST = date(2026, 6, 30)


@pytest.mark.parametrize(
    ("no", "expires_on", "on", "certified"),
    [
        ("晋1402", LAST, LAST, True),
        ("晋1402", LAST, LAST + timedelta(days=1), False),
        ("晋1402", None, LAST, False),
        (None, LAST, LAST, False),
    ],
)
def test_certified(no: str | None, expires_on: date | None, on: date, certified: bool) -> None:
    member = Inspector(subject="i1", name="王", certificate_no=no, certificate_expires_on=expires_on)
    assert member.certified(on=on) is certified
