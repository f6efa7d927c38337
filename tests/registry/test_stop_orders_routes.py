"""Stop orders over HTTP: compiled, acknowledged, verified, taken back."""

import asyncio
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest
from sqlalchemy import func, select, update

from services.registry.ledger.institutions.domain import Institution
from services.registry.ledger.observations.domain import OpenViolation
from services.registry.supervision.stop_orders.domain import Result, StopOrder, StopOrderNotFound, StopOrderRecipient
from services.registry.supervision.stop_orders.queries import orders_in_force_for
from services.registry.supervision.stop_orders.usecases import conclude_visit
from shared.domain.clock import china_date, utc_now
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
PAST = datetime(2025, 10, 2, 3, 0, tzinfo=UTC)
"""A holiday whose calendar came with the platform."""


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
    said: dict[str, Any] = {"visit_id": uuid4(), "at": AT, "visited_on": china_date(more.get("at", AT)), **more}
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
    assert (kind, version, len(fact["recipients"])) == ("registry.stop_order.recipients_released.v1", 4, 1)
    kind, version, fact = (await told.facts(district["id"]))[-2]
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


def recipient_path(order: dict[str, Any], institution: dict[str, Any], what: str) -> str:
    return f"/v1/stop-orders/{order['id']}/recipients/{institution['id']}/{what}"


async def test_a_visit_before_the_first_day_is_kept_and_asked_for_again(told: World) -> None:
    own = await told.institution()
    order = await issued(told.bureau)
    early = AT - timedelta(days=20)
    await visited(told, order, own, Result.STOPPED, at=early)
    assert (await counts(told.bureau, order))["verified"] == 0
    listed_again = (await told.facts(order["id"]))[-1]
    assert (listed_again[0], listed_again[2]["institutions"]) == (
        "registry.stop_order.recipients_listed.v1",
        [own["id"]],
    )
    await visited(told, order, own, Result.OPERATING)
    await visited(told, order, own, Result.STOPPED, at=AT + timedelta(days=30))
    assert (await counts(told.bureau, order))["operating"] == 1
    assert len(await told.facts(order["id"])) == 3, "no ordered day is to come"
    for client in (told.bureau, told.officer(), operator(told, own)):
        checks = (await client.get(recipient_path(order, own, "checks"))).json()
        assert [(check["result"], check["counts"]) for check in checks] == [
            ("stopped", False), ("operating", True), ("stopped", False),
        ]  # fmt: skip
    assert (await told.officer("140214").get(recipient_path(order, own, "checks"))).status_code == 404


async def test_put_right_after_the_last_day(told: World) -> None:
    own, other = await told.institution("own"), await told.institution("other")
    order = await issued(told.bureau, first_day="2025-10-01", last_day="2025-10-07")
    visit, violation = uuid4(), uuid4()
    await visited(told, order, own, Result.OPERATING, visit_id=visit, at=PAST)
    path, body = recipient_path(order, own, "rectification"), {"violation_id": str(violation), "note": "已停训"}
    assert (await told.officer().post(path, json=body)).json()["code"] == "violation-not-closed"
    await stands(told, violation, own, "rectified", visit_id=visit)
    assert (await told.officer().post(path, json=body)).json()["code"] == "violation-not-closed"
    elsewhere, before = uuid4(), uuid4()
    await stands(told, elsewhere, other, "closed", visit_id=visit)
    await stands(told, before, own, "closed", found_on=china_date(PAST) - timedelta(days=300))
    await stands(told, violation, own, "closed", visit_id=visit)
    for wrong in (elsewhere, before):
        answer = await told.officer().post(path, json={"violation_id": str(wrong)})
        assert (answer.status_code, answer.json()["code"]) == (409, "violation-not-closed")
    nothing = await told.officer().post(recipient_path(order, other, "rectification"), json=body)
    assert nothing.json()["code"] == "recipient-not-operating"
    assert (await told.officer("140214").post(path, json=body)).status_code == 404
    said = (await told.officer().post(path, json=body)).json()
    assert (said["result"], said["violation_id"]) == ("stopped", str(violation))
    found = await counts(told.bureau, order)
    assert (found["stopped"], found["operating"]) == (1, 0)
    kind, _, fact = (await told.facts(said["id"]))[-1]
    assert (kind, fact["result"], fact["violation_id"]) == (
        "registry.stop_order.verified.v1",
        "stopped",
        str(violation),
    )
    assert fact["visit_id"] == str(visit)


