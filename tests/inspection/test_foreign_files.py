"""Inspections of other cities: their words become outcomes and their stray points blind spots, as people would say."""

import csv
import json
from collections import Counter
from typing import Any

import pytest

from services.inspection.stories.records.batch import Parsed
from services.inspection.stories.records.rows import INTERPRETED, OUTCOMES
from services.inspection.stories.records.visits import VisitImporter, visit_of
from services.inspection.subscriptions import hear
from shared.data.database import new_id
from shared.events.registry.institutions import InstitutionRegistered
from tests.inspection.conftest import World
from tests.inspection.test_grid_rules import DATA
from tests.inspection.test_imports import AT, load, visit
from tests.metrics.deliveries import deliver_all

CHICAGO = DATA / "chicago"


@pytest.mark.parametrize("word", [*OUTCOMES, *INTERPRETED])
def test_every_word_becomes_an_outcome(word: str) -> None:
    row = visit_of(visit(outcome=f" {word.upper()} "))
    assert isinstance(row, Parsed)
    assert row.said.outcome == {**OUTCOMES, **INTERPRETED}[word]
    assert row.said.note == (word.upper() if word in INTERPRETED else None)


def test_the_files_own_note_stays() -> None:
    row = visit_of(visit(outcome="No Entry", note="装修"))
    assert isinstance(row, Parsed)
    assert (row.said.outcome, row.said.note) == ("closed_door", "装修")


def rows() -> list[dict[str, str]]:
    if not CHICAGO.is_dir():
        pytest.skip("the public data sets are not beside the project")
    with (CHICAGO / "inspections_342.csv").open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


@pytest.mark.data
async def test_chicago_is_accounted_for_to_the_last_row(world: World) -> None:
    found = rows()
    areas = json.loads((CHICAGO / "community_areas_77.geojson").read_text(encoding="utf-8"))
    query = {"code_property": "community", "name_property": "community"}
    taken = await world.bureau.post("/v1/grids/import", json=areas, params=query)
    assert (taken.status_code, taken.json()["accepted"]) == (201, 77)
    async with world.sessions.begin() as session:
        await hear(session, deliver_all([entry(row) for row in found]))
    spots: list[Any] = (await world.bureau.get("/v1/blind-spots/targets?reason=outside_every_grid")).json()["items"]
    assert len(spots) == 8
    assert all(one["grid"] is None and one["nearest"] and 50 < one["metres"] < 70 for one in spots), spots
    counts = (await world.bureau.get("/v1/blind-spots")).json()
    assert (counts["placed"] + counts["unplaced"], counts["unplaced"]) == (342, 8)
    visits = [
        {"external_ref": row["ID"], "institution_ref": row["ID"], "visited_on": row["Date"], "outcome": row["Results"]}
        | {"visit_type": row["InspType"]}
        for row in found
    ]
    reports = await load(world, VisitImporter(), visits)
    assert Counter((outcome, *codes) for outcome, codes in reports) == {
        ("accepted",): 95,
        ("accepted", "date-ambiguous"): 206,
        ("accepted", "outcome-interpreted"): 9,
        ("accepted", "date-ambiguous", "outcome-interpreted"): 32,
    }
    assert await load(world, VisitImporter(), visits[:3]) == [("unchanged", codes) for _, codes in reports[:3]]
    listed: list[Any] = []
    cursor: dict[str, str] = {}
    while True:
        page = (await world.bureau.get("/v1/visits", params={"limit": "200", **cursor})).json()
        listed += page["items"]
        if page["next_cursor"] is None:
            break
        cursor = {"cursor": page["next_cursor"]}
    assert Counter(one["outcome"] for one in listed) == {"inspected": 301, "closed_door": 20, "moved": 21}
    assert Counter(one["note"] for one in listed if one["note"]) == {
        "No Entry": 14,
        "Not Ready": 6,
        "Out of Business": 21,
    }


def entry(row: dict[str, str]) -> InstitutionRegistered:
    return InstitutionRegistered(
        institution_id=new_id(), name=row["DBA"], uscc=None, permit_no=None, kind="subject", mode="offline",
        profit="for_profit", stages=[], status="active", district="140213", street=None, address=row["Address"],
        lon=float(row["Longitude"]), lat=float(row["Latitude"]), capacity=None, external_ref=row["ID"], at=AT,
    )  # fmt: skip
