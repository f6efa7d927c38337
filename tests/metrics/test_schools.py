"""What after-school's events do to the cells, where more than one of them is about the same thing."""

from datetime import date
from uuid import UUID

import pytest

from services.metrics.projections.schools import SCHOOLS
from shared.events.afterschool.catalogue import CatalogueItemContinued, CatalogueItemEnacted, CatalogueItemRepealed
from shared.events.afterschool.managements import DeclarationVerified, ShortfallClosed
from shared.events.afterschool.offerings import OfferingPublished
from shared.events.afterschool.schools import SchoolRegistered
from shared.events.afterschool.sessions import AttendanceRecorded
from shared.events.afterschool.students import StudentAdmitted, StudentLeft, StudentMoved
from shared.events.afterschool.surveys import SurveyResult, SurveyResultsListed
from shared.events.afterschool.wishes import WishRecorded
from tests.metrics.conftest import World, changed
from tests.metrics.deliveries import AT
from tests.metrics.samples import SAMPLES, SCHOOL, one

PLACE = ("140213", "140213050")
PUPIL = one(800)


async def test_a_pupil_who_moves_stands_at_the_new_school_alone(world: World) -> None:
    there = {"school_id": one(81), "district": "140214", "street": None, "grade": 4}
    await world.count(
        changed(StudentAdmitted, student_id=PUPIL),
        changed(StudentAdmitted, student_id=one(801)),
        changed(StudentMoved, student_id=PUPIL, **there),
    )
    assert await world.numbers() == {
        ("student", "on_roll", "3", *PLACE, str(SCHOOL)): (1, 0),
        ("student", "on_roll", "4", "140214", str(one(81))): (1, 0),
    }
    await world.count(changed(StudentLeft, student_id=PUPIL, **{**there, "grade": None}))
    await world.count(changed(StudentAdmitted, student_id=PUPIL))
    assert await world.numbers() == {("student", "on_roll", "3", *PLACE, str(SCHOOL)): (2, 0)}
    await world.check()


async def test_a_corrected_attendance_takes_the_place_of_the_former(world: World) -> None:
    session = {"session_id": one(810)}
    await world.count(changed(AttendanceRecorded, **session), changed(AttendanceRecorded, session_id=one(811)))
    await world.count(changed(AttendanceRecorded, **session, present=0, late=0, left_early=0, absent=2, held=False))
    where = (*PLACE, str(SCHOOL), "2026-03")
    assert await world.numbers() == {
        ("session", "held", *where): (1, 0),
        ("session", "not_held", *where): (1, 0),
        ("attendance", "taken", *where): (2, 15 + 5),
        ("attended", "taken", *where): (2, 9),
    }
    await world.check()


@pytest.mark.parametrize("reverse", [True, False])
async def test_a_school_serves_once_it_offers_something_in_either_order(world: World, reverse: bool) -> None:
    registered, published = SAMPLES[SchoolRegistered], SAMPLES[OfferingPublished]
    for event in (published, registered) if reverse else (registered, published):
        await world.count(event)
    await world.count(changed(SchoolRegistered, school_id=one(82)))
    numbers = await world.numbers()
    assert numbers["school", "active", *PLACE, str(SCHOOL), "v"] == (1, 0)
    assert numbers["school", "active", *PLACE, str(one(82))] == (1, 0)


def row(
    level: str, district: str | None = None, school: UUID | None = None, favourable: int | None = 9
) -> SurveyResult:
    answers = None if favourable is None else 10
    return SurveyResult(
        audience="student", level=level, district=district, school_id=school, answered=10, counts={}, answers=answers,
        favourable=favourable,
    )  # fmt: skip


async def test_results_stand_at_their_level_and_hidden_ones_nowhere(world: World) -> None:
    rows = [
        row("all"),
        row("district", "140213"),
        row("school", "140213", SCHOOL),
        row("school", "140213", one(82), None),
    ]
    listed = SurveyResultsListed(survey_id=one(1), term="t", results=rows, at=AT)
    await world.count(listed, listed)
    assert {key: amount for key, (_, amount) in (await world.numbers()).items() if key[0] == "survey_favourable"} == {
        ("survey_favourable", "all", "student", "2026-03"): 9,
        ("survey_favourable", "district", "student", "140213", "2026-03"): 9,
        ("survey_favourable", "school", "student", "140213", str(SCHOOL), "2026-03"): 9,
    }
    await world.check()


def test_the_whole_of_a_districts_survey_is_a_row_of_the_district() -> None:
    listed = SurveyResultsListed(survey_id=one(1), term="t", results=[row("all")], at=AT, district="140214")
    (answers, _) = SCHOOLS[SurveyResultsListed](listed)
    assert (answers.says["state"], answers.says["district"]) == ("district", "140214")


async def test_an_item_with_a_last_day_is_out_until_it_continues(world: World) -> None:
    item = {"item_id": one(820)}

    async def in_force() -> int:
        return sum(number for key, (number, _) in (await world.numbers()).items() if "enacted" in key)

    await world.count(changed(CatalogueItemEnacted, **item))
    assert await in_force() == 1
    await world.count(changed(CatalogueItemRepealed, **item))
    assert await in_force() == 0
    await world.count(changed(CatalogueItemContinued, **item))
    assert await in_force() == 1
    await world.count(changed(CatalogueItemContinued, **item, valid_to=date(2027, 1, 31)))
    assert await in_force() == 0


def test_verdicts_wishes_and_late_endings_have_states_of_their_own() -> None:
    for event, state in (
        (changed(DeclarationVerified, confirmed=True), "confirmed"),
        (changed(ShortfallClosed, late=True), "closed_late"),
        (changed(WishRecorded, wanted=False), "not_wanted"),
    ):
        (change,) = SCHOOLS[type(event)](event)
        assert change.says["state"] == state
