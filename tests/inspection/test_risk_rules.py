"""Points that anybody can add up."""

from datetime import date, timedelta

import pytest

from services.inspection.planning.risks.domain import RiskClass, Weights
from services.inspection.rulebook.norms.domain import NormName

ON = date(2026, 3, 2)
WEIGHTS = Weights.of(
    {
        NormName.RISK_HIGH_VIOLATION: 5,
        NormName.RISK_MODERATE_VIOLATION: 2,
        NormName.RISK_LOW_VIOLATION: 1,
        NormName.RISK_STALE_DAYS: 180,
        NormName.RISK_STALE_POINTS: 2,
        NormName.RISK_LONG_STALE_DAYS: 365,
        NormName.RISK_LONG_STALE_POINTS: 4,
        NormName.RISK_FROM_MODERATE: 2,
        NormName.RISK_FROM_HIGH: 5,
    }
)


@pytest.mark.parametrize(
    ("violations", "days", "points", "risk_class"),
    [
        ({}, 0, 0, RiskClass.LOW),
        ({"low": 1}, 180, 1, RiskClass.LOW),
        ({}, 181, 2, RiskClass.MODERATE),
        ({}, 365, 2, RiskClass.MODERATE),
        ({}, 366, 4, RiskClass.MODERATE),
        ({"low": 1}, None, 5, RiskClass.HIGH),
        ({"high": 2, "moderate": 1}, 10, 12, RiskClass.HIGH),
    ],
)
def test_points_have_their_reasons(
    violations: dict[str, int], days: int | None, points: int, risk_class: RiskClass
) -> None:
    risk = WEIGHTS.risk(violations, None if days is None else ON - timedelta(days=days), on=ON)
    assert (risk.points, risk.risk_class) == (points, risk_class)
    assert sum(reason.points for reason in risk.reasons) == points
    assert [reason.points for reason in risk.reasons] == sorted((one.points for one in risk.reasons), reverse=True)


def test_a_reason_says_how_much_of_what() -> None:
    risk = WEIGHTS.risk({"high": 1}, ON - timedelta(days=200), on=ON)
    assert [(one.code, one.number, one.points) for one in risk.reasons] == [
        ("open_violations_high", 1, 5),
        ("days_since_visit", 200, 2),
    ]
