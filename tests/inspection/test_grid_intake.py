"""Grids from outside: what is checked elsewhere, codes that mean another street, far dates, trials."""

import asyncio
import json
import math
import time
from typing import Any

import pytest

from tests.inspection.conftest import World


def square(code: str, name: str, lon: float, side: float = 0.01) -> dict[str, Any]:
    ring = [[lon, 40.0], [lon + side, 40.0], [lon + side, 40.0 + side], [lon, 40.0 + side], [lon, 40.0]]
    geometry = {"type": "Polygon", "coordinates": [ring]}
    return {"type": "Feature", "properties": {"code": code, "name": name}, "geometry": geometry}


async def send(world: World, features: list[Any], successions: Any = (), **query: Any) -> Any:
    body = {"type": "FeatureCollection", "features": features, "successions": list(successions)}
    return await world.bureau.post("/v1/grids/import", json=body, params=query)


V1 = [square("x001", "甲街道", 113.5), square("x002", "乙街道", 113.52)]
V2 = [square("x001", "乙街道", 113.52), square("x003", "甲街道", 113.5)]


async def test_a_code_that_means_another_street_needs_a_word(world: World) -> None:
    assert (await send(world, V1)).status_code == 201
    refused = await send(world, V2)
    assert (refused.status_code, refused.json()["code"]) == (409, "grid-codes-reused")
    (listed,) = refused.json()["facts"]["codes"]
    assert listed == {"feature": 0, "code": "x001", "share": 0.0}
    (shown,) = (await send(world, V2, confirm="x001", dry_run=True)).json()["changed"]
    assert shown == {**listed, "former_name": "甲街道", "name": "乙街道"}
    told = [{"code": "x001", "successors": ["x003"]}, {"code": "x002", "successors": ["x001"]}]
    taken = await send(world, V2, told)
    assert (taken.status_code, [one["code"] for one in taken.json()["changed"]]) == (201, ["x001"])


async def test_the_same_street_redrawn_or_renamed_in_form_needs_none(world: World) -> None:
    assert (await send(world, V1)).status_code == 201
    redrawn = [square("x001", "甲 街道办事处", 113.5, 0.011), square("x002", "乙街道", 113.52)]
    assert (await send(world, redrawn)).status_code == 201
    moved = [square("x001", "甲街道", 113.6), square("x002", "乙街道", 113.52)]
    assert (await send(world, moved)).status_code == 409
    assert (await send(world, moved, confirm="x001")).status_code == 201


async def test_a_far_first_day_is_questioned(world: World) -> None:
    refused = await send(world, V1, valid_from="2226-12-01")
    assert (refused.status_code, refused.json()["code"]) == (409, "grid-set-far-ahead")
    assert (await send(world, V1, valid_from="2226-12-01", accept_far_date=True)).status_code == 201


async def test_a_refusal_names_partner_share_and_reason_and_a_trial_changes_nothing(world: World) -> None:
    bow = {
        "type": "Polygon",
        "coordinates": [[[113.7, 40], [113.71, 40.01], [113.71, 40], [113.7, 40.01], [113.7, 40]]],
    }
    features = [square("a", "甲", 113.5), square("b", "乙", 113.505), square("d", "丁", 113.7) | {"geometry": bow}]
    report = (await send(world, features)).json()["facts"]["report"]
    assert report == [
        {"feature": 0, "fault": "overlaps", "partner": 1, "share": 0.5},
        {"feature": 1, "fault": "overlaps", "partner": 0, "share": 0.5},
        {"feature": 2, "fault": "geometry-invalid", "reason": "Self-intersection"},
    ]
    before = (await world.bureau.get("/v1/grids/versions")).json()
    trial = await send(world, [*features, square("e", "戊", 113.8)], accept="valid", dry_run=True)
    assert (trial.status_code, trial.json()["accepted"], trial.json()["grid_set_id"]) == (200, 1, None)
    assert (await world.bureau.get("/v1/grids/versions")).json() == before


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [(b"{", 400, "json-malformed"), (b'{"type":"FeatureCollection","features":[]}', 422, "request-invalid"),
     (b'{"type":"FeatureCollection","type":"x"}', 400, "json-duplicate-key"), (b"", 400, "json-malformed")],
)  # fmt: skip
async def test_bodies_that_are_no_grids(world: World, body: bytes, status: int, code: str) -> None:
    headers = {"Content-Type": "application/json"}
    answer = await world.bureau.post("/v1/grids/import", content=body, headers=headers)
    assert (answer.status_code, answer.json()["code"]) == (status, code)


async def test_many_vertices_do_not_hold_up_others(world: World) -> None:
    for number in range(20):
        await world.institution(None, lon=113.5 + number / 1e5, lat=40.0)
    points = 200_000
    ring = [
        [113.5 + math.cos(turn) / 100, 40 + math.sin(turn) / 100]
        for turn in (2 * math.pi * step / points for step in range(points))
    ]
    feature = square("x", "圆", 113.5) | {"geometry": {"type": "Polygon", "coordinates": [[*ring, ring[0]]]}}
    longest, done = 0.0, asyncio.Event()

    async def watch() -> None:
        nonlocal longest
        while not done.is_set():
            begun = time.perf_counter()
            await asyncio.sleep(0.01)
            longest = max(longest, time.perf_counter() - begun)

    body = json.dumps({"type": "FeatureCollection", "features": [feature]}).encode()
    watching = asyncio.create_task(watch())
    answer = await world.bureau.post("/v1/grids/import", content=body, headers={"Content-Type": "application/json"})
    done.set()
    await watching
    assert answer.status_code == 201, answer.text
    assert longest < 1


@pytest.mark.parametrize(
    "broken",
    [
        "null",
        '"feature"',
        "[]",
        '{"type": "Feature", "properties": {"code": "x9", "name": "\\ud83d"}, "geometry": null}',
        '{"type": "Feature", "properties": {"code": "x9", "n": 1e999}, "geometry": null}',
        '{"type": "Feature", "type": "Feature"}',
        '{"deep": ' + "[" * 40 + "]" * 40 + "}",
    ],
    ids=["null", "text", "list", "half an emoji", "beyond numbers", "a name twice", "too deep"],
)
async def test_one_broken_feature_refuses_no_other(world: World, broken: str) -> None:
    sound = ", ".join(json.dumps(one) for one in V1)
    body = f'{{"type": "FeatureCollection", "features": [{broken}, {sound}]}}'.encode()
    headers = {"content-type": "application/json"}
    refused = await world.bureau.post("/v1/grids/import", content=body, headers=headers)
    assert (refused.status_code, refused.json()["code"]) == (422, "grids-refused"), refused.text
    assert [(one["feature"], one["fault"]) for one in refused.json()["facts"]["report"]] == [(0, "feature-unreadable")]
    taken = await world.bureau.post("/v1/grids/import", content=body, headers=headers, params={"accept": "valid"})
    assert taken.status_code == 201, taken.text
    assert {one["code"] for one in (await world.bureau.get("/v1/grids")).json()["items"]} >= {"x001", "x002"}
