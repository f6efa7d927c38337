"""Three responsibilities for every institution, and who has them."""

from datetime import timedelta
from typing import Any

import pytest

from services.registry.ledger.institutions.domain import Details, Institution, InstitutionEnded
from services.registry.ledger.responsibilities.domain import (
    Department,
    DepartmentNotForRole,
    Holder,
    Responsibility,
    ResponsibilityVacant,
    Role,
)
from shared.domain.clock import china_date
from tests.registry.conftest import AT

LATER = AT + timedelta(days=3)


def institution(**more: Any) -> Institution:
    given = {"name": "晨光", "kind": "subject", "address": "1 号", "district": "140213", "street": "s1", **more}
    return Institution.register(Details.model_validate(given), at=AT)[0]


def holder(officer: str = "o-1", **more: Any) -> Holder:
    return Holder(**{"officer": officer, "officer_name": "李工", "phone": "1", **more})


def test_a_responsibility_from_hand_to_hand() -> None:
    where = institution()
    one = Responsibility.of(where, Role.STREET_OFFICER, at=AT)
    first = one.assign(holder(), where, at=AT)
    assert first is not None
    assert (first.officer, first.role, first.district, first.street) == ("o-1", "street_officer", "140213", "s1")
    assert not {"officer_name", "phone"} & first.model_dump().keys()
    assert one.assign(holder(), where, at=LATER) is None
    assert one.assign(holder(phone="2"), where, at=LATER) is not None
    assert (one.since, one.phone) == (china_date(AT), "2")
    assert one.assign(holder("o-2"), institution(street="s2"), at=LATER) is not None
    assert (one.since, one.street) == (china_date(LATER), "s2")
    gone = one.vacate(at=LATER)
    assert (gone.officer, one.officer_name, one.phone) == (None, None, None)
    with pytest.raises(ResponsibilityVacant):
        one.vacate(at=LATER)


@pytest.mark.parametrize("status", ["closed", "merged"])
def test_nobody_is_responsible_for_what_has_ended(status: str) -> None:
    ended = institution(status=status)
    with pytest.raises(InstitutionEnded):
        Responsibility.of(ended, Role.STREET_OFFICER, at=AT).assign(holder(), ended, at=AT)


@pytest.mark.parametrize("role", Role)
def test_a_department_is_the_industrys(role: Role) -> None:
    where = institution()
    one = Responsibility.of(where, role, at=AT)
    named = holder(department=Department.SPORTS)
    if role is Role.INDUSTRY_DEPARTMENT:
        fact = one.assign(named, where, at=AT)
        assert fact is not None
        assert fact.department == "sports"
    else:
        with pytest.raises(DepartmentNotForRole):
            one.assign(named, where, at=AT)
