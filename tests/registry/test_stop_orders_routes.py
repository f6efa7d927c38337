"""Stop orders over HTTP: compiled, acknowledged, verified, taken back."""

import asyncio
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest
from sqlalchemy import func, select, update

from services.registry.institutions.domain import Institution
from services.registry.stop_orders.domain import Result, StopOrder, StopOrderNotFound, StopOrderRecipient
from services.registry.stop_orders.queries import orders_in_force_for
from services.registry.stop_orders.usecases import conclude_visit
from shared.clock import china_date, utc_now
from tests.registry.conftest import World

TODAY = china_date(utc_now())
YEAR = TODAY.year + 1
"""A year whose calendar is told by these tests, and whose days are all to come."""
HOLIDAY = [date(YEAR, 10, day) for day in range(1, 8)]
ORDER: dict[str, Any] = {
    "title": "国庆停训",
    "legal_basis": "双减意见",
    "first_day": str(HOLIDAY[0]),
    "last_day": str(HOLIDAY[-1]),
    "acknowledge_by": str(TODAY),
}
AT = datetime(YEAR, 10, 2, 3, 0, tzinfo=UTC)


@pytest.fixture
async def told(world: World) -> World:
    """A world that knows the calendar of the next year."""
    days = [{"on": str(day), "kind": "public_holiday", "name": "国庆节"} for day in HOLIDAY]
    answer = await world.bureau.post("/v1/calendar/years", json={"year": YEAR, "source": "s", "days": days})
    assert answer.status_code == 201, answer.text
    return world


async def issued(client: httpx.AsyncClient, **more: Any) -> dict[str, Any]:
    answer = await client.post("/v1/stop-orders", json={**ORDER, **more})
    assert answer.status_code == 201, answer.text
    made: dict[str, Any] = answer.json()
    return made


def operator(world: World, institution: dict[str, Any]) -> httpx.AsyncClient:
    return world.service("operator", institution=institution["id"])


async def listed(client: httpx.AsyncClient, order: dict[str, Any], **filters: str) -> list[str]:
    answer = await client.get(f"/v1/stop-orders/{order['id']}/recipients", params=filters)
    assert answer.status_code == 200, answer.text
    return [item["institution"] for item in answer.json()["items"]]


async def counts(client: httpx.AsyncClient, order: dict[str, Any]) -> dict[str, int]:
    answer = await client.get(f"/v1/stop-orders/{order['id']}")
    assert answer.status_code == 200, answer.text
    found: dict[str, int] = answer.json()["counts"]
    return found


async def visited(
    world: World, order: dict[str, Any], institution: dict[str, Any], result: Result, **more: Any
) -> None:
    said: dict[str, Any] = {"visit_id": uuid4(), "at": AT, **more}
    async with world.sessions.begin() as session:
        await conclude_visit(
            session,
            stop_order_id=UUID(order["id"]),
            institution_id=UUID(institution["id"]),
            result=result,
            **said,
        )


async def test_154_are_ordered_to_stop(told: World) -> None:
    """As in the city's own order: 154 places of offline subject training."""
    first = await told.institution("机构000")
    async with told.sessions.begin() as session:
        model = await session.get_one(Institution, UUID(first["id"]))
        names_of = [column.name for column in Institution.__table__.columns if column.name != "id"]
        copied = {name: getattr(model, name) for name in names_of}
        session.add_all(Institution(id=uuid4(), **{**copied, "name": f"机构{number:03}"}) for number in range(1, 154))
    for other in ({"kind": "non_subject"}, {"mode": "online"}, {"status": "closed"}):
        await told.institution("other", **other)
    order = await issued(told.bureau)
    assert [date.fromisoformat(day) for day in order["days"]] == HOLIDAY
    assert (await counts(told.bureau, order))["recipients"] == 154
    names: set[str] = set()
    cursor: dict[str, str] = {}
    while True:
        page = (
            await told.bureau.get(f"/v1/stop-orders/{order['id']}/recipients", params={"limit": "60", **cursor})
        ).json()
        names |= {item["institution"] for item in page["items"]}
        if page["next_cursor"] is None:
            break
        cursor = {"cursor": page["next_cursor"]}
    assert names == {f"机构{number:03}" for number in range(154)}
    (kind, version, fact), (next_kind, next_version, part) = await told.facts(order["id"])
    assert (kind, version, fact["recipients"], len(fact["days"])) == ("registry.stop_order.issued.v1", 1, 154, 7)
    assert (next_kind, next_version) == ("registry.stop_order.recipients_listed.v1", 2)
    assert len(set(part["institutions"])) == 154
    assert [one["institution_id"] for one in part["recipients"]] == part["institutions"]
    assert {one["district"] for one in part["recipients"]} == {"140213"}
    assert order["version"] == 2


