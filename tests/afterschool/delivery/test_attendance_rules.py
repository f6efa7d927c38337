"""The verdict on a mark: each refusal, each conflict, and what counts."""

from datetime import timedelta
from typing import Any

import pytest
from pydantic import ValidationError

from services.afterschool.delivery.attendance.domain import (
    NOBODY,
    NOT_TAKEN,
    REFUSALS,
    Current,
    Mark,
    MarkIn,
    Standing,
    Verdict,
    judge,
    led_by,
)
from services.afterschool.delivery.pickups.domain import Pickup, PickupIn, check_guardian
from services.afterschool.delivery.wishes.domain import Wish
from services.afterschool.roster.guardianships.domain import GuardianBarred, Guardianship, GuardianshipNotFound
from shared.data.database import new_id
from tests.afterschool.delivery.rules import AT, DAY, a_school, a_session

SCHOOL = a_school()
TEACHER = new_id()
SESSION = a_session(SCHOOL, teacher_id=TEACHER)
GOOD = Standing(seat=True, at_school=True)


def a_mark(**more: Any) -> MarkIn:
    values = {
        "id": new_id(),
        "offering_id": SESSION.offering_id,
        "on": DAY,
        "number": 8,
        "student_id": new_id(),
        "state": "present",
        "at": AT,
    }
    return MarkIn.model_validate(values | more)


def of_teacher(person: object, **more: Any) -> MarkIn:
    return a_mark(student_id=None, teacher_id=person, **more)


@pytest.mark.parametrize(
    ("mark", "session", "standing", "code"),
    [
        (a_mark(), None, GOOD, "day-not-scheduled"),
        (a_mark(), a_session(SCHOOL, state="cancelled", cancelled_for="school"), GOOD, "session-cancelled"),
        (a_mark(), a_session(SCHOOL, on=DAY + timedelta(days=1)), GOOD, "session-in-future"),
        (a_mark(), SESSION, NOBODY, "no-seat"),
        (a_mark(), SESSION, Standing(seat=True, at_school=False), "not-at-school"),
        (of_teacher(new_id()), SESSION, NOBODY, "not-the-teacher"),
        (a_mark(base_version=1), SESSION, GOOD, "version-unknown"),
    ],
)
def test_a_mark_is_refused_with_its_reason(mark: MarkIn, session: Any, standing: Standing, code: str) -> None:
    judged = judge(mark, session, standing=standing, current=NOT_TAKEN, today=DAY)
    assert (judged.verdict, judged.code, judged.current) == (Verdict.REFUSED, code, NOT_TAKEN)
    assert REFUSALS[code].zh


def test_the_first_mark_and_its_correction_are_versions() -> None:
    first = judge(a_mark(state="absent"), SESSION, standing=GOOD, current=NOT_TAKEN, today=DAY)
    assert (first.verdict, first.current.state, first.current.version) == (Verdict.APPLIED, "absent", 1)
    corrected = judge(a_mark(base_version=1), SESSION, standing=GOOD, current=first.current, today=DAY)
    assert (corrected.verdict, corrected.current.state, corrected.current.version) == (Verdict.APPLIED, "present", 2)


def test_an_old_phone_does_not_overwrite_what_it_has_not_seen() -> None:
    """Two phones saw nothing; the second one's batch arrives after a correction."""
    now = Current("excused", 2, AT)
    judged = judge(a_mark(state="absent"), SESSION, standing=GOOD, current=now, today=DAY)
    assert (judged.verdict, judged.code, judged.current) == (Verdict.CONFLICT, "newer-mark", now)
    assert judged.theirs == {"state": "excused", "version": 2}
    agreeing = judge(a_mark(state="excused"), SESSION, standing=GOOD, current=now, today=DAY)
    assert (agreeing.verdict, agreeing.current) == (Verdict.UNCHANGED, now)


def test_a_mark_is_withdrawn_as_a_version_too() -> None:
    withdrawn = judge(
        a_mark(state="not_taken", base_version=1), SESSION, standing=GOOD, current=Current("present", 1), today=DAY
    )
    assert (withdrawn.verdict, withdrawn.current.version) == (Verdict.APPLIED, 2)
    nothing = judge(a_mark(state="not_taken"), SESSION, standing=GOOD, current=NOT_TAKEN, today=DAY)
    assert nothing.verdict is Verdict.UNCHANGED


