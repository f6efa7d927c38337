"""Rules of the roster: days of membership, guardians, the gate, sealed identities, school days."""

import os
from datetime import UTC, date, datetime, timedelta
from uuid import uuid4

import pytest

from services.afterschool.roster.classes.domain import (
    ClassDetails,
    GradeNotTaught,
    SchoolClass,
    school_year_of,
    stage_of,
    teaches,
)
from services.afterschool.roster.gate.domain import AccessRequest, ApprovalDecided, OwnRequest, Purpose, PurposeNotYours
from services.afterschool.roster.guardianships.domain import (
    CodeNotValid,
    GuardianBarred,
    Guardianship,
    GuardianshipCode,
    GuardianshipDetails,
    Relation,
    code_print,
    expiry,
    new_code,
)
from services.afterschool.roster.people.domain import Identity, Person, PersonKind, number_print, prints, sealed_row
from services.afterschool.roster.schools.domain import School, SchoolDetails, Stage
from services.afterschool.roster.students.domain import (
    MoveTooEarly,
    Origin,
    SameClass,
    Student,
    StudentHasLeft,
    StudentNumberMalformed,
    student_number,
    upgrades,
)
from services.afterschool.roster.teachers.domain import Teacher, TeacherHasLeft
from services.afterschool.roster.terms.domain import Term, is_school_day, school_days
from services.afterschool.sealing import CannotOpen, Sealer
from services.afterschool.stories.rosters.words import grade_of

AT = datetime(2026, 9, 1, 8, 0, tzinfo=UTC)
MONDAY = date(2026, 9, 7)
DAY = timedelta(days=1)
KEYS = {"old": os.urandom(32), "new": os.urandom(32)}
OLD = Sealer(KEYS, active="old", fingerprints=os.urandom(32))


def a_school(stage: Stage = Stage.NINE_YEAR) -> School:
    return School.register(SchoolDetails(code="s1", name="第一学校", stage=stage, district="140213"), at=AT)[0]


def a_class(school: School, grade: int = 3, code: str = "3-1") -> SchoolClass:
    details = ClassDetails(code=code, name="三年级一班", grade=grade, school_year=2026)
    return SchoolClass.form(details, school=school, at=AT)[0]


def test_a_day_of_transfer_counts_once() -> None:
    """teamster #5504: on the Monday of a transfer a pupil belongs to one school."""
    first, second = a_school(), a_school()
    student, before, admitted = Student.admit(
        a_class(first), school=first, on=date(2026, 9, 1), origin=Origin.FILE, at=AT
    )
    assert admitted.valid_from == date(2026, 9, 1)
    after, moved = student.move(before, a_class(second), school=second, on=MONDAY, origin=Origin.SCHOOL, at=AT)
    belongs = [
        one.school_id for one in (before, after) if one.valid_from <= MONDAY and (one.valid_to or date.max) > MONDAY
    ]
    assert belongs == [second.id] == [moved.school_id]
    assert (moved.from_school, moved.from_class, before.valid_to) == (first.id, before.class_id, MONDAY)
    assert (before.origin, after.origin) == ("school", "school")


def test_a_pupil_moves_and_leaves_in_order() -> None:
    school = a_school()
    student, membership, _ = Student.admit(a_class(school), school=school, on=MONDAY, origin=Origin.SCHOOL, at=AT)
    same = a_class(school)
    same.id = membership.class_id
    with pytest.raises(SameClass):
        student.move(membership, same, school=school, on=MONDAY + DAY, origin=Origin.SCHOOL, at=AT)
    with pytest.raises(MoveTooEarly):
        student.leave(membership, school=school, on=MONDAY, origin=Origin.SCHOOL, at=AT)
    left = student.leave(membership, school=school, on=MONDAY + DAY, origin=Origin.SCHOOL, at=AT)
    assert (left.left_on, membership.valid_to) == (MONDAY + DAY, MONDAY + DAY)
    with pytest.raises(StudentHasLeft):
        student.leave(membership, school=school, on=MONDAY + 2 * DAY, origin=Origin.SCHOOL, at=AT)


