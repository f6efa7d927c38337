"""Every transition of the domain, and each one it refuses."""

from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest
from pydantic import ValidationError

from services.afterschool.placement.enrolments.domain import Enrolment, EnrolmentEnded, NotWaiting, State
from services.afterschool.programme.offerings.domain import (
    CapacityBelowEnrolled,
    Offering,
    OfferingDetails,
    Window,
    WindowEmpty,
)
from services.afterschool.roster.schools.domain import School, SchoolDetails, Stage
from services.afterschool.rulebook.catalogue.domain import Category

AT = datetime(2026, 9, 1, 8, 0, tzinfo=UTC)
DAY = timedelta(days=1)


def a_school() -> School:
    details = SchoolDetails(
        code="2114000001", name="第一小学", stage=Stage.PRIMARY, district="140213", street="140213050"
    )
    return School.register(details, at=AT)[0]


def an_offering(capacity: int = 2, enrolled: int = 0, waiting: int = 0) -> Offering:
    details = OfferingDetails(
        name="合唱",
        category=Category.ARTISTIC_CULTIVATION,
        term="2026-autumn",
        capacity=capacity,
        opens_at=AT,
        closes_at=AT + DAY,
    )
    offering, _ = Offering.publish(details, school=a_school(), at=AT)
    offering.enrolled, offering.waiting = enrolled, waiting
    return offering


def an_enrolment(state: State) -> Enrolment:
    return Enrolment(
        id=uuid4(),
        version=1,
        offering_id=uuid4(),
        student_id=uuid4(),
        school_id=uuid4(),
        state=state,
        ticket=1,
        asked_at=AT,
        decided_at=None,
    )


def test_registering_a_school_says_where_it_is() -> None:
    details = SchoolDetails(code="a1", name=" 第一小学 ", stage=Stage.NINE_YEAR, district="140213")
    school, registered = School.register(details, at=AT)
    assert (school.name, school.version, school.stage) == ("第一小学", 0, "nine_year")
    assert (registered.school_id, registered.code, registered.district, registered.street) == (
        school.id, "a1", "140213", None,
    )  # fmt: skip


def test_publishing_begins_with_nobody_enrolled() -> None:
    offering = an_offering(capacity=30)
    assert (offering.enrolled, offering.waiting, offering.asked, offering.version) == (0, 0, 0, 0)


def test_an_offering_whose_window_is_empty_is_refused() -> None:
    with pytest.raises(ValidationError, match="must open before"):
        OfferingDetails(
            name="x", category=Category.ESSAY_READING, term="t", capacity=1, opens_at=AT + DAY, closes_at=AT + DAY
        )


@pytest.mark.parametrize(
    ("at", "window"),
    [
        (AT - timedelta(microseconds=1), Window.SCHEDULED),
        (AT, Window.OPEN),
        (AT + DAY - timedelta(microseconds=1), Window.OPEN),
        (AT + DAY, Window.CLOSED),
    ],
)
def test_the_window_follows_the_clock(at: datetime, window: Window) -> None:
    assert an_offering().window(at) is window


def test_changing_says_what_changed() -> None:
    offering = an_offering(capacity=2, enrolled=2, waiting=3)
    changed = offering.change({"capacity": 4, "name": "合唱"}, at=AT + DAY)
    assert changed is not None
    assert (changed.changed, changed.capacity, offering.changed_at) == (["capacity"], 4, AT + DAY)
    assert offering.due(AT) == 2


def test_changing_nothing_says_nothing() -> None:
    offering = an_offering(capacity=2)
    assert offering.change({"capacity": 2}, at=AT + DAY) is None
    assert offering.changed_at == AT


def test_capacity_never_falls_below_the_enrolled() -> None:
    offering = an_offering(capacity=5, enrolled=3)
    with pytest.raises(CapacityBelowEnrolled) as refused:
        offering.change({"capacity": 2}, at=AT)
    assert refused.value.facts == {"enrolled": 3}
    assert offering.capacity == 5
    assert offering.change({"capacity": 3}, at=AT) is not None


def test_a_change_may_not_empty_the_window() -> None:
    with pytest.raises(WindowEmpty):
        an_offering().change({"opens_at": AT + DAY}, at=AT)


@pytest.mark.parametrize(("enrolled", "waiting", "due"), [(1, 0, 0), (2, 5, 0), (1, 5, 1), (0, 1, 1)])
def test_due_is_what_is_free_and_wanted(enrolled: int, waiting: int, due: int) -> None:
    offering = an_offering(capacity=2, enrolled=enrolled, waiting=waiting)
    assert offering.due(AT) == due
    assert offering.due(AT - 9 * DAY) == due, "before it opens a place is theirs, too"
    assert offering.due(AT + DAY) == 0, "enrolment has closed"


def test_promotion_gives_a_place() -> None:
    enrolment, school = an_enrolment(State.WAITING), a_school()
    promoted = enrolment.promote(school=school, at=AT)
    assert (enrolment.state, enrolment.decided_at) == (State.ENROLLED, AT)
    assert (promoted.enrolment_id, promoted.district, promoted.street) == (enrolment.id, "140213", "140213050")


@pytest.mark.parametrize("state", [State.ENROLLED, State.WITHDRAWN])
def test_only_who_waits_is_promoted(state: State) -> None:
    with pytest.raises(NotWaiting):
        an_enrolment(state).promote(school=a_school(), at=AT)


@pytest.mark.parametrize("state", [State.ENROLLED, State.WAITING])
def test_withdrawal_says_what_was_given_back(state: State) -> None:
    enrolment = an_enrolment(state)
    withdrawn = enrolment.withdraw(school=a_school(), at=AT)
    assert (withdrawn.was, enrolment.state, enrolment.withdrawn_at) == (state, State.WITHDRAWN, AT)


def test_withdrawal_is_final() -> None:
    with pytest.raises(EnrolmentEnded):
        an_enrolment(State.WITHDRAWN).withdraw(school=a_school(), at=AT)