def test_the_one_who_teaches_needs_no_seat() -> None:
    assert judge(of_teacher(TEACHER), SESSION, standing=NOBODY, current=NOT_TAKEN, today=DAY).verdict == "applied"


def test_an_unknown_code_has_a_code_of_its_own() -> None:
    """teamster #4193: it is neither dropped nor counted as absent."""
    with pytest.raises(ValidationError) as refused:
        a_mark(state="P")
    assert [error["type"] for error in refused.value.errors()] == ["attendance_code_unknown"]


@pytest.mark.parametrize("people", [{"student_id": None}, {"teacher_id": str(new_id())}])
def test_a_mark_is_about_one_person(people: dict[str, Any]) -> None:
    with pytest.raises(ValidationError, match="either a student or a teacher"):
        a_mark(**people)


def test_a_mark_sent_again_is_known_by_its_content() -> None:
    sent = a_mark()
    judged = judge(sent, SESSION, standing=GOOD, current=NOT_TAKEN, today=DAY)
    mark = Mark.take(sent, judged, session_id=SESSION.id, subject="li", at=AT)
    assert mark.answer is Verdict.ALREADY_APPLIED
    assert mark.is_same_as(sent, "li")
    assert not mark.is_same_as(sent, "wang")
    assert not mark.is_same_as(sent.model_copy(update={"number": 7}), "li")
    refused = judge(sent, None, standing=NOBODY, current=NOT_TAKEN, today=DAY)
    assert Mark.take(sent, refused, session_id=None, subject="li", at=AT).answer is Verdict.REFUSED


@pytest.mark.parametrize(
    ("states", "led"),
    [
        ([], None),
        (["not_taken"], None),
        (["absent", "present"], "present"),
        (["excused", "not_taken"], "excused"),
        (["excused", "absent"], "absent"),
    ],
)
def test_somebody_who_was_there_leads(states: list[str], led: str | None) -> None:
    assert led_by(states) == led


def a_guardianship(student: object, **more: Any) -> Guardianship:
    values = {"id": new_id(), "student_id": student, "barred": False, "valid_from": DAY, "valid_to": None}
    return Guardianship(**values | more)


def test_a_guardian_picks_up_on_the_days_of_the_guardianship() -> None:
    child = new_id()
    check_guardian(a_guardianship(child), child, DAY)
    check_guardian(a_guardianship(child, valid_to=DAY + timedelta(days=1)), child, DAY)
    with pytest.raises(GuardianBarred):
        check_guardian(a_guardianship(child, barred=True), child, DAY)
    unknown = [
        None,
        a_guardianship(new_id()),
        a_guardianship(child, valid_from=DAY + timedelta(days=1)),
        a_guardianship(child, valid_to=DAY),
    ]
    for one in unknown:
        with pytest.raises(GuardianshipNotFound):
            check_guardian(one, child, DAY)


def test_a_pickup_names_one_person_and_is_known_again() -> None:
    sent = PickupIn(id=new_id(), student_id=new_id(), name="赵六", at=AT)
    pickup = Pickup.of(sent, SESSION.id, by="li", at=AT)
    assert pickup.is_same_as(sent, SESSION.id)
    assert not pickup.is_same_as(sent, new_id())
    for more in ({}, {"name": "赵六", "guardianship_id": new_id()}):
        with pytest.raises(ValidationError, match="guardianship_id"):
            PickupIn.model_validate({"id": new_id(), "student_id": new_id(), "at": AT, **more})


def test_the_newest_wish_counts() -> None:
    wish, told = Wish.first(new_id(), new_id(), wanted=True, by="g", school=SCHOOL, at=AT)
    assert (told.wanted, told.wish_id) == (True, wish.id)
    assert wish.change(wanted=True, by="g", school=SCHOOL, at=AT) is None
    later = wish.change(wanted=False, by="h", school=SCHOOL, at=AT + timedelta(days=1))
    assert later is not None
    assert (later.wanted, wish.told_by) == (False, "h")
