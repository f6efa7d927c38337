"""A campaign's report: figures of recorded facts, to read and to print."""

from datetime import timedelta
from typing import Any
from uuid import UUID

from services.inspection.oversight.reports.domain import Figures
from shared.domain.clock import china_date, utc_now
from tests.inspection.conftest import World
from tests.inspection.test_discovery_routes import SEEN, TEAM, found

DAYS = {"name": "<春季>排查", "starts_on": "2026-03-01", "ends_on": "2026-04-01"}
TODAY = china_date(utc_now())


def day(ago: int) -> str:
    return str(TODAY - timedelta(days=ago))


async def visited(
    world: World, campaign: str, institution: object, team: str = "t1", days: int = 0, **report: Any
) -> None:
    """A visit, so many days ago."""
    inspector = world.inspector(team)
    plan = {"institution_id": str(institution), "campaign_id": campaign}
    visit = (await inspector.post("/v1/visits", json=plan)).json()["id"]
    await inspector.post(f"/v1/visits/{visit}/start")
    await world.visited_on(UUID(visit), TODAY - timedelta(days=days))
    answer = await inspector.post(f"/v1/visits/{visit}/submission", json=report)
    assert answer.status_code == 200, answer.text


async def test_the_report_counts_what_happened(world: World) -> None:
    for team in (TEAM, {"code": "t3", "name": "三组", "district": "140214", "grids": ["g3"]}):
        assert (await world.bureau.post("/v1/teams", json=team)).status_code == 201
    seen, shut, other = [await world.institution(grid) for grid in ("g1", "g1", "g3")]
    await world.institution(None)
    campaign = (await world.bureau.post("/v1/campaigns", json=DAYS)).json()["id"]
    await world.bureau.post(f"/v1/campaigns/{campaign}/launch")
    breaches = [{"severity": "high", "description": "无证"}, {"severity": "low", "description": "无公示"}]
    await visited(world, campaign, seen, outcome="inspected", violations=breaches)
    for days in range(3):
        await visited(world, campaign, shut, days=days, outcome="closed_door")
    await visited(world, campaign, other, "t3", outcome="closed_door")
    await found(world, {"campaign_id": campaign}, discovery=SEEN)
    path = f"/v1/campaigns/{campaign}/report"
    report = (await world.officer("140213").get(path)).json()
    assert (report["final"], report["state"]) == (False, "open")
    assert report["whole"] == {
        "targets": 4,
        "closed": 2,
        "open": 2,
        "coverage": 0.5,
        "discoveries": 1,
        "reasons": {"inspected": 1, "closed_door": 1},
        "visits": 6,
        "targets_tried": 2,
        "tries": 4,
        "closed_doors": 1,
        "violations": {"high": 1, "low": 1},
        "first_visit_on": day(2),
        "last_visit_on": day(0),
    }
    assert [(one["team"], one["targets"], one["visits"], one["tries"]) for one in report["teams"]] == [
        ("t1", 2, 5, 3),
        ("t3", 1, 1, 1),
        (None, 1, 0, 0),
    ]
    assert [(one["grid"], one["coverage"], one["discoveries"]) for one in report["grids"]] == [
        ("g1", 1.0, 1),
        ("g3", 0.0, 0),
        (None, 0.0, 0),
    ]
    assert [(one["day"], one["visits"], one["closed"]) for one in report["days"]] == [
        (day(2), 1, 0),
        (day(1), 1, 0),
        (day(0), 4, 2),
    ]
    assert [one["name"] for one in report["discovered"]] == ["启航托管"]
    page = await world.bureau.get(f"{path}/page")
    assert page.headers["content-type"].startswith("text/html")
    assert "&lt;春季&gt;排查" in page.text
    assert "覆盖率 50.0%" in page.text
    assert "启航托管" in page.text
    assert (await world.inspector("t1").get(path)).status_code == 403


async def test_a_draft_has_nothing_to_report(world: World) -> None:
    campaign = (await world.bureau.post("/v1/campaigns", json=DAYS)).json()["id"]
    report = (await world.bureau.get(f"/v1/campaigns/{campaign}/report")).json()
    assert (report["whole"], report["teams"]) == (Figures().model_dump(mode="json"), [])
    assert "—" in (await world.bureau.get(f"/v1/campaigns/{campaign}/report/page")).text


async def test_what_other_districts_found_is_counted_and_not_shown(world: World) -> None:
    for team in (TEAM, {"code": "t3", "name": "三组", "district": "140214", "grids": ["g3"]}):
        await world.bureau.post("/v1/teams", json=team)
    await world.institution("g1")
    campaign = (await world.bureau.post("/v1/campaigns", json=DAYS)).json()["id"]
    await world.bureau.post(f"/v1/campaigns/{campaign}/launch")
    await found(world, {"campaign_id": campaign}, discovery=SEEN)
    path = f"/v1/campaigns/{campaign}/report"
    for district, shown in (("140213", 1), ("140214", 0)):
        officer = world.officer(district)
        report = (await officer.get(path)).json()
        assert (report["whole"]["discoveries"], len(report["discovered"])) == (1, shown)
        assert (str(SEEN["address"]) in (await officer.get(f"{path}/page")).text) is bool(shown)
