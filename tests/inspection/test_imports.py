"""Past visits and violations from files, odd rows included."""

from collections.abc import Sequence
from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import func, select, update

from services.inspection.field.targets.domain import Target
from services.inspection.penalties.cases.papers import Filing
from services.inspection.penalties.opening.usecases import file_case
from services.inspection.rounds.visits.domain import Visit
from services.inspection.stories.records.violations import ViolationImporter
from services.inspection.stories.records.visits import VisitImporter
from shared.domain.clock import utc_now
from shared.facts.journal import journal
from shared.imports.reader import Row
from shared.imports.runner import Importer
from tests.inspection.conftest import World
from tests.inspection.docket import BUREAU, OFFICERS, Docket

AT = datetime(2026, 3, 2, tzinfo=UTC)
TEAM = {"code": "t1", "name": "一组", "district": "140213", "grids": ["g1"]}


async def load(
    world: World, importer: Importer, rows: Sequence[Row], *, scope: str | None = None, dry_run: bool = False
) -> list[tuple[str, list[str]]]:
    async with world.sessions() as session:
        reports = await importer.apply(session, rows, scope=scope, at=AT)
        if not dry_run:
            await session.commit()
    return [(report.outcome, list(report.codes)) for report in reports]


def visit(ref: str = "v1", **more: str) -> Row:
    return {"external_ref": ref, "institution_ref": "i1", "visited_on": "2016-10-06T00:00:00.000", **more}


def violation(ref: str = "x1", **more: str) -> Row:
    return {"external_ref": ref, "visit_ref": "v1", "severity": "High Risk", "description": "vermin", **more}


async def facts(world: World) -> list[tuple[str, int, Any]]:
    async with world.sessions() as session:
        found = await session.execute(select(journal.c.type, journal.c.key_version, journal.c.payload))
        return [tuple(row) for row in found]


async def test_visits_are_recorded_once(world: World) -> None:
    institution = await world.institution("g1", external_ref="i1")
    rows = [visit(score="96.0", visit_type="Routine"), visit("v2", visited_on="10/06/2017", outcome="已搬迁")]
    assert await load(world, VisitImporter(), rows, dry_run=True) == [
        ("accepted", []),
        ("accepted", ["date-ambiguous"]),
    ]
    assert await facts(world) == []
    assert await load(world, VisitImporter(), rows) == [("accepted", []), ("accepted", ["date-ambiguous"])]
    assert await load(world, VisitImporter(), rows) == [("unchanged", []), ("unchanged", ["date-ambiguous"])]
    assert await load(world, VisitImporter(), [visit(score="97")]) == [("updated", [])]
    told = await facts(world)
    assert [(kind, version) for kind, version, _ in told] == [
        ("inspection.visit.recorded.v1", 1),
        ("inspection.visit.recorded.v1", 1),
        ("inspection.visit.recorded.v1", 2),
    ]
    assert told[2][2] | {"visit_id": None, "at": None} == {
        "visit_id": None,
        "institution_id": str(institution),
        "campaign_id": None,
        "team": None,
        "grid": "g1",
        "district": "140213",
        "street": "140213050",
        "at": None,
        "outcome": "inspected",
        "visited_on": "2016-10-06",
        "score": 97,
        "visit_type": "Routine",
        "external_ref": "v1",
        "purpose": None,
        "reference_id": None,
    }
    async with world.sessions() as session:
        target = await session.get_one(Target, institution)
        assert (target.visits, target.last_visited_on) == (2, date(2017, 10, 6))
    listed = (await world.bureau.get("/v1/visits", params={"institution": str(institution)})).json()["items"]
    assert [(one["state"], one["score"], one["outcome"]) for one in listed] == [
        ("reviewed", 97, "inspected"),
        ("reviewed", None, "moved"),
    ]


