"""When a session was held, what may be changed, and which days have a timetable."""

from datetime import date, timedelta

import pytest

from services.afterschool.delivery.sessions.domain import (
    Generated,
    NotMakeupWorkday,
    SessionHasAttendance,
    SessionIsCancelled,
    SessionRef,
    TaughtDay,
    TeacherBusy,
    TeacherNotAtSchool,
    check_makeup_day,
    taught_days,
)
from services.afterschool.delivery.sessions.routes import GenerationIn
from shared.data.database import new_id
from shared.events.afterschool.sessions import MarkChanged
from tests.afterschool.delivery.rules import AT, DAY, a_school, a_session, a_teacher, a_term

SCHOOL = a_school()


@pytest.mark.parametrize(
    ("counts", "led", "state", "held"),
    [
        ({"present": 1}, "present", "planned", True),
        ({"late": 1}, "left_early", "planned", True),
        ({"left_early": 1}, "late", "planned", True),
        ({"absent": 5, "excused": 1}, "present", "planned", False),
        ({"present": 9}, "absent", "planned", False),
        ({"present": 9}, None, "planned", False),
        ({"present": 9}, "present", "cancelled", False),
    ],
)
def test_a_session_was_held_if_somebody_taught_and_a_child_was_there(
    counts: dict[str, int], led: str | None, state: str, held: bool
) -> None:
    assert a_session(SCHOOL, led=led, state=state, **counts).held is held


def test_counts_are_taken_over_and_told() -> None:
    session = a_session(SCHOOL)
    mark = MarkChanged(person_id=new_id(), teacher=False, state="present", version=1)
    told = session.count({"present": 2, "late": 1}, led="present", changed=[mark], school=SCHOOL, at=AT)
    assert (told.present, told.late, told.absent, told.held, told.changed) == (2, 1, 0, True, [mark])
    later = session.count({"absent": 3}, led=None, changed=[], school=SCHOOL, at=AT + timedelta(hours=1))
    assert (later.present, later.absent, later.held) == (0, 3, False), "a correction subtracts"
    assert session.taken_at == AT, "attendance was first taken then"


def test_who_teaches() -> None:
    teacher, outside, substitute = new_id(), new_id(), new_id()
    assert a_session(SCHOOL).leaders == []
    assert a_session(SCHOOL, teacher_id=teacher, outside_person_id=outside).leaders == [teacher, outside]
    assert a_session(SCHOOL, teacher_id=teacher, substitute_id=substitute).leaders == [substitute]


def test_a_substitute_takes_a_session_and_gives_it_back() -> None:
    session, teacher = a_session(SCHOOL, teacher_id=new_id()), a_teacher(SCHOOL)
    told = session.substitute(teacher, busy=False, school=SCHOOL, at=AT)
    assert told is not None
    assert (told.substitute_id, session.leaders) == (teacher.id, [teacher.id])
    assert session.substitute(teacher, busy=False, school=SCHOOL, at=AT) is None
    back = session.substitute(None, busy=False, school=SCHOOL, at=AT)
    assert back is not None
    assert back.substitute_id is None


@pytest.mark.parametrize(
    "teacher",
    [
        a_teacher(SCHOOL, valid_from=DAY + timedelta(days=1)),
        a_teacher(SCHOOL, valid_to=DAY),
        a_teacher(a_school()),
    ],
)
def test_a_substitute_belongs_to_the_school_on_the_day(teacher: object) -> None:
    with pytest.raises(TeacherNotAtSchool):
        a_session(SCHOOL).substitute(teacher, busy=False, school=SCHOOL, at=AT)  # type: ignore[arg-type]  # a teacher


def test_a_teacher_who_leaves_later_may_substitute() -> None:
    teacher = a_teacher(SCHOOL, valid_to=DAY + timedelta(days=1))
    assert a_session(SCHOOL).substitute(teacher, busy=False, school=SCHOOL, at=AT) is not None


def test_a_substitute_is_in_one_place_at_a_time() -> None:
    with pytest.raises(TeacherBusy):
        a_session(SCHOOL).substitute(a_teacher(SCHOOL), busy=True, school=SCHOOL, at=AT)


def test_who_taught_cannot_be_replaced_afterwards() -> None:
    with pytest.raises(SessionHasAttendance):
        a_session(SCHOOL, led="present").substitute(a_teacher(SCHOOL), busy=False, school=SCHOOL, at=AT)


def test_a_session_is_cancelled_once_and_not_after_attendance() -> None:
    session = a_session(SCHOOL)
    told = session.cancel("停电", school=SCHOOL, at=AT)
    assert (told.cancelled_for, session.state, session.reason) == ("school", "cancelled", "停电")
    with pytest.raises(SessionIsCancelled):
        session.cancel("停电", school=SCHOOL, at=AT)
    with pytest.raises(SessionIsCancelled):
        session.substitute(a_teacher(SCHOOL), busy=False, school=SCHOOL, at=AT)
    with pytest.raises(SessionIsCancelled):
        session.hand_over(new_id(), new_id(), None, school=SCHOOL, at=AT)
    with pytest.raises(SessionHasAttendance):
        a_session(SCHOOL, taken_at=AT).cancel("停电", school=SCHOOL, at=AT)


def test_a_child_is_handed_over_by_ids_only() -> None:
    pickup, student, guardianship = new_id(), new_id(), new_id()
    told = a_session(SCHOOL).hand_over(pickup, student, guardianship, school=SCHOOL, at=AT)
    assert (told.pickup_id, told.student_id, told.guardianship_id) == (pickup, student, guardianship)


def test_a_makeup_workday_has_no_timetable_of_its_own() -> None:
    friday, saturday, sunday = date(2026, 9, 25), date(2026, 9, 26), date(2026, 9, 27)
    exceptional = {saturday: "makeup_workday", sunday: "makeup_workday"}
    taught = taught_days([friday, saturday, sunday], term=a_term(), exceptional=exceptional, makeup={sunday: 1})
    assert taught == [TaughtDay(friday, 5, 4), TaughtDay(sunday, 1, 4)]


@pytest.mark.parametrize("kind", [None, "public_holiday", "rest_day"])
def test_only_makeup_workdays_follow_another_weekday(kind: str | None) -> None:
    with pytest.raises(NotMakeupWorkday):
        check_makeup_day(kind)
    check_makeup_day("makeup_workday")


def test_what_generating_changed() -> None:
    ref = SessionRef(new_id(), new_id(), DAY, 8, 3, AT, AT + timedelta(hours=1))
    assert not Generated(0, [], [], [ref]).changed
    assert Generated(1, [], [], []).changed
    assert Generated(0, [ref], [], []).changed
    assert Generated(0, [], [ref], []).changed
    assert ref.cancelled(SCHOOL, AT).cancelled_for == "calendar"
    assert ref.restored(SCHOOL, AT).starts_at == AT


@pytest.mark.parametrize(
    "body", [{}, {"school_id": str(new_id())}, {"term": "2026"}, {"offering_id": str(new_id()), "term": "2026"}]
)
def test_sessions_are_generated_of_one_thing(body: dict[str, str]) -> None:
    with pytest.raises(ValueError, match="offering_id"):
        GenerationIn.model_validate(body)
    assert GenerationIn(offering_id=new_id()).term is None
    assert GenerationIn(school_id=new_id(), term="2026").offering_id is None
