"""`/v1/draws`: promised, revealed, published; and the visits that follow."""

import json
from datetime import date, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import update

from deploy.verify.draw import differences
from services.inspection.field.targets.domain import Target
from services.inspection.planning.draws.domain import Draw
from shared.domain.clock import china_date, utc_now
from tests.inspection.conftest import World

NOBODY = "019a4c1e-0014-7014-8a2b-5d0c6e7f0014"
TODAY = china_date(utc_now())
DRAW: dict[str, Any] = {"name": "三月双随机", "share_bp": 5000, "scope": {"districts": ["140213"]}}


def member(subject: str, *, certificate: str | None) -> dict[str, Any]:
    return {
        "subject": subject,
        "name": subject,
        "certificate_no": certificate,
        "certificate_expires_on": "2999-01-01" if certificate else None,
    }


async def city(world: World) -> list[str]:
    members = [member("a", certificate="晋1"), member("b", certificate=None)]
    for code, district, people in (
        ("t1", "140213", members),
        ("t2", "140213", [member("c", certificate="晋3"), member("a", certificate="晋1")]),
        ("t3", "140214", [member("d", certificate="晋4")]),
    ):
        team = {"code": code, "name": code, "district": district, "members": people}
        assert (await world.bureau.post("/v1/teams", json=team)).status_code == 201
    return [str(await world.institution("g1", name=f"机构{n}")) for n in range(4)]


async def test_promised_revealed_and_published(world: World) -> None:
    ids = await city(world)
    officer, stranger = world.officer("140213"), world.officer("140214")
    recusal = {"subject": "a", "institution_id": ids[0], "reason": "亲属"}
    made = await officer.post("/v1/draws", json=DRAW | {"recusals": [recusal], "share_bp": 10_000})
    assert (made.status_code, made.json()["targets_total"], made.json()["inspectors_total"]) == (201, 4, 3)
    path = made.headers["location"]
    draw_id = made.json()["id"]
    assert (await stranger.get(path)).status_code == 404
    nobody = world.service()
    promised = (await nobody.get(f"/v1/public/draws/{draw_id}")).json()
    assert (promised["seed"], promised["result"], promised["state"]) == (None, [], "committed")
    assert promised["commitment"] == made.json()["commitment"]
    early = await nobody.get(f"/v1/public/draws/{draw_id}/proof")
    assert (early.status_code, early.json()["code"]) == (409, "draw-not-revealed")
    assert (await stranger.post(f"{path}/reveal")).status_code == 404
    revealed = await officer.post(f"{path}/reveal")
    assert (revealed.json()["state"], revealed.json()["drawn_total"]) == ("revealed", 4)
    twice = await officer.post(f"{path}/reveal")
    assert (twice.status_code, twice.json()["code"]) == (409, "draw-not-committed")
    published = (await nobody.get(f"/v1/public/draws/{draw_id}")).json()
    assert {one["name"] for one in published["result"]} == {f"机构{n}" for n in range(4)}
    proof = (await officer.get(f"{path}/proof")).json()
    assert list(differences(proof)) == []
    assert (await nobody.get(f"/v1/public/draws/{draw_id}/proof")).json() == proof
    assert (await nobody.get("/v1/public/draws")).json()["items"][0]["id"] == draw_id
    for said in (published, proof):
        assert "亲属" not in json.dumps(said, ensure_ascii=False)
    visits = (await world.bureau.get("/v1/visits")).json()["items"]
    by_institution = {one["institution_id"]: one for one in visits}
    assert {one["visit_type"] for one in visits} == {"双随机抽查"}
    assert set(by_institution[ids[0]]["inspectors"]) == {"b", "c"}
    assert all(len(one["inspectors"]) == 2 and one["team"] in ("t1", "t2") for one in visits)
    kinds = [kind.removeprefix("inspection.draw.") for kind, _, _ in await world.facts(draw_id)]
    assert kinds == ["committed.v1", "revealed.v1", "result_listed.v1"]
    assert proof["seed"] not in json.dumps((await world.facts(draw_id))[0][2])


async def test_who_was_there_last_does_not_come_again(world: World) -> None:
    ids = await city(world)
    visit = (await world.bureau.post("/v1/visits", json={"institution_id": ids[0], "team": "t1"})).json()["id"]
    inspector = world.inspector("t1", subject="a")
    await inspector.post(f"/v1/visits/{visit}/start")
    await inspector.post(f"/v1/visits/{visit}/submission", json={"outcome": "inspected"})
    await world.institution("g2", status="closed")
    draw = DRAW | {"share_bp": 10_000, "certified_per_pair": 1}
    path = (await world.bureau.post("/v1/draws", json=draw)).headers["location"]
    assert (await world.bureau.post(f"{path}/reveal")).json()["drawn_total"] == 4
    visits = (await world.bureau.get("/v1/visits", params={"state": "planned"})).json()["items"]
    assert "a" not in next(one["inspectors"] for one in visits if one["institution_id"] == ids[0])