async def test_odd_rows_of_visits(world: World) -> None:
    await world.institution("g1", external_ref="i1")
    await world.institution("g3", external_ref="i3")
    expected = {
        "twice in the file": (visit("a"), "accepted", []),
        "the same again": (visit("a"), "unchanged", []),
        "corrected in the file": (visit("a", score="50"), "updated", []),
        "unknown institution": (visit("b", institution_ref="nobody"), "rejected", ["institution-unknown"]),
        "another institution": (visit("a", institution_ref="i3"), "rejected", ["outside-your-district"]),
        "no day": (visit("c", visited_on="soon"), "rejected", ["visited_on-unreadable"]),
        "a day to come": (visit("c", visited_on="2099-01-01"), "rejected", ["visited_on-in-future"]),
        "beyond full marks": (visit("c", score="101"), "accepted", ["score-less-than-equal"]),
        "no mark": (visit("c", score="good"), "unchanged", ["score-int-parsing"]),
        "a word of theirs": (visit("c", outcome="Perhaps"), "rejected", ["outcome-enum"]),
        "a team of nobody": (visit("c", team="t9"), "rejected", ["team-unknown"]),
        "no reference": ({"institution_ref": "i1", "visited_on": "20161006"}, "rejected", ["external_ref-missing"]),
    }
    reports = await load(world, VisitImporter(), [row for row, _, _ in expected.values()], scope="140213")
    assert dict(zip(expected, reports, strict=True)) == {
        name: (outcome, codes) for name, (_, outcome, codes) in expected.items()
    }
    assert [version for _, version, _ in await facts(world)] == [1, 2, 1]
    assert await load(world, VisitImporter(), [visit("a", institution_ref="i3")]) == [
        ("rejected", ["institution-differs"])
    ]


async def test_violations_follow_their_visit(world: World) -> None:
    institution = await world.institution("g1", external_ref="i1")
    await load(world, VisitImporter(), [visit()])
    rows = [
        violation(),
        violation("x2", severity="低", institution_ref="i1", status="closed"),
        {"external_ref": "x3", "institution_ref": "i1", "severity": "MODERATE RISK", "description": "d"}
        | {"found_on": "2016年10月7日"},
    ]
    assert await load(world, ViolationImporter(), rows) == [("accepted", [])] * 3
    assert await load(world, ViolationImporter(), rows) == [("unchanged", [])] * 3
    listed = (await world.bureau.get("/v1/violations", params={"institution": str(institution)})).json()["items"]
    assert [(one["severity"], one["state"], one["found_on"], one["grid"]) for one in listed] == [
        ("high", "reported", "2016-10-06", "g1"),
        ("low", "closed", "2016-10-06", "g1"),
        ("moderate", "reported", "2016-10-07", "g1"),
    ]
    closing = violation(status="closed")
    assert await load(world, ViolationImporter(), [closing]) == [("updated", [])]
    told = [payload["state"] for kind, _, payload in await facts(world) if "violation" in kind]
    assert told == ["reported", "closed", "reported", "closed"]


async def test_odd_rows_of_violations(world: World) -> None:
    await world.institution("g1", external_ref="i1")
    await world.institution("g3", external_ref="i3")
    await load(world, VisitImporter(), [visit(), visit("v3", institution_ref="i3")])
    bare = {"external_ref": "b", "visit_ref": "v1"}
    lonely = {"external_ref": "b", "severity": "low", "description": "d"}
    expected = {
        "twice in the file": (violation("a"), "accepted", []),
        "the same again": (violation("a"), "unchanged", []),
        "corrected in the file": (violation("a", severity="low"), "updated", []),
        "another visit's": (violation("a", visit_ref="v3"), "rejected", ["outside-your-district"]),
        "unknown visit": (violation("b", visit_ref="v9"), "rejected", ["visit-unknown"]),
        "unknown institution": (violation("b", institution_ref="i9"), "rejected", ["institution-unknown"]),
        "they disagree": (violation("b", institution_ref="i3"), "rejected", ["institution-mismatch"]),
        "about nobody": (lonely, "rejected", ["visit-or-institution-missing"]),
        "on no day": (lonely | {"institution_ref": "i1"}, "rejected", ["found_on-missing"]),
        "on a day to come": (violation("b", found_on="2099-01-01"), "rejected", ["found_on-in-future"]),
        "how grave": (violation("b", severity="so so"), "rejected", ["severity-enum"]),
        "half done": (violation("b", status="rectified"), "rejected", ["status-literal-error"]),
        "nothing said": (bare, "rejected", ["description-missing", "severity-missing"]),
    }
    reports = await load(world, ViolationImporter(), [row for row, _, _ in expected.values()], scope="140213")
    assert dict(zip(expected, reports, strict=True)) == {
        name: (outcome, codes) for name, (_, outcome, codes) in expected.items()
    }