async def test_one_violation_is_put_right_once(told: World) -> None:
    """Found operating again, the institution needs another violation closed."""
    own = await told.institution()
    order = await issued(told.bureau, first_day="2025-10-01", last_day="2025-10-07")
    first, violation = uuid4(), uuid4()
    await visited(told, order, own, Result.OPERATING, visit_id=first, at=PAST)
    await stands(told, violation, own, "closed", visit_id=first)
    path, body = recipient_path(order, own, "rectification"), {"violation_id": str(violation)}
    assert (await told.bureau.post(path, json=body)).status_code == 200
    again = await told.bureau.post(path, json=body)
    assert (again.status_code, again.json()["code"]) == (409, "recipient-not-operating")
    async with told.sessions.begin() as session:
        await session.execute(update(StopOrderRecipient).values(result="operating"))
    again = await told.bureau.post(path, json=body)
    assert (again.status_code, again.json()["code"]) == (409, "rectification-recorded-already")


async def stands(told: World, violation: UUID, institution: dict[str, Any], state: str, **more: Any) -> None:
    row = {"visit_id": None, "found_on": china_date(PAST), "severity": "high", "sequence": 1, **more}
    async with told.sessions.begin() as session:
        await session.merge(
            OpenViolation(violation_id=violation, institution_id=UUID(institution["id"]), state=state, **row)
        )


async def test_an_answer_on_paper(told: World) -> None:
    own = await told.institution()
    order = await issued(told.bureau)
    path = recipient_path(order, own, "acknowledgement")
    body = {"means": "paper", "on": str(TODAY), "note": "当面送达"}
    for on, code in (
        (TODAY + timedelta(days=1), "answered-in-future"),
        (TODAY - timedelta(days=1), "answered-too-early"),
    ):
        refused = await told.officer().post(path, json=body | {"on": str(on)})
        assert (refused.status_code, refused.json()["code"]) == (422, code)
    assert (await told.officer("140214").post(path, json=body)).status_code == 404
    made = (await told.officer().post(path, json=body)).json()
    assert (made["state"], made["means"], made["acknowledged_on"], made["note"]) == (
        "acknowledged", "paper", str(TODAY), "当面送达",
    )  # fmt: skip
    again = await told.bureau.post(path, json=body | {"means": "telephone"})
    assert (again.status_code, again.json()["code"]) == (409, "stop-order-acknowledged-already")
    kind, _, fact = (await told.facts(made["id"]))[-1]
    assert (kind, fact["means"], fact["acknowledged_on"]) == (
        "registry.stop_order.acknowledged.v1",
        "paper",
        str(TODAY),
    )


async def corrected(told: World, day: date) -> None:
    body = {"on": str(day), "kind": "makeup_workday", "name": "调休", "source": "更正"}
    answer = await told.bureau.post("/v1/calendar/corrections", json=body)
    assert answer.status_code in (200, 201), answer.text


def weekend(order: dict[str, Any]) -> date:
    return next(day for day in map(date.fromisoformat, order["days"]) if day.weekday() >= 5)


async def test_an_order_whose_calendar_changed(told: World) -> None:
    await told.institution()
    days = {"first_day": f"{YEAR}-11-01", "last_day": f"{YEAR}-11-30"}
    order = await issued(told.bureau, **days)
    path = f"/v1/stop-orders/{order['id']}"
    anew = {"cause": "日历更正", "acknowledge_by": str(TODAY)}
    assert (await told.bureau.get(path)).json()["calendar_changed"] is False
    for step, body in (("reissue", anew), ("confirmation", {"cause": "x"})):
        assert (await told.bureau.post(f"{path}/{step}", json=body)).json()["code"] == "calendar-unchanged"
    first = weekend(order)
    await corrected(told, first)
    shown = (await told.bureau.get(path)).json()
    assert (shown["calendar_changed"], str(first) in shown["days"], str(first) in shown["days_today"]) == (
        True, True, False,
    )  # fmt: skip
    assert (await told.officer().post(f"{path}/confirmation", json={"cause": "x"})).status_code == 403
    confirmed = (await told.bureau.post(f"{path}/confirmation", json={"cause": "已另行通知"})).json()
    assert confirmed["confirmed_because"] == "已另行通知"
    assert (await told.bureau.get(path)).json()["calendar_changed"] is False
    await corrected(told, weekend(order | {"days": [day for day in order["days"] if day != str(first)]}))
    assert (await told.bureau.get(path)).json()["calendar_changed"] is True
    made = await told.bureau.post(f"{path}/reissue", json=anew)
    assert made.status_code == 201, made.text
    new = made.json()
    assert (new["replaces"], len(new["days"]), new["title"]) == (order["id"], len(order["days"]) - 2, order["title"])
    old = (await told.bureau.get(path)).json()
    assert (old["cause"], old["calendar_changed"]) == ("日历更正", False)
    assert (await counts(told.bureau, new))["recipients"] == 1
    again = await told.bureau.post(f"{path}/reissue", json=anew)
    assert again.json()["code"] == "stop-order-cancelled"
