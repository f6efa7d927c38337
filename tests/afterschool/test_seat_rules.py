"""Seats, offers and queues in the domain: every transition, and each one it refuses."""

from collections.abc import Sequence
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from uuid import uuid4

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from services.afterschool.placement.enrolments.domain import (
    Ending,
    Enrolment,
    EnrolmentEnded,
    NoOffer,
    NotWaiting,
    PassedFor,
    State,
)
from services.afterschool.placement.waitlists.domain import (
    ReserveNotReleased,
    distribute,
    give_up_seat,
    join_queue,
    leave_queue,
    offered_until,
    release,
)
from services.afterschool.programme.occupations.domain import room_id
from services.afterschool.programme.offerings.domain import (
    CapacityBelowEnrolled,
    NotFrozen,
    Offering,
    OfferingDetails,
    PeriodsMalformed,
    SeatPool,
    Window,
    WindowEmpty,
    halves,
)
from services.afterschool.roster.schools.domain import School, SchoolDetails, Stage
from services.afterschool.roster.students.domain import Group
from services.afterschool.roster.terms.domain import Term
from services.afterschool.rulebook.catalogue.domain import Category

AT = datetime(2026, 9, 1, 8, 0, tzinfo=UTC)
DAY = timedelta(days=1)


def a_school() -> School:
    details = SchoolDetails(
        code="2114000001", name="第一小学", stage=Stage.PRIMARY, district="140213", street="140213050"
    )
    return School.register(details, at=AT)[0]


def a_term() -> Term:
    return Term(
        id=uuid4(), name="2026秋", district=None, starts_on=date(2026, 9, 1), ends_on=date(2027, 1, 15), sequence=1
    )


def details(**more: Any) -> OfferingDetails:
    said: dict[str, Any] = {
        "name": "合唱",
        "category": Category.ARTISTIC_CULTIVATION,
        "term": "2026秋",
        "capacity": 2,
        "opens_at": AT,
        "closes_at": AT + DAY,
    }
    return OfferingDetails(**said | more)


def an_offering(**more: Any) -> tuple[Offering, list[SeatPool]]:
    offering, pools, _, _ = Offering.publish(details(**more), school=a_school(), term=a_term(), at=AT)
    return offering, pools


def an_enrolment(state: State = State.WAITING, **more: Any) -> Enrolment:
    said: dict[str, Any] = {"reserve": "general", "ticket": 1, "accepts_promotion": False, "pool": None}
    ids = {"id": uuid4(), "offering_id": uuid4(), "student_id": uuid4(), "school_id": uuid4()}
    return Enrolment(**ids, version=1, state=state, asked_at=AT, **said | more)


def a_pool(group: str = "general", size: int = 2, **more: Any) -> SeatPool:
    said = {"enrolled": 0, "offered": 0, "waiting": 0, "held_back": 0} | more
    return SeatPool(offering_id=uuid4(), group=group, size=size, **said)


def test_publishing_divides_the_capacity() -> None:
    reserve = {"group": "hardship", "size": 3, "release_at": AT}
    offering, pools = an_offering(capacity=10, pools=[reserve], periods=[period()])
    assert [(pool.group, pool.size, pool.free) for pool in pools] == [("hardship", 3, 3), ("general", 7, 7)]
    assert (offering.asked, offering.version, offering.first_week, offering.last_week) == (0, 0, 1, 20)
    assert offering.halves == [1, 2]