async def test_a_corrected_visit_corrects_what_its_institution_says(world: World) -> None:
    first, second = [await world.institution("g1", external_ref=ref) for ref in ("i1", "i2")]

    async def said(*rows: Row) -> list[tuple[int, date | None]]:
        await load(world, VisitImporter(), rows)
        async with world.sessions() as session:
            targets = [await session.get_one(Target, one) for one in (first, second)]
            return [(one.visits, one.last_visited_on) for one in targets]

    one, two, other = visit("a"), visit("b", visited_on="2017-01-01"), visit("c", institution_ref="i2")
    kept = (1, date(2016, 10, 6))
    assert await said(one, two, other) == [(2, date(2017, 1, 1)), kept]
    assert await said(two | {"outcome": "closed_door"}) == [kept, kept]
    assert await said(one | {"outcome": "closed_door"}) == [(0, None), kept]
    assert await said(one | {"outcome": "moved"}) == [kept, kept]
    assert await said(one | {"visited_on": "2015-01-01"}) == [(1, date(2015, 1, 1)), kept]
    assert await said(two | {"visited_on": "2018-01-01"}) == [(1, date(2015, 1, 1)), kept]
    both = [two | {"visited_on": "2018-01-01", "outcome": "inspected"}, visit("d", institution_ref="i2")]
    assert await said(*both, visit("e", institution_ref="i2", visited_on="2019-01-01")) == [
        (2, date(2018, 1, 1)), (3, date(2019, 1, 1))
    ]  # fmt: skip
    fresh = visit("f", institution_ref="i2", visited_on="2020-01-01")
    assert (await said(fresh, fresh | {"outcome": "closed_door"}))[1] == (3, date(2019, 1, 1))
    assert (await said(visit("f", institution_ref="i2", visited_on="2020-01-01", note="x")))[1] == (3, date(2019, 1, 1))


async def test_nothing_new_is_recorded_at_a_merged_institution(world: World) -> None:
    institution = await world.institution("g1", external_ref="i1")
    loose = {
        "external_ref": "y",
        "institution_ref": "i1",
        "severity": "low",
        "description": "d",
        "found_on": "20161007",
    }
    await load(world, VisitImporter(), [visit()])
    await load(world, ViolationImporter(), [loose])
    async with world.sessions.begin() as session:
        await session.execute(update(Target).where(Target.institution_id == institution).values(status="merged"))
    merged = ("rejected", ["institution-merged"])
    rows = [visit(), visit(score="5"), visit("v2")]
    assert await load(world, VisitImporter(), rows) == [("unchanged", []), ("updated", []), merged]
    found = [loose, loose | {"severity": "high"}, loose | {"external_ref": "z"}, violation(institution_ref="i1")]
    assert await load(world, ViolationImporter(), found) == [
        ("unchanged", []), ("updated", []), merged, ("accepted", [])
    ]  # fmt: skip


async def test_a_district_gives_visits_to_its_own_teams(world: World) -> None:
    await world.institution("g1", external_ref="i1")
    for team in (TEAM, TEAM | {"code": "t3", "district": "140214", "grids": ["g3"]}):
        assert (await world.bureau.post("/v1/teams", json=team)).status_code == 201
    rows = [visit("a", team="t1"), visit("b", team="t3"), visit("a", team="t3")]
    unknown = ("rejected", ["team-unknown"])
    assert await load(world, VisitImporter(), rows, scope="140213") == [("accepted", []), unknown, unknown]
    await load(world, ViolationImporter(), [violation(visit_ref="a")], scope="140213")
    assert [one["team"] for one in (await world.bureau.get("/v1/violations")).json()["items"]] == ["t1"]
    assert (await world.inspector("t3").get("/v1/visits")).json()["items"] == []
    assert await load(world, VisitImporter(), rows[1:]) == [("accepted", []), ("updated", [])]


