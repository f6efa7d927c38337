"""Every transition of a visit, and each refused one."""

from collections.abc import Callable
from datetime import UTC, date, datetime

import pytest

from services.inspection.field.places import Place
from services.inspection.rounds.outcomes import Outcome
from services.inspection.rounds.visits.domain import (
    ConclusionUnseen,
    OutcomeNeedsInstitution,
    Plan,
    Purpose,
    Visit,
    VisitNotCalledOff,
    VisitNotDone,
    VisitNotPlanned,
    VisitNotStarted,
    VisitPlaceMissing,
    VisitState,
)
from shared.data.database import new_id

AT = datetime(2026, 3, 2, 17, 0, tzinfo=UTC)
"""One o'clock in the morning of the third, in China."""


def planned(*, known: bool = True, grid: str | None = "g1") -> Visit:
    place = Place(new_id() if known else None, grid, "140213", None, "t1")
    visit, fact = Visit.plan(new_id(), Plan(place, None, None, None, None), at=AT)
    assert fact.team == "t1"
    return visit


def started(*, known: bool = True) -> Visit:
    visit = planned(known=known)
    visit.start(["i1"], at=AT)
    return visit


def done() -> Visit:
    visit = started()
    visit.submit(Outcome.INSPECTED, score=90, note="ok", violations=0, passed=None, at=AT)
    return visit


def reviewed() -> Visit:
    visit = done()
    visit.review(accepted=True, note=None, at=AT)
    return visit


Make = Callable[[], Visit]


def test_a_search_says_where() -> None:
    assert planned(known=False).grid == "g1"
    with pytest.raises(VisitPlaceMissing):
        planned(known=False, grid=None)


def test_start_is_the_day_in_china() -> None:
    visit = planned()
    fact = visit.start(["i1", "i2", "i1"], at=AT)
    assert (visit.state, visit.inspectors, fact.visited_on) == ("started", ["i1", "i2"], date(2026, 3, 3))


@pytest.mark.parametrize("make", [started, done, reviewed])
def test_only_a_planned_visit_starts(make: Make) -> None:
    with pytest.raises(VisitNotPlanned):
        make().start(["i1"], at=AT)


def test_submission_carries_outcome_score_and_violations() -> None:
    visit = started()
    fact = visit.submit(Outcome.INSPECTED, score=88, note=None, violations=3, passed=None, at=AT)
    assert (fact.outcome, fact.score, fact.violations, visit.state) == ("inspected", 88, 3, "done")


@pytest.mark.parametrize("make", [planned, done, reviewed])
def test_only_a_visit_under_way_is_submitted(make: Make) -> None:
    with pytest.raises(VisitNotStarted):
        make().submit(Outcome.INSPECTED, score=None, note=None, violations=0, passed=None, at=AT)


@pytest.mark.parametrize("outcome", [Outcome.CLOSED_DOOR, Outcome.MOVED, Outcome.DUPLICATE, Outcome.REFUSED])
def test_a_search_cannot_end_at_a_door_nobody_knows(outcome: Outcome) -> None:
    with pytest.raises(OutcomeNeedsInstitution):
        started(known=False).submit(outcome, score=None, note=None, violations=0, passed=None, at=AT)


@pytest.mark.parametrize("outcome", [Outcome.INSPECTED, Outcome.NEWLY_FOUND])
def test_a_search_ends_with_something_or_nothing_found(outcome: Outcome) -> None:
    visit = started(known=False)
    assert visit.submit(outcome, score=None, note=None, violations=0, passed=None, at=AT).outcome == outcome


@pytest.mark.parametrize("outcome", [Outcome.CLOSED_DOOR, Outcome.MOVED, Outcome.REFUSED])
def test_nothing_passes_from_behind_a_door(outcome: Outcome) -> None:
    visit = started()
    visit.purpose, visit.reference_id = Purpose.VERIFICATION, new_id()
    with pytest.raises(ConclusionUnseen):
        visit.check_submission(outcome, passed=True)
    visit.check_submission(outcome, passed=None)


def test_review_accepts_or_sends_back() -> None:
    accepted = done()
    assert accepted.review(accepted=True, note=None, at=AT).accepted
    assert accepted.state == "reviewed"
    back = done()
    back.review(accepted=False, note="photos missing", at=AT)
    assert (back.state, back.outcome, back.review_note) == ("started", "inspected", "photos missing")


@pytest.mark.parametrize("make", [planned, started, reviewed])
def test_only_a_submitted_visit_is_reviewed(make: Make) -> None:
    with pytest.raises(VisitNotDone):
        make().review(accepted=True, note=None, at=AT)


def test_only_a_cancelled_visit_is_planned_again() -> None:
    with pytest.raises(VisitNotCalledOff) as refused:
        planned().plan_again(at=AT)
    assert refused.value.facts == {"state": VisitState.PLANNED}


def test_only_a_visit_under_way_is_joined() -> None:
    with pytest.raises(VisitNotStarted) as refused:
        planned().join(["i2"], at=AT)
    assert refused.value.facts == {"state": VisitState.PLANNED}