@pytest.mark.parametrize(
    ("written", "number"),
    [("g140213201501010011", "G140213201501010011"), ("L 140213 20150101 001X", "L14021320150101001X")],
)
def test_a_student_number_has_one_form(written: str, number: str) -> None:
    assert student_number(written) == number


@pytest.mark.parametrize("written", ["", "140213201501010011", "X140213201501010011", "G1402132015010100111"])
def test_what_is_no_student_number_is_refused(written: str) -> None:
    with pytest.raises(StudentNumberMalformed):
        student_number(written)


@pytest.mark.parametrize(
    ("before", "after", "found"),
    [("L1", "G1", True), ("G1", "L1", False), (None, "L1", True), ("G1", None, False), ("G1", "G2", True)],
)
def test_a_temporary_number_never_replaces_a_final_one(before: str | None, after: str | None, found: bool) -> None:
    assert upgrades(before, after) is found


@pytest.mark.parametrize(
    ("written", "grade"),
    [
        ("三年级", 3),
        ("3", 3),
        ("03", 3),
        ("Grade 7", 7),
        ("初一", 7),
        ("初3", 9),
        ("学前班", None),
        ("10", None),
        ("K2", None),
    ],
)
def test_grades_as_rosters_write_them(written: str, grade: int | None) -> None:
    assert grade_of(written) == grade


def test_a_school_forms_classes_of_its_grades() -> None:
    with pytest.raises(GradeNotTaught):
        a_class(a_school(Stage.PRIMARY), grade=7)
    junior = a_class(a_school(Stage.JUNIOR), grade=7)
    assert junior.stage is Stage.JUNIOR
    assert (stage_of(6), teaches(Stage.NINE_YEAR, 9), teaches(Stage.JUNIOR, 6)) == (Stage.PRIMARY, True, False)
    assert [school_year_of(date(2026, month, 1)) for month in (7, 8)] == [2025, 2026]


def a_guardianship(**more: object) -> tuple[Guardianship, School]:
    school = a_school()
    details = GuardianshipDetails(relation=Relation.MOTHER, valid_from=MONDAY, **more)
    return Guardianship.enter(uuid4(), details, school=school, origin=Origin.FILE, at=AT)[0], school


def test_a_guardianship_holds_on_its_days_once_it_is_proven() -> None:
    guardianship, school = a_guardianship(valid_to=MONDAY + 5 * DAY)
    assert not guardianship.holds(MONDAY)
    proven = guardianship.prove("guardian-1", school=school, at=AT)
    assert (proven.guardianship_id, guardianship.proven_at) == (guardianship.id, AT)
    assert [guardianship.holds(MONDAY + number * DAY) for number in (-1, 0, 4, 5)] == [False, True, True, False]


def test_what_a_person_decided_is_not_changed_by_a_file() -> None:
    guardianship, school = a_guardianship()
    same = guardianship.details()
    assert guardianship.change(same, school=school, origin=Origin.SCHOOL, at=AT) is None
    barred = same.model_copy(update={"barred": True})
    changed = guardianship.change(barred, school=school, origin=Origin.SCHOOL, at=AT)
    assert changed is not None
    assert changed.barred
    assert guardianship.change(same, school=school, origin=Origin.FILE, at=AT) is None
    assert guardianship.barred
    with pytest.raises(GuardianBarred):
        guardianship.prove("guardian-1", school=school, at=AT)
    assert not guardianship.holds(MONDAY)


def test_a_code_is_used_once_and_in_time() -> None:
    code = GuardianshipCode(guardianship_id=uuid4(), code_print=b"", expires_at=expiry(AT), used_at=None)
    with pytest.raises(CodeNotValid):
        code.use(expiry(AT))
    code.use(AT)
    with pytest.raises(CodeNotValid):
        code.use(AT)