async def test_a_violation_that_somebody_acted_on_stays(world: World) -> None:
    institution = await world.institution("g1", external_ref="i1")
    docket = Docket(world.sessions, institution, utc_now())
    await docket.officers()
    await load(world, VisitImporter(), [visit()])
    names = ("reported", "ordered", "rectified", "upheld", "withdrawn", "pursued", "closed")
    rows = [violation(name, found_on="2026-03-01") for name in names]
    await load(world, ViolationImporter(), [*rows[:-1], rows[-1] | {"status": "closed"}])
    listed = (await world.bureau.get("/v1/violations")).json()["items"]
    ids = {one["external_ref"]: one["id"] for one in listed}
    officer, operator = world.officer("140213"), world.service("operator", institution=str(institution))
    for name in names[1:4]:
        ordered = await officer.post(f"/v1/violations/{ids[name]}/rectification-order", json={"requirement": "x"})
        assert ordered.status_code == 200, ordered.text
    for name in names[2:4]:
        said = await operator.post(f"/v1/violations/{ids[name]}/rectification", json={"statement": "x"})
        assert said.status_code == 200, said.text
    verified = {"holds": True, "note": "x"}
    assert (await officer.post(f"/v1/violations/{ids['upheld']}/verification", json=verified)).status_code == 200
    assert (
        await officer.post(f"/v1/violations/{ids['withdrawn']}/withdrawal", json={"reason": "x"})
    ).status_code == 200
    filing = Filing(grounds="x", acts_from=date(2026, 3, 1), officers=OFFICERS, offence="scope.disguised")
    async with world.sessions.begin() as session:
        await file_case(session, UUID(ids["pursued"]), filing, caller=BUREAU, at=utc_now())
    before = (await world.bureau.get("/v1/violations")).json()["items"]
    assert await load(world, ViolationImporter(), rows) == [("unchanged", [])] * 7
    acted_on = ("rejected", ["violation-acted-on"])
    corrected = [row | {"severity": "low"} for row in rows]
    assert await load(world, ViolationImporter(), corrected[1:]) == [acted_on] * 6
    closing = [row | {"status": "closed"} for row in rows]
    ended = [acted_on, acted_on, ("unchanged", []), acted_on, acted_on, ("unchanged", [])]
    assert await load(world, ViolationImporter(), closing[1:]) == ended
    assert (await world.bureau.get("/v1/violations")).json()["items"] == before
    assert await load(world, ViolationImporter(), [corrected[0], closing[0]]) == [("updated", []), ("updated", [])]


async def test_a_visit_that_was_looked_at_again_stays(world: World) -> None:
    await world.institution("g1", external_ref="i1")
    assert (await world.bureau.post("/v1/teams", json=TEAM)).status_code == 201
    await load(world, VisitImporter(), [visit(team="t1")])
    drawn = {"team": "t1", "first_day": "2016-01-01", "last_day": "2016-12-31", "share_bp": 10_000}
    assert (await world.bureau.post("/v1/rechecks", json=drawn)).status_code == 201
    assert await load(world, VisitImporter(), [visit(outcome="moved")]) == [("updated", [])]
    (recheck,) = (await world.bureau.get("/v1/rechecks")).json()["items"]
    result = await world.officer("140213").post(f"/v1/rechecks/{recheck['id']}/result", json={"outcome": "moved"})
    assert result.json()["agrees"] is True
    assert await load(world, VisitImporter(), [visit(outcome="inspected"), visit(outcome="moved")]) == [
        ("rejected", ["visit-acted-on"]), ("unchanged", [])
    ]  # fmt: skip


async def test_a_long_file_is_set_based(world: World) -> None:
    for number in range(20):
        await world.institution("g1", external_ref=f"i{number}")
    rows = [visit(f"v{number}", institution_ref=f"i{number % 20}") for number in range(2500)]
    assert set(map(str, await load(world, VisitImporter(), rows))) == {"('accepted', [])"}
    rows = [violation(f"x{number}", visit_ref=f"v{number % 2500}") for number in range(2500)]
    assert set(map(str, await load(world, ViolationImporter(), rows))) == {"('accepted', [])"}
    async with world.sessions() as session:
        assert await session.scalar(select(func.count()).select_from(Visit)) == 2500
        assert await session.scalar(select(func.sum(Target.visits))) == 2500