def period(**more: Any) -> dict[str, Any]:
    return {"weekday": 1, "number": 1, "starts_at": time(16, 30), "ends_at": time(17, 30), **more}


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"closes_at": AT}, "must open before"),
        ({"pools": [{"group": "general", "size": 1}]}, "one pool"),
        ({"pools": [{"group": "hardship", "size": 3}]}, "one pool"),
        ({"pools": [{"group": "hardship", "size": 1}] * 2}, "one pool"),
        ({"periods": [period(ends_at=time(16, 30))]}, "begin before"),
        ({"periods": [period(), period(number=2, starts_at=time(17, 0))]}, "begin before"),
        ({"periods": [period(), period(starts_at=time(18, 0), ends_at=time(19, 0))]}, "begin before"),
        ({"first_week": 5, "last_week": 4}, "begin before"),
        ({"grades": []}, "at least 1"),
    ],
)
def test_an_offering_that_contradicts_itself_is_refused(change: dict[str, Any], said: str) -> None:
    with pytest.raises(ValidationError, match=said):
        details(**change)


def test_weeks_are_within_the_term() -> None:
    with pytest.raises(PeriodsMalformed):
        an_offering(last_week=21)


def test_a_lesson_has_minutes() -> None:
    assert details(periods=[period()]).periods[0].minutes == 60


@pytest.mark.parametrize(
    ("first", "last", "found"), [(1, 20, [1, 2]), (1, 10, [1]), (11, 20, [2]), (10, 11, [1, 2]), (1, 1, [1])]
)
def test_halves_of_a_term_that_a_course_touches(first: int, last: int, found: list[int]) -> None:
    assert halves(first, last, 20) == found


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
    assert an_offering()[0].window(at) is window


def test_a_change_says_what_changed() -> None:
    offering, pools = an_offering()
    changed = offering.change({"capacity": 4, "name": "合唱"}, pools=pools, at=AT + DAY)
    assert changed is not None
    assert (changed.changed, changed.capacity, offering.changed_at, pools[-1].size) == (["capacity"], 4, AT + DAY, 4)
    assert offering.change({"capacity": 4}, pools=pools, at=AT) is None
    renamed = offering.change({"name": "舞蹈"}, pools=pools, at=AT)
    assert renamed is not None
    assert (renamed.changed, offering.name) == (["name"], "舞蹈")


def test_the_capacity_never_falls_below_what_is_taken_or_reserved() -> None:
    offering, pools = an_offering(capacity=5, pools=[{"group": "hardship", "size": 2}])
    pools[-1].enrolled, pools[-1].offered = 1, 1
    with pytest.raises(CapacityBelowEnrolled) as refused:
        offering.change({"capacity": 3}, pools=pools, at=AT)
    assert refused.value.facts == {"taken": 4}
    assert offering.change({"capacity": 4}, pools=pools, at=AT) is not None
    with pytest.raises(WindowEmpty):
        offering.change({"opens_at": AT + DAY}, pools=pools, at=AT)


def test_a_frozen_offering_gives_no_seats() -> None:
    offering, _ = an_offering()
    assert offering.gives_seats(AT)
    assert offering.freeze("停业", at=AT) is not None
    assert offering.freeze("停业", at=AT) is None
    assert not offering.gives_seats(AT)
    offering.unfreeze(at=AT)
    with pytest.raises(NotFrozen):
        offering.unfreeze(at=AT)
    assert not offering.gives_seats(AT + DAY), "enrolment has closed"


def test_promotion_gives_a_seat() -> None:
    enrolment, school = an_enrolment(), a_school()
    promoted = enrolment.promote(Group.GENERAL, school=school, at=AT)
    assert (enrolment.state, enrolment.pool, enrolment.decided_at) == (State.ENROLLED, "general", AT)
    assert (promoted.enrolment_id, promoted.district, promoted.street) == (enrolment.id, "140213", "140213050")


def test_an_offer_is_accepted_before_it_expires() -> None:
    enrolment, school = an_enrolment(), a_school()
    offered = enrolment.offer(Group.HARDSHIP, expires_at=AT + DAY, school=school, at=AT)
    assert (enrolment.state, enrolment.pool, offered.expires_at) == (State.OFFERED, "hardship", AT + DAY)
    with pytest.raises(NoOffer):
        enrolment.accept(school=school, at=AT + DAY)
    enrolment.accept(school=school, at=AT)
    assert (enrolment.state, enrolment.expires_at, enrolment.decided_at) == (State.ENROLLED, None, AT)
    with pytest.raises(NoOffer):
        enrolment.accept(school=school, at=AT)