def test_a_code_is_read_as_people_type_it() -> None:
    drawn = new_code()
    assert len(drawn) == 14
    assert code_print(drawn, OLD) == code_print(drawn.lower().replace("-", " ").replace("0", "o"), OLD)
    assert len({new_code() for _ in range(100)}) == 100


def test_a_teacher_leaves_after_the_first_day() -> None:
    school = a_school()
    teacher, registered = Teacher.register(school, on=MONDAY, at=AT)
    assert registered.teacher_id == teacher.id
    with pytest.raises(TeacherHasLeft):
        teacher.leave(school=school, on=MONDAY, at=AT)
    teacher.leave(school=school, on=MONDAY + DAY, at=AT)
    assert [teacher.belongs(MONDAY + number * DAY) for number in (-1, 0, 1)] == [False, True, False]
    with pytest.raises(TeacherHasLeft):
        teacher.leave(school=school, on=MONDAY + 2 * DAY, at=AT)


def test_access_is_approved_by_somebody_else_once() -> None:
    with pytest.raises(PurposeNotYours):
        AccessRequest.ask(uuid4(), None, requester="a", purpose=Purpose.CLASS_LIST, reason="x", at=AT)
    asked = AccessRequest.ask(uuid4(), None, requester="a", purpose=Purpose.VERIFICATION, reason="x", at=AT)
    with pytest.raises(OwnRequest):
        asked.decide(approved=True, by="a", at=AT)
    asked.decide(approved=True, by="b", at=AT)
    assert asked.expires_at == AT + timedelta(days=7)
    with pytest.raises(ApprovalDecided):
        asked.decide(approved=False, by="b", at=AT)


def a_person(sealer: Sealer) -> Person:
    identity = Identity("李一", "G140213201501010011", "13800000000", "ref-1")
    return Person(**sealed_row(uuid4(), PersonKind.STUDENT, identity, sealer))


def test_an_identity_opens_in_its_own_row_only() -> None:
    person = a_person(OLD)
    opened = person.identity(OLD)
    assert opened == Identity("李一", "G140213201501010011", "13800000000", "ref-1")
    assert b"13800000000" not in (person.phone or b"")
    another = a_person(OLD)
    another.name = person.name
    with pytest.raises(CannotOpen):
        another.identity(OLD)
    swapped = a_person(OLD)
    swapped.name, swapped.phone = swapped.phone, swapped.name
    with pytest.raises(CannotOpen):
        swapped.identity(OLD)
    with pytest.raises(CannotOpen):
        person.identity(Sealer({"new": KEYS["new"]}, active="new", fingerprints=b"x" * 32))


def test_the_letter_of_a_number_does_not_count_in_its_fingerprint() -> None:
    found = {number_print(PersonKind.STUDENT, f"{letter}140213201501010011", OLD) for letter in "GJL"}
    assert len(found) == 1
    assert number_print(PersonKind.TEACHER, "T1", OLD) != number_print(PersonKind.TEACHER, "S1", OLD)
    assert prints(PersonKind.TEACHER, Identity("张三"), OLD)["number_print"] is None


def test_nothing_is_left_of_an_erased_identity() -> None:
    person = a_person(OLD)
    person.erase(AT)
    assert person.identity(OLD) is None
    assert all(getattr(person, name) is None for name in ("name", "number", "phone", "reference", "number_print"))


def test_school_days_follow_the_calendar() -> None:
    exceptional = {date(2026, 10, 1): "public_holiday", date(2026, 10, 10): "makeup_workday", MONDAY: None}
    assert [is_school_day(on, exceptional) for on in (date(2026, 10, 1), date(2026, 10, 10), MONDAY)] == [
        False, True, True,
    ]  # fmt: skip
    assert len(school_days(date(2026, 9, 28), date(2026, 10, 11), exceptional)) == 10
    term = Term(id=uuid4(), name="秋", district=None, starts_on=date(2026, 9, 1), ends_on=date(2026, 9, 14), sequence=1)
    assert [term.week_of(on) for on in (date(2026, 9, 1), date(2026, 9, 6), MONDAY)] == [1, 1, 2]
    assert term.weeks() == 3
