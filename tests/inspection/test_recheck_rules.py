"""What is looked at again is drawn, and whether the second look agrees."""

from collections import Counter
from datetime import UTC, date, datetime
from typing import Any

import pytest
from pydantic import ValidationError

from services.inspection.oversight.rechecks.domain import (
    LARGEST,
    Agreement,
    NothingToRecheck,
    Recheck,
    RecheckDone,
    RecheckNotYours,
    RecheckOwnVisit,
    RecheckRound,
    RecheckSawNothing,
    ResultDetails,
    RoundDetails,
    SameTeamRechecks,
    TooManyToRecheck,
    drawn,
)
from shared.data.database import new_id
from shared.domain.refusals import Refusal

AT = datetime(2026, 3, 20, tzinfo=UTC)
VISITS = [new_id() for _ in range(20)]
BREACH = {"severity": "high", "description": "无证"}


def details(**more: Any) -> RoundDetails:
    days = {"team": "t1", "first_day": date(2026, 3, 1), "last_day": date(2026, 3, 15), "share_bp": 1000}
    return RoundDetails.model_validate(days | {"by_team": "t2"} | more)


def round_(**more: Any) -> RecheckRound:
    return RecheckRound.draw(details(**more), VISITS, district="140213", by="o1", at=AT)[0]


def recheck() -> Recheck:
    return Recheck.of(round_(), VISITS[0], new_id(), "inspected")


def concluded(
    found: Recheck, by: str = "i2", by_team: str | None = "t2", visit: str = "inspected", **result: Any
) -> Any:
    said = ResultDetails.model_validate({"outcome": "inspected", **result})
    return found.conclude(said, outcome=visit, inspectors=["i1"], by=by, by_team=by_team, at=AT)


def test_a_result_says_the_district_of_the_team() -> None:
    assert concluded(recheck()).district == "140213"


def test_a_round_can_be_drawn_again() -> None:
    made, visits, fact = RecheckRound.draw(details(), VISITS, district="140213", by="o1", at=AT)
    assert (len(visits), fact.drawn, fact.population) == (2, 2, 20)
    assert drawn(bytes.fromhex(fact.seed), reversed(made.population), made.share_bp) == visits
    assert made.seed_hex == fact.seed != round_().seed_hex


def test_every_visit_is_as_likely() -> None:
    counts = Counter(visit for n in range(5000) for visit in drawn(n.to_bytes(32, "big"), VISITS, 1000))
    assert sum((counts[visit] - 500) ** 2 / 450 for visit in VISITS) * 20 / 19 < 43.9  # 0.999 at 19


@pytest.mark.parametrize(
    ("more", "visits", "refusal"),
    [
        ({"by_team": "t1"}, VISITS, SameTeamRechecks),
        ({}, [], NothingToRecheck),
        ({}, VISITS[:1] * (LARGEST + 1), TooManyToRecheck),
    ],
)
def test_rounds_that_cannot_be(more: dict[str, Any], visits: list[Any], refusal: type[Refusal]) -> None:
    with pytest.raises(refusal):
        RecheckRound.draw(details(**more), visits, district=None, by="o1", at=AT)


def test_days_in_the_wrong_order() -> None:
    with pytest.raises(ValidationError):
        details(last_day=date(2026, 2, 1))


@pytest.mark.parametrize(
    ("result", "differences"),
    [
        ({}, []),
        ({"outcome": "moved"}, ["outcome"]),
        ({"missed_violations": [BREACH]}, ["violations_missed"]),
        ({"outcome": "refused", "missed_violations": [BREACH]}, ["outcome", "violations_missed"]),
    ],
)
def test_it_agrees_or_says_in_what_it_differs(result: dict[str, Any], differences: list[str]) -> None:
    found = recheck()
    assert found.differences == []
    fact = concluded(found, **result)
    assert (fact.agrees, fact.differences, found.differences) == (not differences, differences, differences)
    assert fact.missed == [one["severity"] for one in result.get("missed_violations", [])]
    with pytest.raises(RecheckDone):
        concluded(found)


def test_it_is_the_visits_outcome_of_today_that_counts() -> None:
    corrected = recheck()
    fact = concluded(corrected, visit="moved", outcome="moved")
    assert (fact.agrees, fact.outcome_before, corrected.outcome_before) == (True, "moved", "moved")


def test_a_closed_door_says_nothing_and_is_tried_again() -> None:
    found = recheck()
    tried = concluded(found, outcome="closed_door", note="卷帘门")
    assert (tried.type, tried.attempts) == ("inspection.recheck.attempted.v1", 1)
    assert (found.state, found.agrees, found.note, found.rechecked_by) == ("open", None, "卷帘门", None)
    with pytest.raises(RecheckSawNothing):
        concluded(found, outcome="closed_door", missed_violations=[BREACH])
    assert concluded(found, outcome="closed_door").attempts == 2
    assert concluded(found).agrees


def test_a_closed_door_found_closed_agrees() -> None:
    assert concluded(recheck(), visit="closed_door", outcome="closed_door").agrees
    assert not concluded(recheck(), visit="closed_door").agrees


@pytest.mark.parametrize(("by", "by_team", "refusal"), [("i1", "t2", RecheckOwnVisit), ("i3", "t3", RecheckNotYours)])
def test_who_may_not_look(by: str, by_team: str, refusal: type[Refusal]) -> None:
    with pytest.raises(refusal):
        concluded(recheck(), by, by_team)


def test_an_officer_may_look_at_any() -> None:
    assert concluded(recheck(), "o1", None).agrees


def test_nobody_looked_is_not_agreement() -> None:
    assert Agreement("t1", 0, 0).share is None
    assert Agreement("t1", 4, 3).share == 0.75
