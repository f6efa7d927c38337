"""The work list over HTTP, what is dismissed from it, and two entries that become one."""

from typing import Any
from uuid import UUID, uuid4

from services.registry.licensing.permits.domain import Validity
from services.registry.subscriptions import INBOX
from shared.events.inspection.targets import TargetPlaced
from tests.metrics.deliveries import deliver
from tests.registry.conftest import AT, OTHER_USCC, USCC, World
from tests.registry.test_importer import load, row
from tests.registry.test_permit_routes import permit, record

COMPLETE = {"uscc": USCC, "lon": 113.3, "lat": 40.1, "street": "140213050"}


async def found(world: World, doubt: str, **query: str) -> list[dict[str, Any]]:
    answer = await world.bureau.get("/v1/quality/findings", params={"doubt": doubt, **query})
    assert answer.status_code == 200, answer.text
    items: list[dict[str, Any]] = answer.json()["items"]
    return items


async def placed(world: World, institution: str, grid: str | None) -> None:
    event = TargetPlaced(institution_id=UUID(institution), grid=grid, blind_spot=None, at=AT)
    async with world.sessions.begin() as session:
        await INBOX.handle(session, [deliver(event, key=UUID(institution))])


async def test_each_doubt_finds_its_own(world: World) -> None:
    bare = (await world.institution("裸"))["id"]
    named = (await world.institution("有证号", permit_no="旧证1", **COMPLETE))["id"]
    lapsed = (await permit(world, ends=-1, name="过期"))["institution_id"]
    good = (await permit(world, name="合格"))["institution_id"]
    await world.institution("关", status="closed")
    for doubt, whom in {
        "no-coordinates": {bare, lapsed, good},
        "uscc-missing": {bare, lapsed, good},
        "permit-missing": {bare},
        "permit-unverified": {named},
        "permit-expired": {lapsed},
        "responsible-missing": {bare, named, lapsed, good},
        "wrong-place": set(),
        "same-permit-number": set(),
        "similar-entries": set(),
    }.items():
        assert {one["institution_id"] for one in await found(world, doubt)} == whom, doubt
    counts = (await world.bureau.get("/v1/quality")).json()["counts"]
    assert counts == {
        "no-coordinates": 3, "uscc-missing": 3, "permit-missing": 1, "permit-unverified": 1, "permit-expired": 1,
        "responsible-missing": 4, "wrong-place": 0, "same-permit-number": 0,
    }  # fmt: skip
    (missing, *_) = await found(world, "responsible-missing")
    assert missing["facts"]["missing"] == ["district_officer", "street_officer", "industry_department"]
    assert (await found(world, "permit-expired"))[0]["facts"]["valid_to"] is not None


async def test_coordinates_in_another_street(world: World) -> None:
    right, wrong, elsewhere, unknown, named = [
        (await world.institution(f"机构{place}", **COMPLETE | {"uscc": None}))["id"] for place in range(5)
    ]
    for institution, grid in (
        (right, "140213050"), (wrong, "140213051"), (elsewhere, "140214001"), (unknown, None), (named, "Mission")
    ):  # fmt: skip
        await placed(world, institution, grid)
    doubts = await found(world, "wrong-place")
    assert [(one["institution_id"], one["facts"]["grid"]) for one in doubts] == [
        (wrong, "140213051"), (elsewhere, "140214001")
    ]  # fmt: skip
    await placed(world, wrong, "140213050")
    assert [one["institution_id"] for one in await found(world, "wrong-place")] == [elsewhere]


async def test_pairs_are_listed_paged_and_dismissed(world: World) -> None:
    ids = [(await world.institution("晨光教育培训学校", permit_no="旧证1"))["id"] for _ in range(3)]
    for doubt in ("similar-entries", "same-permit-number"):
        pairs = [(one["institution_id"], one["other_id"]) for one in await found(world, doubt)]
        assert pairs == [(ids[0], ids[1]), (ids[0], ids[2]), (ids[1], ids[2])], doubt
        seen: list[tuple[str, str]] = []
        cursor = None
        while cursor or not seen:
            query = {"doubt": doubt, "limit": "1"} | ({"cursor": cursor} if cursor else {})
            page = (await world.bureau.get("/v1/quality/findings", params=query)).json()
            seen += [(one["institution_id"], one["other_id"]) for one in page["items"]]
            cursor = page["next_cursor"]
        assert seen == pairs, doubt
        dismissal = {"doubt": doubt, "institution_id": ids[1], "other_id": ids[0], "reason": "两家"}
        assert (await world.officer().post("/v1/quality/dismissals", json=dismissal)).status_code == 201
        again = await world.officer().post("/v1/quality/dismissals", json=dismissal)
        assert (again.status_code, again.json()["code"]) == (409, "finding-dismissed")
        assert [(one["institution_id"], one["other_id"]) for one in await found(world, doubt)] == pairs[1:]
    alone = {"doubt": "similar-entries", "institution_id": ids[1], "reason": "两家"}
    assert (await world.officer().post("/v1/quality/dismissals", json=alone)).json()["code"] == "pair-incomplete"