async def test_who_is_ordered(told: World) -> None:
    for mode in ("offline", "both", "online"):
        await told.institution(mode, mode=mode)
    for status in ("suspended", "unlicensed", "closed"):
        await told.institution(status, status=status)
    for status in ("applying", "merged"):
        made = await told.institution(status)
        async with told.sessions.begin() as session:
            await session.execute(update(Institution).where(Institution.id == UUID(made["id"])).values(status=status))
    await told.institution("there", district="140214")
    await told.institution("painter", kind="non_subject")
    assert await listed(told.bureau, await issued(told.bureau)) == [
        "offline", "both", "suspended", "unlicensed", "there",
    ]  # fmt: skip
    assert await listed(told.bureau, await issued(told.bureau, district="140214")) == ["there"]
    online = await issued(told.bureau, mode="online", kind=None)
    assert await listed(told.bureau, online) == ["both", "online"]
    assert len(await listed(told.bureau, await issued(told.bureau, mode=None, kind=None))) == 7


async def test_the_list_is_frozen(told: World) -> None:
    await told.institution("first")
    order = await issued(told.bureau)
    await told.institution("late comer")
    assert await listed(told.bureau, order) == ["first"]


async def test_a_vacation_is_an_order_of_its_days(told: World) -> None:
    vacation = {"starts_on": f"{YEAR}-01-18", "ends_on": f"{YEAR}-02-28"}
    said = {"period": "winter_vacation", "name": "寒假", "district": "140213", "source": "校历", **vacation}
    term = (await told.bureau.post("/v1/calendar/terms", json=said)).json()
    by_term = {"first_day": None, "last_day": None, "term_id": term["id"]}
    order = await issued(told.officer(), **by_term, district="140213")
    assert (order["first_day"], order["last_day"], order["term_id"]) == (*vacation.values(), term["id"])
    assert len(order["days"]) == 42
    for wrong, status, code in (
        ({**by_term, "district": "140214"}, 422, "term-elsewhere"),
        ({"term_id": term["id"]}, 422, "term-or-days"),
        ({**by_term, "term_id": None}, 422, "term-or-days"),
        ({**by_term, "term_id": str(uuid4())}, 404, "term-not-found"),
    ):
        answer = await told.bureau.post("/v1/stop-orders", json={**ORDER, **wrong})
        assert (answer.status_code, answer.json()["code"]) == (status, code)


async def test_nothing_is_ordered_for_days_nobody_knows(told: World) -> None:
    await told.institution()
    before = len(await told.facts())
    unknown = {"first_day": f"{YEAR}-12-30", "last_day": f"{YEAR + 1}-01-02"}
    answer = await told.bureau.post("/v1/stop-orders", json={**ORDER, **unknown})
    assert (answer.status_code, answer.json()["code"]) == (409, "calendar-unpublished")
    assert str(YEAR + 1) in answer.text
    async with told.sessions() as session:
        for table in (StopOrder, StopOrderRecipient):
            assert await session.scalar(select(func.count()).select_from(table)) == 0
    assert len(await told.facts()) == before


@pytest.mark.parametrize(
    ("wrong", "code"),
    [
        ({"last_day": str(HOLIDAY[0] - timedelta(days=1))}, "stop-days-out-of-range"),
        ({"last_day": "2999-12-31"}, "stop-days-out-of-range"),
        ({"last_day": "9999-12-31"}, "request-invalid"),
    ],
)
async def test_orders_that_cannot_be(told: World, wrong: dict[str, str], code: str) -> None:
    answer = await told.bureau.post("/v1/stop-orders", json={**ORDER, **wrong})
    assert (answer.status_code, answer.json()["code"]) == (422, code)


