"""A platform killed in the middle of its work tells nobody less, and nothing twice, when it is started again."""

import asyncio
import signal
from pathlib import Path

import pytest
import shapely

from deploy.demo import pingcheng
from deploy.demo.dataset import Dataset
from deploy.demo.player import Player, player
from deploy.demo.running import RunningPlatform
from deploy.local import tokens
from deploy.local.ports import Ports
from tests.system.local_run import ended, started, words

INSTITUTIONS = 30
STREETS = list(pingcheng.STREETS)


@pytest.mark.slow
@pytest.mark.timeout(180)
async def test_nothing_is_lost_and_nothing_happens_twice_by_a_kill(folder: Path) -> None:
    ports = Ports.free()
    with (folder / "said").open("wb") as said, ended() as running:
        first = await started(folder, ports, said, running)
        place = RunningPlatform(ports, tokens.signing_key(folder))
        async with player(place) as one:
            await one.import_grids(city(folder))
            ids = await asyncio.gather(*(register(one, number) for number in range(INSTITUTIONS)))
            first.kill()
            await first.wait()
        second = await started(folder, ports, said, running)
        async with player(place) as one:
            await one.wait_for("counted", lambda: counted(one), INSTITUTIONS, seconds=30)
            await everybody_has(one, set(ids))
        second.send_signal(signal.SIGTERM)
        assert await asyncio.wait_for(second.wait(), 30) == 0, words(folder)
    assert "Stopped after" in words(folder)
    ports.require_free()  # raises where something still listens


def city(folder: Path) -> Dataset:
    pingcheng.write(folder / "pingcheng", institutions=1)
    return Dataset.of(folder / "pingcheng")


async def register(one: Player, number: int) -> str:
    """One institution in the middle of a street, by HTTP."""
    street = STREETS[number % len(STREETS)]
    answer = await one.bureau.post(
        "registry",
        "/v1/institutions",
        {"name": f"第{number}校", "kind": "subject", "district": pingcheng.DISTRICT, "street": street,
         "address": f"演示路{number}号", "lon": MIDDLES[street][0], "lat": MIDDLES[street][1]},
    )  # fmt: skip
    return str(answer.json()["id"])


def middles() -> dict[str, tuple[float, float]]:
    """A point inside each street's polygon."""
    found = {}
    for feature in pingcheng.cells()["features"]:
        point = shapely.geometry.shape(feature["geometry"]).representative_point()
        found[feature["properties"]["code"]] = (round(point.x, 6), round(point.y, 6))
    return found


MIDDLES = middles()


async def counted(one: Player) -> int:
    card = await one.bureau.get("metrics", "/v1/scorecard")
    numbers = {value["code"]: value["numerator"] for value in card["values"]}
    return int(numbers["institutions.total"] - numbers["institutions.unplaced"])


async def everybody_has(one: Player, ids: set[str]) -> None:
    """The ledger, the map and the scorecard, each with all of them once."""
    assert len(ids) == INSTITUTIONS
    ledger = [item["id"] async for item in one.bureau.pages("registry", "/v1/institutions")]
    assert sorted(ledger) == sorted(ids)
    spots = await one.bureau.get("inspection", "/v1/blind-spots")
    assert spots["placed"] + spots["unplaced"] == INSTITUTIONS
    total = await one.bureau.get("metrics", "/v1/indicators/institutions.total")
    assert total["numerator"] == INSTITUTIONS
    by_grid = await one.bureau.get("metrics", "/v1/indicators/institutions.total/values", by="grid")
    wanted = {street: sum(number % len(STREETS) == place for number in range(INSTITUTIONS))
              for place, street in enumerate(STREETS)}  # fmt: skip
    assert {point["key"]: point["numerator"] for point in by_grid["values"]} == wanted
    receipts = [
        (item["member_id"], item["sequence"], item["type"])
        async for item in one.bureau.pages("metrics", "/v1/indicators/institutions.total/receipts")
    ]
    assert len(receipts) == len(set(receipts))
    assert {member for member, _, _ in receipts} == ids