async def test_a_dismissed_doubt_about_one_entry(world: World) -> None:
    made = await world.institution()
    dismissal = {"doubt": "no-coordinates", "institution_id": made["id"], "reason": "线上机构"}
    assert (await world.officer("140214").post("/v1/quality/dismissals", json=dismissal)).status_code == 404
    assert (await world.officer().post("/v1/quality/dismissals", json=dismissal)).status_code == 201
    assert await found(world, "no-coordinates") == []
    assert await found(world, "uscc-missing") != []
    assert (await world.officer("140214").get("/v1/quality/findings?doubt=uscc-missing")).json()["items"] == []


async def merged(world: World, survivor: str, duplicate: str, status: int = 200) -> dict[str, Any]:
    body = {"duplicate_id": duplicate, "reason": "同一机构"}
    answer = await world.officer().post(f"/v1/institutions/{survivor}/merger", json=body)
    assert answer.status_code == status, answer.text
    said: dict[str, Any] = answer.json()
    return said


async def test_two_entries_become_one_and_both_histories_stay(world: World) -> None:
    survivor = await world.institution("晨光", external_ref="a", phone="1")
    duplicate = await world.institution("晨光教育", external_ref="b", uscc=USCC, phone="2", lon=113.3, lat=40.1)
    said = await merged(world, survivor["id"], duplicate["id"])
    assert (said["uscc"], said["phone"], said["lon"], said["external_ref"]) == (USCC, "1", 113.3, "a")
    ended = (await world.bureau.get(f"/v1/institutions/{duplicate['id']}")).json()
    assert (ended["status"], ended["external_ref"], ended["uscc"]) == ("merged", "b", None)
    kinds = [kind.split(".", 1)[1] for kind, _, _ in await world.facts(duplicate["id"])]
    assert kinds == ["institution.registered.v1", "institution.merged.v1"]
    file = (await world.bureau.get(f"/v1/institutions/{survivor['id']}/file")).json()["entries"]
    assert [(one["type"].split(".")[2], one["facts"]["name"]) for one in file] == [
        ("registered", "晨光"), ("registered", "晨光教育"), ("merged", "晨光教育"), ("changed", "晨光")
    ]  # fmt: skip
    assert (await merged(world, survivor["id"], duplicate["id"], 409))["code"] == "institution-ended"
    assert (await merged(world, duplicate["id"], survivor["id"], 409))["code"] == "institution-ended"


async def test_nobody_stays_responsible_for_what_has_ended(world: World) -> None:
    survivor, duplicate = await world.institution("晨光"), await world.institution("晨光教育")
    url = f"/v1/institutions/{duplicate['id']}/responsibilities"
    officer = {"officer": "officer-7", "officer_name": "李明"}
    assert (await world.bureau.put(f"{url}/street_officer", json=officer)).status_code == 200
    await merged(world, survivor["id"], duplicate["id"])
    assert [kind for kind, _, payload in await world.facts() if payload.get("officer", 0) is None] == [
        "registry.responsibility.assigned.v1"
    ]


async def test_a_chain_of_mergers_ends_in_one_file(world: World) -> None:
    first, second, third = [(await world.institution(f"晨光{place}"))["id"] for place in range(3)]
    await merged(world, second, first)
    await merged(world, third, second)
    file = (await world.bureau.get(f"/v1/institutions/{third}/file")).json()["entries"]
    assert {one["facts"]["name"] for one in file} == {"晨光0", "晨光1", "晨光2"}


async def test_whoever_has_the_permit_goes_on(world: World) -> None:
    held = await permit(world, uscc=USCC)
    twin = await world.institution("晨光", uscc=OTHER_USCC)
    assert (await merged(world, twin["id"], held["institution_id"], 409))["code"] == "merged-has-permit"
    coming = await permit(world, starts=5)
    assert (await merged(world, held["institution_id"], coming["institution_id"], 409))["code"] == "merged-has-permit"
    await merged(world, held["institution_id"], twin["id"])
    standing = (await world.service().get(f"/v1/public/institutions/{OTHER_USCC}/standing")).json()
    assert (standing["uscc"], standing["lawful"]) == (USCC, True), "the code of the twin leads to who goes on"
    await record(world, twin["id"], "旧证9", Validity(None, None))


async def test_mergers_that_cannot_be(world: World) -> None:
    made, far = await world.institution(), await world.institution("他校", district="140214")
    assert (await merged(world, made["id"], made["id"], 422))["code"] == "merge-into-itself"
    assert (await merged(world, made["id"], far["id"], 404))["code"] == "institution-not-found"
    assert (await merged(world, str(uuid4()), made["id"], 404))["code"] == "institution-not-found"


async def test_an_old_ledger_does_not_revive_what_was_merged(world: World) -> None:
    await load(world, [row("a"), row("b", name="晨光教育")])
    one, two = (await world.bureau.get("/v1/institutions")).json()["items"]
    await merged(world, one["id"], two["id"])
    told = len(await world.facts())
    assert await load(world, [row("a"), row("b", name="晨光教育二")]) == [
        ("unchanged", []), ("rejected", ["institution-merged"])
    ]  # fmt: skip
    assert len(await world.facts()) == told