async def test_acknowledge(told: World) -> None:
    own, other = await told.institution("own"), await told.institution("other")
    order = await issued(told.bureau)
    place = f"/v1/stop-orders/{order['id']}/acknowledgements"
    answers = await asyncio.gather(*(operator(told, own).post(place) for _ in range(3)))
    assert sorted(answer.status_code for answer in answers) == [201, 409, 409]
    (made,) = [answer.json() for answer in answers if answer.status_code == 201]
    assert {answer.json()["code"] for answer in answers if answer.status_code == 409} == {
        "stop-order-acknowledged-already"
    }
    assert (made["state"], made["version"]) == ("acknowledged", 1)
    ((kind, version, fact),) = await told.facts(made["id"])
    assert (kind, version, fact["institution_id"]) == ("registry.stop_order.acknowledged.v1", 1, own["id"])
    stranger = await told.institution("stranger")
    for nobody in (operator(told, stranger), told.service("operator")):
        answer = await nobody.post(place)
        assert (answer.status_code, answer.json()["code"]) == (404, "stop-order-not-found")
    assert await listed(told.bureau, order, state="acknowledged") == ["own"]
    assert await listed(told.bureau, order, state="issued") == ["other"]
    found = await counts(told.bureau, order)
    assert (found["acknowledged"], found["overdue"]) == (1, 0)
    async with told.sessions.begin() as session:
        yesterday = TODAY - timedelta(days=1)
        await session.execute(update(StopOrder).values(acknowledge_by=yesterday))
    assert (await counts(told.bureau, order))["overdue"] == 1
    assert (await operator(told, other).post(place)).status_code == 201


async def test_what_inspection_saw(told: World) -> None:
    stopped, operating = await told.institution("stopped"), await told.institution("operating")
    await told.institution("unseen")
    order = await issued(told.bureau)
    first, second = uuid4(), uuid4()
    await visited(told, order, stopped, Result.OPERATING, visit_id=first)
    await visited(told, order, stopped, Result.STOPPED, visit_id=second, at=AT + timedelta(hours=2))
    await visited(told, order, stopped, Result.STOPPED, visit_id=second, at=AT + timedelta(hours=2))
    await visited(told, order, stopped, Result.OPERATING, visit_id=first)
    await visited(told, order, operating, Result.UNCLEAR)
    assert (await operator(told, stopped).post(f"/v1/stop-orders/{order['id']}/acknowledgements")).status_code == 201
    assert await counts(told.bureau, order) == {
        "recipients": 3, "acknowledged": 1, "overdue": 0, "verified": 2, "stopped": 1, "operating": 0, "unclear": 1,
    }  # fmt: skip
    assert await listed(told.bureau, order, result="stopped") == ["stopped"]
    (item,) = (await told.bureau.get(f"/v1/stop-orders/{order['id']}/recipients", params={"result": "stopped"})).json()[
        "items"
    ]
    assert (item["visit_id"], item["state"]) == (str(second), "acknowledged")
    assert [(kind.split(".")[2], version) for kind, version, _ in await told.facts(item["id"])] == [
        ("verified", 1), ("verified", 2), ("acknowledged", 3),
    ]  # fmt: skip
    stranger = await told.institution("stranger")
    with pytest.raises(StopOrderNotFound):
        await visited(told, order, stranger, Result.STOPPED)