async def test_draws_that_are_refused(world: World) -> None:
    empty = await world.bureau.post("/v1/draws", json=DRAW)
    assert empty.json()["code"] == "draw-scope-empty"
    ids = await city(world)
    officer = world.officer("140213")
    recusals = [{"subject": one, "institution_id": ids[0], "reason": "亲属"} for one in ("b", "c")]
    refusals: list[tuple[dict[str, Any], int, str]] = [
        ({"share_bp": 499}, 422, "draw-share-too-small"),
        ({"scope": {"districts": ["140214"]}}, 403, "draw-outside-your-district"),
        ({"pool": {"teams": ["t3"]}}, 422, "inspector-not-in-pool"),
        ({"pool": {"subjects": ["a", "zz"]}}, 422, "inspector-not-in-pool"),
        ({"recusals": [recusals[0] | {"subject": "d"}]}, 422, "inspector-not-in-pool"),
        ({"recusals": [recusals[0] | {"institution_id": NOBODY}]}, 422, "recusal-not-on-list"),
        ({"exclusions": [{"institution_id": NOBODY, "reason": "x"}]}, 422, "exclusion-not-in-scope"),
        ({"recusals": recusals}, 409, "not-enough-inspectors"),
        ({"certified_per_pair": 2, "pool": {"teams": ["t1"]}}, 409, "not-enough-inspectors"),
        ({"held_on": "2020-01-01"}, 422, "draw-held-in-the-past"),
        ({"held_on": "2999-06-01", "pool": {"teams": ["t2"]}}, 409, "not-enough-inspectors"),
    ]  # fmt: skip
    for more, status, code in refusals:
        refused = await officer.post("/v1/draws", json=DRAW | more)
        assert (refused.status_code, refused.json()["code"]) == (status, code), more
    path = (await officer.post("/v1/draws", json=DRAW | {"pool": {"teams": ["t2"]}})).headers["location"]
    cancelled = await officer.post(f"{path}/cancellation", json={"reason": "名录有误"})
    assert (cancelled.json()["state"], cancelled.json()["cancellation_reason"]) == ("cancelled", "名录有误")
    assert (await officer.post(f"{path}/reveal")).json()["code"] == "draw-not-committed"
    nobody = world.service()
    (listed,) = (await nobody.get("/v1/public/draws")).json()["items"]
    shown = (await nobody.get(path.replace("/v1/", "/v1/public/"))).json()
    for said in (listed, shown):
        assert (said["state"], said["cancellation_reason"]) == ("cancelled", "名录有误")
        assert said["cancelled_at"] == cancelled.json()["cancelled_at"]
    assert (shown["seed"], shown["result"]) == (None, [])


async def test_one_institution_does_not_stop_the_draw(world: World) -> None:
    ids = await city(world)
    officer, nobody = world.officer("140213"), world.service()
    barred = {"recusals": [{"subject": one, "institution_id": ids[0], "reason": "亲属"} for one in ("b", "c")]}
    refused = await officer.post("/v1/draws", json=DRAW | barred)
    assert refused.json()["facts"] == {"targets": 1, "inspectors": 3, "institutions": [ids[0]]}
    left_out = {"exclusions": [{"institution_id": ids[0], "reason": "举办者为检查人员亲属"}]}
    made = await officer.post("/v1/draws", json=DRAW | barred | left_out)
    assert (made.status_code, made.json()["targets_total"]) == (201, 3)
    assert made.json()["exclusions"] == left_out["exclusions"]
    path = made.headers["location"].replace("/v1/", "/v1/public/")
    assert (await nobody.get(path)).json()["excluded_total"] == 1
    await officer.post(f"{made.headers['location']}/reveal")
    proof = (await nobody.get(f"{path}/proof")).json()
    assert proof["terms"]["excluded"] == [ids[0]]
    for said in (proof, (await nobody.get(path)).json()):
        assert "亲属" not in json.dumps(said, ensure_ascii=False)


