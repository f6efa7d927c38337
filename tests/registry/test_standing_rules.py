"""What the public is told, from facts alone. No I/O."""

from dataclasses import replace
from datetime import date

import pytest

from services.registry.ledger.institutions.domain import Status
from services.registry.overview.standings.domain import WORDS, Facts, OrderFacts, PermitFacts, Reason, judge

ON = date(2026, 3, 2)
IN_FORCE = PermitFacts(
    "教民1", "non_subject", ["primary"], [], date(2025, 1, 1), date(2027, 1, 1), None, None, None, None
)
PENDING = replace(IN_FORCE, valid_from=date(2026, 3, 3))
EXPIRED = replace(IN_FORCE, valid_to=date(2026, 3, 1))
SUSPENDED = replace(IN_FORCE, suspended_from=date(2026, 3, 1), suspended_until=date(2026, 4, 1))
REVOKED = replace(IN_FORCE, ended_on=date(2026, 3, 2), ending="revoked")
CANCELLED = replace(IN_FORCE, ended_on=date(2026, 1, 2), ending="cancelled")
ORDER = OrderFacts("寒假停课", date(2026, 3, 1), date(2026, 3, 9), today=False)


def facts(*permits: PermitFacts, status: str = "active", permit_no: str | None = None, **more: object) -> Facts:
    says = {"open_penalties": 0, "orders": []} | more
    return Facts(status, permit_no, permits, **says)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("permit", "licence", "lawful"),
    [
        (IN_FORCE, "in_force", True),
        (PENDING, "pending", False),
        (SUSPENDED, "suspended", False),
        (EXPIRED, "expired", False),
        (REVOKED, "revoked", False),
        (CANCELLED, "cancelled", False),
    ],
)
def test_the_permit_decides(permit: PermitFacts, licence: str, lawful: bool) -> None:
    standing = judge(facts(permit), ON)
    assert (standing.licence, standing.lawful, standing.permit) == (licence, lawful, permit)
    assert standing.reasons == [f"licence-{licence.replace('_', '-')}"]


def test_the_best_of_several_permits_decides() -> None:
    standing = judge(facts(REVOKED, EXPIRED, IN_FORCE, SUSPENDED), ON)
    assert (standing.lawful, standing.permit) == (True, IN_FORCE)
    assert judge(facts(REVOKED, EXPIRED, SUSPENDED), ON).permit is SUSPENDED


@pytest.mark.parametrize("status", Status)
def test_the_state_of_the_entry(status: Status) -> None:
    standing = judge(facts(IN_FORCE, status=status), ON)
    assert standing.lawful is (status in (Status.ACTIVE, Status.SUSPENDED))
    assert len(standing.reasons) == (1 if status is Status.ACTIVE else 2)


def test_without_any_recorded_permit() -> None:
    assert judge(facts(), ON).lawful is False
    assert judge(facts(), ON).reasons == [Reason.LICENCE_NONE]
    unverified = judge(facts(permit_no="教民1"), ON)
    assert (unverified.lawful, unverified.reasons) == (None, [Reason.LICENCE_UNVERIFIED])
    assert judge(facts(permit_no="教民1", status="closed"), ON).lawful is False


def test_what_is_open_against_it_is_said_and_decides_nothing() -> None:
    standing = judge(facts(IN_FORCE, open_penalties=2, orders=[ORDER]), ON)
    assert standing.lawful is True
    assert standing.reasons == [Reason.LICENCE_IN_FORCE, Reason.OPEN_PENALTIES, Reason.STOP_ORDER]
    today = judge(facts(IN_FORCE, orders=[replace(ORDER, today=True)]), ON)
    assert today.reasons[-1] == Reason.STOPPED_TODAY


def test_every_reason_has_words() -> None:
    assert set(WORDS) == set(Reason)
    assert all(zh and en for zh, en in WORDS.values())
