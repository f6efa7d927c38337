"""What inspection found on the street becomes one entry of the ledger, whatever is delivered how often."""

from typing import Any

from services.registry.subscriptions import INBOX
from shared.data.database import new_id
from shared.events import Event
from shared.events.inspection.campaigns import CampaignDiscovery
from shared.events.inspection.targets import InstitutionDiscovered
from tests.metrics.deliveries import AT, deliver
from tests.registry.conftest import World

SEEN: dict[str, Any] = {"name": "启航托管", "address": "迎宾街 12 号", "kind": "subject", "lon": 113.05, "lat": 40.05}
PLACE: dict[str, Any] = {"grid": "g1", "team": "t1", "district": "140213", "street": None}


async def hear(world: World, *events: Event) -> None:
    async with world.sessions.begin() as session:
        await INBOX.handle(session, [deliver(event) for event in events])


async def test_it_is_entered_once_and_unlicensed(world: World) -> None:
    ledger, visit = new_id(), new_id()
    told = InstitutionDiscovered(discovery_id=new_id(), visit_id=visit, ledger_id=ledger, **SEEN, **PLACE, at=AT)
    await hear(world, told)
    await hear(world, told, told)
    (entry,) = (await world.bureau.get("/v1/institutions")).json()["items"]
    assert (entry["id"], entry["status"]) == (str(ledger), "unlicensed")
    assert {key: entry[key] for key in (*SEEN, "district")} == SEEN | {"district": "140213"}
    history = (await world.bureau.get(f"/v1/institutions/{ledger}/history")).json()
    assert [one["reason"] for one in history] == [f"检查新发现（检查 {visit}）"]


async def test_a_campaigns_discovery_waits_for_its_name(world: World) -> None:
    bare: dict[str, Any] = {"campaign_id": new_id(), "discovery_id": new_id(), "visit_id": new_id(), "at": AT}
    await hear(world, CampaignDiscovery(**bare, grid="g1"))
    assert (await world.bureau.get("/v1/institutions")).json()["items"] == []
    described = CampaignDiscovery(**bare, **SEEN, **PLACE, ledger_id=new_id())
    await hear(world, described, described)
    assert len((await world.bureau.get("/v1/institutions")).json()["items"]) == 1
