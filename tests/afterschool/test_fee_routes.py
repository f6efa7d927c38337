"""`/v1/bills` and `/v1/fee-waivers`: a family pays for what was delivered, and gets back what was not attended."""

from datetime import time, timedelta
from typing import Any
from uuid import UUID

import httpx
from sqlalchemy import text

from shared.data.database import new_id
from shared.domain.clock import china_date, utc_now
from tests.afterschool.conftest import TERM, World
from tests.afterschool.taught import TERM as PAST
from tests.afterschool.taught import Lesson, Term

TODAY = china_date(utc_now())
DAY = timedelta(days=1)


class Family:
    """A child with a seat since forty days: three lessons held, of which it attended two, and two to come."""

    def __init__(self, world: World) -> None:
        self.world = world

    async def enrol(self) -> "Family":
        world = self.world
        self.school = world.schools["140213"]
        offering = await world.offering(fee=300)
        self.enrolment = (await world.ask(offering["id"], "guardian-1"))["id"]
        self.child = world.children["guardian-1"]
        other = await world.child("guardian-2")
        async with world.service.sessions.begin() as session:
            since = {"at": utc_now() - 40 * DAY}
            await session.execute(text("UPDATE enrolment SET decided_at = :at"), since)
        lessons = [
            Lesson(TODAY - 10 * DAY, time(16, 30), 60, [self.child, other]),
            Lesson(TODAY - 9 * DAY, time(16, 30), 60, [self.child]),
            Lesson(TODAY - 8 * DAY, time(16, 30), 60, [other], absent=[self.child]),
            Lesson(TODAY - 7 * DAY, time(16, 30), 60, [self.child], led="absent"),
            Lesson(TODAY - 6 * DAY, time(16, 30), 60, [self.child], cancelled=True),
            Lesson(TODAY - 50 * DAY, time(16, 30), 60, [other]),
            Lesson(TODAY + 5 * DAY, time(16, 30), 60, [], led="not_taken"),
            Lesson(TODAY + 6 * DAY, time(16, 30), 60, [], led="not_taken"),
        ]
        await Term(world).teach(self.school, lessons, offering=UUID(offering["id"]))
        return self

    async def bill(self, client: httpx.AsyncClient | None = None, term: str = TERM) -> dict[str, Any]:
        answer = await (client or self.world.guardian()).get(f"/v1/bills/{self.child}", params={"term": term})
        assert answer.status_code == 200, answer.text
        found: dict[str, Any] = answer.json()
        return found

    async def enter(self, what: str, fen: int, **more: Any) -> httpx.Response:
        client = more.pop("by", None) or self.world.staff()
        body = {"term": TERM, "fen": fen} | ({"reason": "退出"} if what == "refunds" else {}) | more
        answer: httpx.Response = await client.post(f"/v1/bills/{self.child}/{what}", json=body)
        return answer


def sums(bill: dict[str, Any]) -> tuple[int, ...]:
    return tuple(bill[name] for name in ("charged", "coming", "collected", "refunded", "due", "refundable"))


async def test_a_family_pays_and_gets_back_after_it_left(world: World) -> None:
    family = await Family(world).enrol()
    bill = await family.bill()
    [line] = bill["lines"]
    assert (line["delivered"], line["attended"], line["due_lessons"], line["fen"]) == (3, 2, 3, 900)
    assert sums(bill) == (900, 600, 0, 0, 900, 0)
    too_much = await family.enter("collections", 1_501)
    assert (too_much.status_code, too_much.json()["code"]) == (409, "collection-too-large")
    assert too_much.json()["facts"] == {"collectable": 1_500}
    paid = await family.enter("collections", 1_500)
    assert (paid.status_code, sums(paid.json())) == (201, (900, 600, 1_500, 0, 0, 0))
    early = await family.enter("refunds", 1)
    assert (early.status_code, early.json()["code"]) == (409, "refund-too-large")
    left = await world.guardian().post(f"/v1/enrolments/{family.enrolment}/withdrawal", json={"reason": "退出"})
    assert left.status_code == 200
    assert sums(await family.bill(world.staff())) == (600, 0, 1_500, 0, 0, 900)
    back = await family.enter("refunds", 900)
    assert (back.status_code, sums(back.json())) == (201, (600, 0, 1_500, 900, 0, 0))
    assert [one["kind"] for one in back.json()["entries"]] == ["collection", "refund"]
    assert "宁夏" in back.json()["refund_source"]
    for entry, kind in zip(back.json()["entries"], ("collected", "refunded"), strict=True):
        [(type_, payload)] = await world.facts(entry["id"])
        assert type_ == f"afterschool.fee_entry.{kind}.v1"
        assert family.child not in str(payload)