async def test_what_changed_since_the_commitment(world: World) -> None:
    ids = await city(world)
    draw = DRAW | {"share_bp": 10_000, "pool": {"subjects": ["a", "b"]}}
    path = (await world.bureau.post("/v1/draws", json=draw)).headers["location"]
    for team in (await world.bureau.get("/v1/teams")).json()["items"][:2]:
        await world.bureau.patch(f"/v1/teams/{team['id']}", json={"active": False}, headers={"If-Match": '"1"'})
    walking = {"code": "t4", "name": "四组", "district": "140213", "grids": ["g1"]}
    assert (await world.bureau.post("/v1/teams", json=walking)).status_code == 201
    async with world.sessions.begin() as session:
        for one, change in ((0, {"status": "merged"}), (1, {"status": "closed"}), (2, {"grid": None})):
            await session.execute(update(Target).where(Target.institution_id == UUID(ids[one])).values(change))
    assert (await world.bureau.post(f"{path}/reveal")).json()["drawn_total"] == 4
    why = {ids[0]: "merged", ids[1]: "closed", ids[2]: "no_team", ids[3]: None}
    published = (await world.service().get(path.replace("/v1/", "/v1/public/"))).json()["result"]
    assert {one["institution_id"]: one["unvisited"] for one in published} == why
    (visit,) = (await world.bureau.get("/v1/visits")).json()["items"]
    assert (visit["institution_id"], visit["team"], sorted(visit["inspectors"])) == (ids[3], "t4", ["a", "b"])
    assert (await world.officer("140213").get(f"{path}/result")).status_code == 404, "the city's draw"
    page = (await world.bureau.get(f"{path}/result", params={"limit": 3})).json()
    rest = (await world.bureau.get(f"{path}/result", params={"limit": 3, "cursor": page["next_cursor"]})).json()
    listed = page["items"] + rest["items"]
    assert {one["institution_id"]: one["unvisited"] for one in listed} == why
    told = (await world.facts(path.rpartition("/")[2]))[-1][2]["unvisited"]
    assert told == {one: reason for one, reason in why.items() if reason}


async def test_who_went_though_others_were_drawn(world: World) -> None:
    await city(world)
    officer = world.officer("140213")
    draw = DRAW | {"share_bp": 10_000, "pool": {"subjects": ["a", "b"]}}
    path = (await officer.post("/v1/draws", json=draw)).headers["location"]
    assert (await officer.get(f"{path}/result")).json()["items"] == []
    await officer.post(f"{path}/reveal")
    visits = (await world.bureau.get("/v1/visits")).json()["items"]
    for visit, subject, colleagues in zip(visits, "aaz", (["b", "z"], [], ["a"]), strict=False):
        goes = world.inspector("t1", subject=subject)
        await goes.post(f"/v1/visits/{visit['id']}/start", json={"inspectors": colleagues})
        await goes.post(f"/v1/visits/{visit['id']}/submission", json={"outcome": "inspected"})
    await world.inspector("t1", subject="a").post(f"/v1/visits/{visits[3]['id']}/start")
    listed = (await officer.get(f"{path}/result")).json()["items"]
    by_visit = {one["visit_id"]: one for one in listed}
    assert all(sorted(one["drawn"]) == ["a", "b"] for one in listed)
    shown = [(by_visit[one["id"]]["went"], by_visit[one["id"]]["as_drawn"]) for one in visits]
    assert shown == [(["a", "b", "z"], True), (["a"], False), (["z", "a"], False), ([], None)]


async def test_who_is_away_is_not_drawn(world: World) -> None:
    await city(world)
    day = TODAY + timedelta(days=3)
    first, second, _ = (await world.bureau.get("/v1/teams")).json()["items"]

    async def note(team: dict[str, Any], what: str, subject: str, **more: str) -> None:
        days = {"subject": subject, "first_day": str(day), "last_day": str(day)}
        assert (await world.bureau.post(f"/v1/teams/{team['id']}/{what}", json=days | more)).status_code == 201

    async def listed(on: date, **more: Any) -> set[str]:
        path = (await world.officer("140213").post("/v1/draws", json=DRAW | {"held_on": str(on)} | more)).headers
        async with world.sessions() as session:
            drawn = await session.get_one(Draw, UUID(path["location"].rpartition("/")[2]))
        return {person["subject"] for person in drawn.people.values()}

    assert await listed(day) == {"a", "b", "c"}
    await note(second, "absences", "c", reason="病假")
    assert await listed(day) == {"a", "b"}
    assert await listed(day - timedelta(days=1)) == {"a", "b", "c"}
    await note(first, "duties", "b")
    assert await listed(day) == {"a", "b"}, "a is not on duty with t1, but t2 keeps no rota"
    few = DRAW | {"held_on": str(day), "pool": {"teams": ["t1"]}}
    refused = await world.officer("140213").post("/v1/draws", json=few)
    assert (refused.status_code, refused.json()["code"]) == (409, "not-enough-inspectors")
    await note(second, "absences", "a", reason="事假")
    refused = await world.officer("140213").post("/v1/draws", json=DRAW | {"held_on": str(day)})
    assert refused.json()["code"] == "not-enough-inspectors"


async def test_the_minimum_is_what_the_office_decided(world: World) -> None:
    await city(world)
    decided = {
        "name": "draw.minimum_share_bp",
        "valid_from": str(china_date(utc_now())),
        "value": 6000,
        "source": "同教办〔2026〕8号",
    }
    assert (await world.bureau.post("/v1/norms", json=decided)).status_code == 201
    refused = await world.bureau.post("/v1/draws", json=DRAW)
    assert (refused.json()["code"], refused.json()["facts"]) == ("draw-share-too-small", {"minimum_bp": 6000})
