"""Transformations over HTTP, and what becomes of the entry and its permits."""

from typing import Any
from uuid import uuid4

import httpx
import pytest

from services.registry.licensing.permits.domain import Validity
from tests.registry.conftest import World
from tests.registry.test_permit_routes import permit, record


def path(institution: str, *more: str) -> str:
    return "/".join([f"/v1/institutions/{institution}/transformations", *more])


async def done(client: httpx.AsyncClient, url: str, **body: Any) -> dict[str, Any]:
    answer = await client.post(url, json=body or None)
    assert answer.status_code in (200, 201), answer.text
    said: dict[str, Any] = answer.json()
    return said


async def all_steps(world: World, transformation: dict[str, Any]) -> None:
    for step in transformation["steps"]:
        url = path(transformation["institution_id"], transformation["id"], "steps", step["code"], "completion")
        await done(world.officer(), url, note="完成")


async def statuses(world: World) -> dict[str, str]:
    return {one["number"]: one["status"] for one in (await world.bureau.get("/v1/permits")).json()["items"]}


async def test_a_subject_school_becomes_another(world: World) -> None:
    institution = await world.institution()
    await record(world, institution["id"], "旧证1", Validity(None, None), "subject")
    await record(world, institution["id"], "旧证2", Validity(None, None))
    one = await done(world.officer(), path(institution["id"]), target="non_subject", reason="双减")
    running = await world.officer().post(path(institution["id"]), json={"target": "closure"})
    assert (running.status_code, running.json()["code"]) == (409, "transformation-running")
    early = await world.bureau.post(path(institution["id"], one["id"], "completion"))
    assert (early.status_code, early.json()["code"]) == (409, "steps-open")
    await all_steps(world, one)
    completed = await done(world.officer(), path(institution["id"], one["id"], "completion"))
    assert (completed["state"], completed["permit"], completed["overdue"]) == ("completed", "cancelled", False)
    entry = (await world.bureau.get(f"/v1/institutions/{institution['id']}")).json()
    assert entry["kind"] == "non_subject"
    kinds = [kind.split(".", 1)[1] for kind, _, _ in await world.facts()]
    assert await statuses(world) == {"旧证1": "cancelled", "旧证2": "in_force"}
    assert kinds[-3:] == ["permit.cancelled.v1", "institution.changed.v1", "transformation.completed.v1"]


async def test_closed_with_every_permit(world: World) -> None:
    held = await permit(world)
    await record(world, held["institution_id"], "旧证二", Validity(None, None))
    one = await done(world.bureau, path(held["institution_id"]), target="closure")
    await all_steps(world, one)
    await done(world.bureau, path(held["institution_id"], one["id"], "completion"))
    entry = (await world.bureau.get(f"/v1/institutions/{held['institution_id']}")).json()
    assert entry["status"] == "closed"
    assert set((await statuses(world)).values()) == {"cancelled"}
    ended = await world.bureau.post(path(held["institution_id"]), json={"target": "non_profit"})
    assert (ended.status_code, ended.json()["code"]) == (409, "institution-ended")


async def test_non_profit_keeps_its_permit(world: World) -> None:
    held = await permit(world)
    one = await done(world.bureau, path(held["institution_id"]), target="non_profit")
    await all_steps(world, one)
    await done(world.bureau, path(held["institution_id"], one["id"], "completion"))
    entry = (await world.bureau.get(f"/v1/institutions/{held['institution_id']}")).json()
    assert (entry["profit"], entry["status"]) == ("non_profit", "active")
    assert set((await statuses(world)).values()) == {"in_force"}


async def test_given_up_and_begun_again(world: World) -> None:
    institution = (await world.institution())["id"]
    one = await done(world.bureau, path(institution), target="closure")
    abandoned = await done(world.bureau, path(institution, one["id"], "abandonment"), reason="继续办学")
    assert abandoned["state"] == "abandoned"
    again = await world.bureau.post(path(institution, one["id"], "abandonment"), json={"reason": "再次"})
    assert again.json()["code"] == "transformation-over"
    two = await done(world.bureau, path(institution), target="closure")
    assert [t["id"] for t in (await world.bureau.get(path(institution))).json()] == [one["id"], two["id"]]
    listed = (await world.officer().get("/v1/transformations?state=under_way&target=closure")).json()["items"]
    assert [t["id"] for t in listed] == [two["id"]]
    assert (await world.officer("140214").get("/v1/transformations")).json()["items"] == []


async def test_of_another_institution_or_district(world: World) -> None:
    institution, other = await world.institution(), await world.institution("他校")
    one = await done(world.bureau, path(institution["id"]), target="closure")
    wrong = await world.bureau.post(path(other["id"], one["id"], "completion"))
    assert (wrong.status_code, wrong.json()["code"]) == (404, "transformation-not-found")
    step = await world.bureau.post(path(institution["id"], one["id"], "steps", "party", "completion"), json={})
    assert step.json()["code"] == "step-not-found"
    elsewhere = world.officer("140214")
    assert (await elsewhere.post(path(institution["id"]), json={"target": "closure"})).status_code == 404
    assert (await elsewhere.get(path(institution["id"]))).status_code == 404
    assert (await world.bureau.post(path(str(uuid4())), json={"target": "closure"})).status_code == 404


@pytest.mark.parametrize("target", ["closure", "non_subject"])
async def test_an_entry_merged_meanwhile_becomes_nothing_else(world: World, target: str) -> None:
    stays, goes = await world.institution(), await world.institution(name="晨光二")
    one = await done(world.officer(), path(goes["id"]), target=target)
    await all_steps(world, one)
    merged = {"duplicate_id": goes["id"], "reason": "同一机构"}
    answer = await world.bureau.post(f"/v1/institutions/{stays['id']}/merger", json=merged)
    assert answer.status_code == 200, answer.text
    refused = await world.officer().post(path(goes["id"], one["id"], "completion"))
    assert (refused.status_code, refused.json()["code"]) == (409, "institution-ended")
    entry = (await world.bureau.get(f"/v1/institutions/{goes['id']}")).json()
    assert (entry["status"], entry["kind"]) == ("merged", goes["kind"])
    given_up = await world.officer().post(path(goes["id"], one["id"], "abandonment"), json={"reason": "已并入"})
    assert given_up.status_code == 200, given_up.text
