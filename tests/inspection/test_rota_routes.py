"""`/v1/teams/{id}/rota`: who writes on it, and what it then says."""

from typing import Any

from tests.inspection.conftest import World

MEMBERS = [{"subject": name, "name": name} for name in ("lead", "wang", "li")]
TEAM = {"code": "t1", "name": "一组", "district": "140213", "street": "140213050", "members": MEMBERS, "leader": "lead"}
DAYS = {"first_day": "2026-03-02", "last_day": "2026-03-04"}
MONTH = {"from": "2026-03-01", "to": "2026-03-05"}


async def test_a_rota_is_kept(world: World) -> None:
    team = (await world.bureau.post("/v1/teams", json=TEAM)).json()
    assert (team["street"], team["leader"]) == ("140213050", "lead")
    path = f"/v1/teams/{team['id']}"
    leader, member = world.inspector("t1", subject="lead"), world.inspector("t1", subject="wang")
    made = await leader.post(f"{path}/duties", json=DAYS | {"subject": "wang"})
    assert (made.status_code, made.json()["weekdays"]) == (201, [])
    refusals: list[tuple[Any, str, dict[str, str], int, str]] = [
        (leader, "duties", DAYS | {"subject": "wang"}, 409, "rota-overlap"),
        (leader, "duties", DAYS | {"subject": "zhao"}, 422, "not-a-member"),
        (member, "duties", DAYS | {"subject": "wang"}, 403, "rota-not-yours"),
        (member, "absences", DAYS | {"subject": "li", "reason": "事假"}, 403, "rota-not-yours"),
        (world.inspector("t9"), "duties", DAYS | {"subject": "wang"}, 404, "team-not-found"),
        (world.officer("140214"), "absences", DAYS | {"subject": "li", "reason": "x"}, 404, "team-not-found"),
    ]
    for caller, noun, body, status, code in refusals:
        refused = await caller.post(f"{path}/{noun}", json=body)
        assert (refused.status_code, refused.json()["code"]) == (status, code)
    away = DAYS | {"first_day": "2026-03-04", "subject": "wang", "reason": "病假"}
    absence = (await member.post(f"{path}/absences", json=away)).json()
    read = (await world.service("auditor").get(f"{path}/rota", params=MONTH)).json()
    assert read["keeps_rota"] is True
    assert [len(day["present"]) for day in read["days"]] == [0, 1, 1, 0, 0]
    assert read["days"][3]["absent"] == ["wang"]
    cancelled = await member.post(f"{path}/rota/{absence['id']}/cancellation")
    assert cancelled.status_code == 200
    again = await leader.post(f"{path}/rota/{absence['id']}/cancellation")
    assert again.json()["code"] == "rota-entry-cancelled"
    refused = await member.post(f"{path}/rota/{made.json()['id']}/cancellation")
    assert refused.json()["code"] == "rota-not-yours"
    told = await world.facts(absence["id"])
    assert [(kind, version) for kind, version, _ in told] == [
        ("inspection.absence.noted.v1", 1),
        ("inspection.absence.cancelled.v1", 2),
    ]
    assert "病假" not in str(told)


async def test_a_leader_is_a_member(world: World) -> None:
    refused = await world.bureau.post("/v1/teams", json=TEAM | {"leader": "zhao"})
    assert (refused.status_code, refused.json()["code"]) == (422, "leader-not-member")
    path = (await world.bureau.post("/v1/teams", json=TEAM)).headers["location"]
    left = await world.bureau.patch(path, json={"members": MEMBERS[1:]}, headers={"if-match": '"1"'})
    assert left.json()["code"] == "leader-not-member"
    changed = {"members": MEMBERS[1:], "leader": "li", "street": None}
    handed = await world.bureau.patch(path, json=changed, headers={"if-match": '"1"'})
    assert (handed.json()["leader"], handed.json()["street"]) == ("li", None)
    fact = (await world.facts(handed.json()["id"]))[-1][2]
    assert (fact["leader"], fact["members"]) == ("li", ["wang", "li"])
    unmoved = (await world.bureau.get(f"{path}/rota", params=MONTH)).json()
    assert (unmoved["keeps_rota"], len(unmoved["days"][0]["present"])) == (False, 2)
