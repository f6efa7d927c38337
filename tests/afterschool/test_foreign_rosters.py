"""Rosters that others made: simulated pupils of Boston, and a simulated week of choices."""

from pathlib import Path

import pytest

from tests.afterschool.conftest import World
from tests.afterschool.test_roster_imports import counts, imported

DATA = Path(__file__).parents[2].parent / "shared" / "data" / "afterschool"

pytestmark = pytest.mark.skipif(not DATA.is_dir(), reason="needs the public data beside the project")


async def test_a_week_of_choices_goes_through(world: World) -> None:
    place = {"name": "九年一贯制学校", "stage": "nine_year", "district": "140213", "code": "nine-year"}
    assert (await world.bureau.post("/v1/schools", json=place)).status_code == 201
    mapping = {
        "columns": {"reference": "student_id", "name": "name", "grade": "grade"},
        "constants": {"school": "nine-year"},
        "prefix": {"reference": "choice-week"},
    }
    content = (DATA / "choice_week" / "students.csv").read_bytes()
    first = await imported(world, "students", content, mapping)
    assert counts(first) == {"accepted": 100}, first
    assert counts(await imported(world, "students", content, mapping)) == {"unchanged": 100}


@pytest.mark.slow
async def test_the_pupils_of_boston_go_through(world: World) -> None:
    """22,420 rows without a number: an address and a grade are the reference, so twins of an address repeat one."""
    content = (DATA / "bps" / "students.xlsx").read_bytes()
    schools = {
        "columns": {"code": "Assigned School", "name": "Assigned School"},
        "constants": {"stage": "nine_year", "district": "140213"},
    }
    job = await imported(world, "schools", content, schools, filename="students.xlsx")
    assert job["state"] == "done"
    assert job["accepted"] + job["unchanged"] + job["rejected"] == job["total"] == 22_420
    pupils = {
        "columns": {
            "reference": ["Street Number", "Street Name", "Zip Code", "Grade", "Assigned School", "Geocode"],
            "grade": "Grade",
            "school": "Assigned School",
        },
        "constants": {"name": "模拟学生"},
    }
    first = await imported(world, "students", content, pupils, filename="students.xlsx")
    assert first["state"] == "done", first
    assert first["accepted"] + first["unchanged"] + first["rejected"] + first["updated"] == 22_420
    assert first["accepted"] > 10_000
    again = await imported(world, "students", content, pupils, filename="students.xlsx")
    assert (again["accepted"], again["updated"], again["rejected"]) == (0, 0, first["rejected"])