def test_who_is_passed_over_keeps_its_ticket() -> None:
    enrolment, school = an_enrolment(ticket=7), a_school()
    passed = enrolment.pass_over(PassedFor.BUSY, school=school, at=AT)
    assert (enrolment.state, enrolment.passed_for, passed.passed_for) == (State.PASSED, "child-busy", "child-busy")
    enrolment.wait_again(school=school, at=AT)
    assert (enrolment.state, enrolment.passed_for, enrolment.ticket) == (State.WAITING, None, 7)
    with pytest.raises(NotWaiting):
        enrolment.wait_again(school=school, at=AT)


@pytest.mark.parametrize("state", [State.ENROLLED, State.OFFERED, State.PASSED, State.ENDED])
def test_only_who_waits_is_given_a_seat(state: State) -> None:
    school = a_school()
    with pytest.raises(NotWaiting):
        an_enrolment(state).promote(Group.GENERAL, school=school, at=AT)
    with pytest.raises(NotWaiting):
        an_enrolment(state).offer(Group.GENERAL, expires_at=AT, school=school, at=AT)
    with pytest.raises(NotWaiting):
        an_enrolment(state).pass_over(PassedFor.LEFT, school=school, at=AT)


@pytest.mark.parametrize("state", [State.ENROLLED, State.OFFERED, State.WAITING, State.PASSED])
def test_an_end_says_what_was_given_back(state: State) -> None:
    enrolment = an_enrolment(state, pool="general", expires_at=AT, passed_for="child-busy")
    ended = enrolment.end(Ending.WITHDRAWN, school=a_school(), at=AT)
    assert (ended.was, ended.ending, enrolment.state, enrolment.ended_at) == (state, "withdrawn", State.ENDED, AT)
    assert (enrolment.pool, enrolment.expires_at, enrolment.passed_for) == (None, None, None)
    with pytest.raises(EnrolmentEnded):
        enrolment.end(Ending.WITHDRAWN, school=a_school(), at=AT)


def test_a_family_chooses_beforehand() -> None:
    enrolment, school = an_enrolment(), a_school()
    chosen = enrolment.choose(accepts=True, school=school, at=AT)
    assert chosen is not None
    assert (chosen.accepts_promotion, enrolment.accepts_promotion) == (True, True)
    assert enrolment.choose(accepts=True, school=school, at=AT) is None
    with pytest.raises(EnrolmentEnded):
        an_enrolment(State.ENDED).choose(accepts=True, school=school, at=AT)


def test_a_free_seat_goes_to_the_first_who_can_take_it() -> None:
    """Eventra #11892: a head of the queue that cannot take the seat does not stop the queue."""
    pool, queue = a_pool(size=1, waiting=3), [an_enrolment(ticket=number) for number in (1, 2, 3)]
    queue[1].accepts_promotion = True
    given = distribute([pool], queue, {queue[0].student_id: PassedFor.BUSY})
    assert [(one.enrolment.ticket, one.pool, one.passed_for) for one in given] == [
        (1, None, "child-busy"), (2, "general", None),
    ]  # fmt: skip
    assert (pool.enrolled, pool.offered, pool.waiting, pool.held_back) == (1, 0, 1, 0)


def test_reserved_seats_go_to_their_group_and_each_child_counts_once() -> None:
    """projektzapisy PR 725: a child entitled to a reserved seat and to one of everybody's gets one."""
    reserve, general = a_pool("hardship", 1, waiting=1), a_pool(size=1, waiting=3)
    queue = [an_enrolment(ticket=1), an_enrolment(ticket=2, reserve="hardship"), an_enrolment(ticket=3)]
    given = distribute([general, reserve], queue, {})
    assert [(one.enrolment.ticket, one.pool) for one in given] == [(2, "hardship"), (1, "general")]
    assert (reserve.offered, reserve.waiting, general.offered, general.waiting) == (1, 0, 1, 1)