async def test_nothing_is_collected_across_terms(world: World) -> None:
    family = await Family(world).enrol()
    await Term.past(world)
    refused = await family.enter("collections", 1, term=PAST)
    assert (refused.status_code, refused.json()["code"]) == (409, "collection-outside-term")
    unknown = await family.enter("collections", 1, term="no such term")
    assert unknown.json()["code"] == "term-not-found"


async def test_hardship_is_waived_from_a_day_on(world: World) -> None:
    family = await Family(world).enrol()
    body = {"student_id": family.child, "valid_from": str(TODAY - 9 * DAY), "reason": "低保"}
    made = await world.staff().post("/v1/fee-waivers", json=body)
    assert (made.status_code, made.json()["share_bp"]) == (201, 10_000)
    assert sums(await family.bill()) == (300, 0, 0, 0, 300, 0)
    [line] = (await family.bill())["lines"]
    assert line["waived"] == 600
    again = await world.staff().post("/v1/fee-waivers", json=body)
    assert (again.status_code, again.json()["code"]) == (409, "fee-waiver-overlaps")
    empty = await world.staff().post("/v1/fee-waivers", json=body | {"valid_to": body["valid_from"]})
    assert (empty.status_code, empty.json()["code"]) == (422, "fee-waiver-days-empty")
    url = f"/v1/fee-waivers/{made.json()['id']}/end"
    end = {"valid_to": str(TODAY - 8 * DAY), "reason": "情况变化"}
    assert (await world.staff("140214").post(url, json=end)).json()["code"] == "fee-waiver-not-found"
    missing = await world.staff().post(f"/v1/fee-waivers/{new_id()}/end", json=end)
    assert missing.json()["code"] == "fee-waiver-not-found"
    assert (await world.staff().post(url, json=end)).json()["valid_to"] == end["valid_to"]
    assert (await world.staff().post(url, json=end)).json()["code"] == "fee-waiver-ends-already"
    assert sums(await family.bill()) == (600, 600, 0, 0, 600, 0)

    async def listed(client: httpx.AsyncClient, **params: str) -> int:
        return len((await client.get("/v1/fee-waivers", params=params)).json()["items"])

    assert await listed(world.staff(), student=family.child, on=str(TODAY - 9 * DAY)) == 1
    assert await listed(world.staff(), on=str(TODAY)) == 0
    assert await listed(world.bureau, school=family.school) == 1
    assert await listed(world.staff("140214")) == 0
    [(kind, payload), _] = await world.facts(made.json()["id"])
    assert kind == "afterschool.fee_waiver.granted.v1"
    assert family.child not in str(payload)


async def test_a_bill_is_for_the_family_and_its_schools(world: World) -> None:
    family = await Family(world).enrol()
    assert (await family.enter("collections", 1_500)).status_code == 201
    url = f"/v1/bills/{family.child}"
    for client in (world.guardian("guardian-2"), world.staff("140214"), world.officer("140214")):
        refused = await client.get(url, params={"term": TERM})
        assert (refused.status_code, refused.json()["code"]) == (404, "student-not-found")
    assert (await family.enter("collections", 1, by=world.guardian())).status_code == 403
    elsewhere = await world.school_class(world.schools["140214"], 3)
    moved = await world.bureau.post(
        f"/v1/students/{family.child}/move", json={"class_id": elsewhere, "valid_from": str(TODAY)}
    )
    assert moved.status_code == 200, moved.text
    for client in (world.staff(), world.staff("140214")):
        assert sums(await family.bill(client)) == (600, 0, 1_500, 0, 0, 900)
    back = await family.enter("refunds", 900)
    assert back.status_code == 201
    stranger = await world.school("140215")
    other = world.service("school_staff", school=stranger)
    assert (await other.get(url, params={"term": TERM})).status_code == 404
