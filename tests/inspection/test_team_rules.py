"""What makes a member a certified officer on a day."""

from datetime import date, timedelta

import pytest
from pydantic import ValidationError

from services.inspection.field.teams.domain import Inspector, TeamDetails

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


def test_a_certificate_is_one_persons() -> None:
    def team(*numbers: str | None) -> TeamDetails:
        members = [{"subject": f"i{n}", "name": "王", "certificate_no": no} for n, no in enumerate(numbers)]
        return TeamDetails.model_validate({"code": "t1", "name": "一组", "members": members})

    assert len(team("晋1", "晋2", None, None).members) == 4
    with pytest.raises(ValidationError) as refused:
        team("晋1", " 晋1")
    assert [error["type"] for error in refused.value.errors()] == ["certificate_repeated"]


@pytest.mark.parametrize(
    ("more", "code"),
    [
        ({"members": [{"subject": "i1", "name": "王"}, {"subject": "i1", "name": "李"}]}, "member_repeated"),
        ({"grids": ["g1", "g2", "g1"]}, "grid_repeated"),
    ],
)
def test_nobody_and_nothing_is_named_twice(more: dict[str, object], code: str) -> None:
    with pytest.raises(ValidationError) as refused:
        TeamDetails.model_validate({"code": "t1", "name": "一组", **more})
    assert [error["type"] for error in refused.value.errors()] == [code]