async def test_the_orders_an_institution_is_under(told: World) -> None:
    own, other = await told.institution("own"), await told.institution("other", district="140214")
    order, cancelled = await issued(told.bureau), await issued(told.bureau)
    await issued(told.bureau, district="140214")
    cause = {"cause": "重复"}
    await told.bureau.post(f"/v1/stop-orders/{cancelled['id']}/cancellation", json=cause)
    async with told.sessions() as session:
        for on, expected in ((HOLIDAY[0], 1), (HOLIDAY[-1], 1), (HOLIDAY[-1] + timedelta(days=1), 0)):
            assert len(await orders_in_force_for(session, UUID(own["id"]), on)) == expected
        ((found, recipient),) = await orders_in_force_for(session, UUID(own["id"]), HOLIDAY[0])
        assert (str(found.id), str(recipient.institution_id)) == (order["id"], own["id"])
        assert len(await orders_in_force_for(session, UUID(other["id"]), HOLIDAY[0])) == 2
    under = {"in_force_on": str(HOLIDAY[0]), "institution": own["id"]}
    items = (await told.bureau.get("/v1/stop-orders", params=under)).json()["items"]
    assert [item["id"] for item in items] == [order["id"]]


async def test_take_an_order_back(told: World) -> None:
    own = await told.institution()
    city, district = await issued(told.bureau), await issued(told.officer(), district="140213")

    async def cancel(client: httpx.AsyncClient, order: dict[str, Any]) -> tuple[int, str | None]:
        answer = await client.post(f"/v1/stop-orders/{order['id']}/cancellation", json={"cause": "误发"})
        return answer.status_code, answer.json().get("code")

    assert await cancel(told.officer(), city) == (403, "stop-order-beyond-reach")
    assert await cancel(told.officer("140214"), district) == (404, "stop-order-not-found")
    in_a_street = told.service("district_officer", district="140213", street="s1")
    assert await cancel(in_a_street, district) == (403, "stop-order-beyond-reach")
    assert await cancel(told.officer(), district) == (200, None)
    assert await cancel(told.bureau, district) == (409, "stop-order-cancelled")
    answer = await operator(told, own).post(f"/v1/stop-orders/{district['id']}/acknowledgements")
    assert (answer.status_code, answer.json()["code"]) == (409, "stop-order-cancelled")
    shown = (await told.bureau.get(f"/v1/stop-orders/{district['id']}")).json()
    assert (shown["cause"], shown["in_force"]) == ("误发", False)
    kind, version, fact = (await told.facts(district["id"]))[-1]
    assert (kind, version, fact["cause"]) == ("registry.stop_order.cancelled.v1", 3, "误发")


@pytest.mark.parametrize(
    ("claims", "district", "status"),
    [
        ({"district": "140213"}, "140213", 201), ({"district": "140213"}, "140214", 403),
        ({"district": "140213"}, None, 403), ({"district": "140213", "street": "s1"}, "140213", 403),
        ({"district": "140214"}, "140213", 403),
    ],
)  # fmt: skip
async def test_an_officer_orders_in_his_district(
    told: World, claims: dict[str, str], district: str | None, status: int
) -> None:
    officer = told.service("district_officer", **claims)
    answer = await officer.post("/v1/stop-orders", json={**ORDER, "district": district})
    assert answer.status_code == status
    if status == 403:
        assert answer.json()["code"] == "stop-order-beyond-reach"
    else:
        assert (await officer.get(f"/v1/stop-orders/{answer.json()['id']}")).status_code == 200


async def test_who_sees_which_order(told: World) -> None:
    here, there = await told.institution("here"), await told.institution("there", district="140214")
    city, district = await issued(told.bureau), await issued(told.bureau, district="140214")

    async def seen(client: httpx.AsyncClient) -> list[str]:
        return [item["id"] for item in (await client.get("/v1/stop-orders")).json()["items"]]

    assert await seen(told.bureau) == await seen(operator(told, there)) == [city["id"], district["id"]]
    for client in (told.officer(), operator(told, here), told.service("inspector", district="140213", team="t1")):
        assert await seen(client) == [city["id"]]
        assert await listed(client, city) == ["here"]
        assert (await counts(client, city))["recipients"] == 1
        assert (await client.get(f"/v1/stop-orders/{district['id']}")).status_code == 404
        assert (await client.get(f"/v1/stop-orders/{district['id']}/recipients")).status_code == 404
    page = (await told.bureau.get("/v1/stop-orders", params={"limit": 1})).json()
    rest = await told.bureau.get("/v1/stop-orders", params={"limit": 1, "cursor": page["next_cursor"]})
    assert [item["id"] for item in rest.json()["items"]] == [district["id"]]
