"""What anybody may ask: the white list, a standing, the notices; cached, limited, without a person in it."""

from datetime import date, timedelta
from typing import Any
from uuid import UUID, uuid4

import httpx

from services.registry.app import create_app
from services.registry.licensing.permits.domain import Validity
from services.registry.settings import Settings
from services.registry.subscriptions import INBOX
from shared.events import Event
from shared.events.inspection.violations import RectificationOrdered, ViolationReported, ViolationVerified
from tests.infrastructure import ScratchDatabase
from tests.metrics.deliveries import deliver
from tests.registry.conftest import AT, OTHER_USCC, USCC, World
from tests.registry.test_permit_routes import DECEIVED, SUSPENSION, TODAY, permit, record, told
from tests.services import running, settings_on

URL = f"/v1/public/institutions/{USCC}/standing"


async def standing(world: World, url: str = URL) -> dict[str, Any]:
    answer = await world.service().get(url)
    assert answer.status_code == 200, answer.text
    said: dict[str, Any] = answer.json()
    return said


def codes(said: dict[str, Any]) -> list[str]:
    return [reason["code"] for reason in said["reasons"]]


async def test_a_permit_lapses_and_the_standing_says_so_at_once(world: World) -> None:
    one = await permit(world, uscc=USCC)
    lawful = await standing(world)
    assert (lawful["lawful"], lawful["licence"]["status"], codes(lawful)) == (True, "in_force", ["licence-in-force"])
    assert lawful["as_of"] == TODAY.isoformat()
    await told(world, one, "suspension", **SUSPENSION)
    rests = await standing(world)
    assert (rests["lawful"], rests["licence"]["suspended_until"]) == (False, SUSPENSION["until"])
    await told(world, one, "revocation", **DECEIVED)
    gone = await standing(world)
    assert (gone["lawful"], codes(gone)) == (False, ["licence-revoked", "institution-unlicensed"])


async def test_who_is_in_no_ledger(world: World) -> None:
    missing = await world.service().get(URL)
    assert (missing.status_code, missing.json()["code"]) == (404, "institution-not-found")
    wrong = await world.service().get(f"/v1/public/institutions/{USCC[:-1]}4/standing")
    assert (wrong.status_code, wrong.json()["errors"][0]["code"]) == (422, "uscc-checksum")


async def test_a_ledger_that_names_a_permit_is_not_proof(world: World) -> None:
    made = await world.institution(uscc=USCC, permit_no="旧证1")
    assert (await standing(world))["lawful"] is None
    await record(world, made["id"], "旧证1", Validity(None, None))
    assert (await standing(world))["lawful"] is True


async def test_orders_of_inspection_are_public_and_accusations_are_not(world: World) -> None:
    made = await permit(world, uscc=USCC)
    violation = uuid4()
    says: dict[str, Any] = {
        "violation_id": violation, "institution_id": UUID(made["institution_id"]), "visit_id": None, "grid": None,
        "district": "140213", "street": None, "severity": "high", "found_on": TODAY, "at": AT,
    }  # fmt: skip

    async def hear(event: Event, sequence: int) -> None:
        async with world.sessions.begin() as session:
            await INBOX.handle(session, [deliver(event, key=violation, sequence=sequence)])

    await hear(ViolationReported(**says, state="reported", description="无证", external_ref=None), 1)
    assert (await standing(world))["open_penalties"] == 0
    order = {"due_on": TODAY + timedelta(days=3), "requirement": "整改"}
    await hear(RectificationOrdered(**says, **order, state="rectification_ordered"), 2)
    under_order = await standing(world)
    assert (under_order["open_penalties"], under_order["lawful"], codes(under_order)[-1]) == (1, True, "open-penalties")
    await hear(ViolationVerified(**says, state="closed", holds=True, note=None), 4)
    await hear(ViolationReported(**says, state="reported", description="无证", external_ref=None), 1)  # an older fact
    assert (await standing(world))["open_penalties"] == 0


