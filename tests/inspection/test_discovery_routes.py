"""From the street to the ledger and back: what a visit found is an entry, and the entry closes the circle."""

from typing import Any
from uuid import UUID

from services.inspection.subscriptions import hear
from shared.domain.clock import utc_now
from shared.events.inspection.campaigns import CampaignDiscovery
from shared.events.registry.institutions import InstitutionRegistered
from tests.inspection.conftest import World
from tests.metrics.deliveries import deliver_all

TEAM = {"code": "t1", "name": "一组", "district": "140213", "grids": ["g1"]}
SEEN = {"name": "启航托管", "address": "迎宾街 12 号", "kind": "subject", "lon": 113.05, "lat": 40.05}
PLACE = {"district": "140213", "street": None, "team": "t1", "grid": "g1"}


async def found(world: World, plan: dict[str, Any], **more: Any) -> tuple[str, Any]:
    inspector = world.inspector("t1")
    visit = (await inspector.post("/v1/visits", json={"grid": "g1", **plan})).json()["id"]
    await inspector.post(f"/v1/visits/{visit}/start")
    answer = await inspector.post(f"/v1/visits/{visit}/submission", json={"outcome": "newly_found", **more})
    return visit, answer


async def test_a_discovery_without_a_campaign(world: World) -> None:
    await world.bureau.post("/v1/teams", json=TEAM)
    visit, answer = await found(world, {}, discovery=SEEN)
    assert answer.status_code == 200, answer.text
    (listed,) = (await world.bureau.get("/v1/discoveries")).json()["items"]
    assert {key: listed[key] for key in (*SEEN, *PLACE)} == SEEN | PLACE
    ((kind, version, payload),) = await world.facts(listed["id"])
    assert (kind, version) == ("inspection.institution.discovered.v1", 1)
    assert {key: payload[key] for key in (*SEEN, *PLACE, "visit_id")} == SEEN | PLACE | {"visit_id": visit}
    entry: dict[str, Any] = {
        "institution_id": UUID(payload["ledger_id"]),
        "uscc": None,
        "permit_no": None,
        "mode": "offline",
    }
    entry |= {"profit": "for_profit", "stages": [], "status": "unlicensed", "capacity": None, "external_ref": None}
    event = InstitutionRegistered(**entry, **SEEN, district="140213", street=None, at=utc_now())
    async with world.sessions.begin() as session:
        await hear(session, deliver_all([event]))
    (listed,) = (await world.officer("140213").get("/v1/discoveries")).json()["items"]
    assert listed["institution_id"] == payload["ledger_id"]
    assert (await world.officer("140214").get("/v1/discoveries")).json()["items"] == []


async def test_a_campaign_tells_it_once_more_when_it_is_described(world: World) -> None:
    await world.bureau.post("/v1/teams", json=TEAM)
    await world.institution("g1")
    days = {"name": "排查", "starts_on": "2026-03-01", "ends_on": "2026-04-01"}
    campaign = (await world.bureau.post("/v1/campaigns", json=days)).json()["id"]
    await world.bureau.post(f"/v1/campaigns/{campaign}/launch")
    visit, _ = await found(world, {"campaign_id": campaign})
    await world.bureau.post(f"/v1/visits/{visit}/review", json={"accepted": False})
    for _ in range(2):
        report = {"outcome": "newly_found", "discovery": SEEN}
        again = await world.inspector("t1").post(f"/v1/visits/{visit}/submission", json=report)
        assert again.status_code == 200
        await world.bureau.post(f"/v1/visits/{visit}/review", json={"accepted": False})
    told = [payload for kind, _, payload in await world.facts(campaign) if kind == CampaignDiscovery.type]
    assert [(fact["name"], fact["team"]) for fact in told] == [(None, "t1"), ("启航托管", "t1")]
    assert len({fact["discovery_id"] for fact in told}) == 1
    assert (await world.bureau.get(f"/v1/campaigns/{campaign}")).json()["discoveries_total"] == 1
    params = {"campaign": campaign}
    assert len((await world.inspector("t1").get("/v1/discoveries", params=params)).json()["items"]) == 1


async def test_only_a_discovery_is_described(world: World) -> None:
    await world.bureau.post("/v1/teams", json=TEAM)
    _, refused = await found(world, {}, outcome="inspected", discovery=SEEN)
    assert (refused.status_code, refused.json()["code"]) == (422, "discovery-unasked")
    _, half = await found(world, {}, discovery=SEEN | {"lat": None})
    assert half.json()["errors"][0]["code"] == "coordinates-incomplete"


async def test_what_nobody_described_is_not_accepted(world: World) -> None:
    await world.bureau.post("/v1/teams", json=TEAM)
    visit, _ = await found(world, {})
    url = f"/v1/visits/{visit}"
    refused = await world.bureau.post(f"{url}/review", json={"accepted": True})
    assert (refused.status_code, refused.json()["code"]) == (409, "discovery-undescribed")
    assert (await world.bureau.post(f"{url}/review", json={"accepted": False})).json()["state"] == "started"
    described = {"outcome": "newly_found", "discovery": SEEN}
    assert (await world.inspector("t1").post(f"{url}/submission", json=described)).status_code == 200
    assert (await world.bureau.post(f"{url}/review", json={"accepted": True})).json()["state"] == "reviewed"