def test_a_reserve_that_is_released_adds_no_seat() -> None:
    """pretix #1238: dropping a reserve in a full course offers nothing beyond the capacity."""
    reserve, general = a_pool("siblings", 2, enrolled=2), a_pool(size=3, enrolled=3, waiting=1)
    assert release([reserve, general], Group.SIBLINGS) == 0
    assert distribute([reserve, general], [an_enrolment()], {}) == []
    freed = a_pool("siblings", 2, enrolled=1, release_at=AT)
    assert release([freed, general], Group.SIBLINGS) == 1
    assert (freed.size, general.size, freed.release_at, general.held_back) == (1, 4, None, 1)
    with pytest.raises(ReserveNotReleased):
        release([general], Group.GENERAL)


def test_counters_follow_the_queue() -> None:
    reserve, general = a_pool("hardship", 2), a_pool(size=2, offered=1)
    child = an_enrolment(reserve="hardship")
    join_queue([reserve, general], child)
    assert (reserve.waiting, general.waiting) == (1, 1)
    leave_queue([reserve, general], child)
    assert (reserve.waiting, general.waiting) == (0, 0)
    give_up_seat([reserve, general], an_enrolment(State.OFFERED, pool="general"))
    assert general.offered == 0
    reserve.enrolled = 1
    give_up_seat([reserve, general], an_enrolment(State.ENROLLED, pool="hardship"))
    assert reserve.enrolled == 0
    leave_queue([general], an_enrolment(reserve="siblings"))
    assert general.waiting == -1, "the database refuses what the caller miscounts"


def test_an_offer_never_outlives_enrolment() -> None:
    """pretix #681."""
    offering, _ = an_offering(offer_hours=2)
    assert offered_until(offering, AT) == AT + timedelta(hours=2)
    assert offered_until(offering, AT + DAY - timedelta(hours=1)) == AT + DAY


def test_a_room_is_one_holder_at_its_school() -> None:
    school, other = uuid4(), uuid4()
    assert room_id(school, "音乐室") == room_id(school, "音乐室") != room_id(other, "音乐室")


GROUPS = st.sampled_from(["hardship", "siblings", "general"])


@settings(max_examples=300, deadline=None)
@given(
    st.tuples(st.integers(0, 4), st.integers(0, 4), st.integers(0, 4)),
    st.lists(st.tuples(GROUPS, st.booleans(), st.booleans()), max_size=12),
)
def test_no_seat_is_left_to_nobody(sizes: tuple[int, int, int], line: Sequence[tuple[str, bool, bool]]) -> None:
    """Whatever the queue: nothing beyond a pool's size, and no free seat beside a waiting child entitled to it."""
    pools = [a_pool(group, size) for group, size in zip(("hardship", "siblings", "general"), sizes, strict=True)]
    queue = [
        an_enrolment(ticket=ticket, reserve=group, accepts_promotion=accepts)
        for ticket, (group, accepts, _) in enumerate(line)
    ]
    for one in queue:
        join_queue(pools, one)
    blocked = {one.student_id: PassedFor.BUSY for one, (_, _, hindered) in zip(queue, line, strict=True) if hindered}
    given_seats = distribute(pools, queue, blocked)
    assert len({one.enrolment.id for one in given_seats}) == len(given_seats)
    for pool in pools:
        assert pool.enrolled + pool.offered <= pool.size
        assert pool.waiting >= 0
        assert pool.waiting == 0 or pool.free == pool.held_back == 0
    for seat in given_seats:
        assert seat.pool in (None, seat.enrolment.reserve, "general")
        assert (seat.pool is None) == (seat.enrolment.student_id in blocked)