async def test_a_holiday_order_binds_those_it_was_sent_to(world: World) -> None:
    made = await world.institution(uscc=USCC)
    await world.institution("画室", kind="non_subject", uscc=OTHER_USCC)
    await record(world, made["id"], "旧证1", Validity(None, None), "subject")
    await world.know_calendar(TODAY.year)
    year = date(TODAY.year, 1, 1)
    order = {
        "title": "全年停课", "legal_basis": "双减意见", "first_day": year.isoformat(),
        "last_day": year.replace(month=12, day=31).isoformat(), "acknowledge_by": TODAY.isoformat(),
    }  # fmt: skip
    issued = await world.bureau.post("/v1/stop-orders", json=order)
    assert issued.status_code == 201, issued.text
    said = await standing(world)
    assert said["holiday_order"]["in_force"] is True
    assert [one["title"] for one in said["holiday_order"]["orders"]] == ["全年停课"]
    today = issued.json()["days"].count(TODAY.isoformat()) > 0
    assert ("stopped-today" in codes(said)) is today
    assert said["holiday_order"]["orders"][0]["today"] is today
    other = await standing(world, f"/v1/public/institutions/{OTHER_USCC}/standing")
    assert other["holiday_order"] == {"in_force": False, "orders": []}
    await world.bureau.post(f"/v1/stop-orders/{issued.json()['id']}/cancellation", json={"cause": "改期"})
    assert (await standing(world))["holiday_order"]["in_force"] is False


async def test_the_white_list_holds_whose_permit_is_in_force(world: World) -> None:
    good = await permit(world, uscc=USCC, legal_representative="王强", phone="13800000000")
    far = await permit(world, ends=None, district="140214", name="彩虹")
    expired = await permit(world, ends=-1)
    resting = await permit(world)
    await told(world, resting, "suspension", **SUSPENSION)
    await record(world, good["institution_id"], "第二证", Validity(None, None))
    visitor = world.service()
    first = (await visitor.get("/v1/public/institutions?limit=1")).json()
    second = (await visitor.get("/v1/public/institutions", params={"limit": 1, "cursor": first["next_cursor"]})).json()
    listed = first["items"] + second["items"]
    assert {one["id"] for one in listed} == {good["institution_id"], far["institution_id"]}
    assert second["next_cursor"] is None
    assert expired["institution_id"] not in {one["id"] for one in listed}
    assert not {"phone", "legal_representative"} & set(listed[0])
    assert "王强" not in str(listed)
    by_place = (await visitor.get("/v1/public/institutions?district=140214&kind=non_subject")).json()["items"]
    by_name = (await visitor.get("/v1/public/institutions", params={"q": "彩"})).json()["items"]
    assert [one["id"] for one in by_place] == [one["id"] for one in by_name] == [far["institution_id"]]


async def test_notices_the_newest_first(world: World) -> None:
    one = await permit(world, uscc=USCC)
    await told(world, one, "revocation", **DECEIVED)
    notice = {"title": "放假通知", "body": "详情", "confirm_by": TODAY.isoformat()}
    assert (await world.bureau.post("/v1/notices", json=notice)).status_code == 201
    newest = (await world.service().get("/v1/public/notices?limit=1")).json()
    assert (newest["items"][0]["title"], newest["items"][0]["subjects"]) == ("放假通知", [])
    older = (
        await world.service().get("/v1/public/notices", params={"cursor": newest["next_cursor"], "limit": 1})
    ).json()
    assert older["items"][0]["subjects"] == [{"name": "晨光", "uscc": USCC}]
    assert older["items"][0]["number"] == f"通报〔{TODAY.year}〕1号"


async def test_answers_may_be_kept(world: World) -> None:
    await permit(world, uscc=USCC)
    visitor = world.service()
    for url, control in (
        (URL, "public, no-cache"),
        ("/v1/public/institutions", "public, max-age=60"),
        ("/v1/public/notices", "public, max-age=60"),
    ):
        answer = await visitor.get(url)
        assert answer.headers["cache-control"] == control
        again = await visitor.get(url, headers={"if-none-match": answer.headers["etag"]})
        assert (again.status_code, again.content) == (304, b"")


async def test_one_address_asks_only_so_often(fresh_database: ScratchDatabase) -> None:
    settings = settings_on(Settings, await fresh_database("registry"), public_rate="3/minute")
    async with running(create_app, settings) as service:
        client = service()
        answers = [await client.get("/v1/public/notices") for _ in range(5)]
        assert [answer.status_code for answer in answers] == [200, 200, 200, 429, 429]
        assert answers[-1].json()["code"] == "too-many-requests"
        assert 1 <= int(answers[-1].headers["retry-after"]) <= 60
        elsewhere = httpx.ASGITransport(service.app, client=("10.0.0.9", 1))
        async with httpx.AsyncClient(transport=elsewhere, base_url="http://service.test") as other:
            assert (await other.get("/v1/public/notices")).status_code == 200
        assert (await service("bureau").get("/v1/notices")).status_code == 200, "who has a token is not counted"
