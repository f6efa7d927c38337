"""Pick-ups and wishes: who takes over a child, and whether a family wants the service at all."""

from datetime import timedelta
from typing import Any
from uuid import uuid4

from sqlalchemy import text

from services.afterschool.roster.people.usecases import reseal
from services.afterschool.sealing import Sealer
from shared.domain.clock import utc_now
from tests.afterschool.conftest import TERM, World
from tests.afterschool.delivery.course import TODAY, Course, a_course
from tests.afterschool.roster import tell_calendar

NAME = "赵六金丝雀"


def a_pickup(child: str, **more: Any) -> dict[str, Any]:
    return {"id": str(uuid4()), "student_id": child, "at": utc_now().isoformat(), **more}


async def guardianship(course: Course, child: str, **more: Any) -> str:
    body = {"student_id": child, "relation": "grandparent", "valid_from": str(TODAY - timedelta(days=99)), **more}
    answer = await course.world.staff().post("/v1/guardianships", json=body)
    assert answer.status_code == 201, answer.text
    return str(answer.json()["id"])


async def test_a_guardian_picks_up_and_the_phone_may_send_it_again(world: World) -> None:
    course = await a_course(world)
    child, one = await course.seat("g"), course.past[0]
    path = f"/v1/sessions/{one['id']}/pickups"
    sent = a_pickup(child, guardianship_id=await guardianship(course, child))
    first = await world.staff().post(path, json=sent)
    again = await world.staff().post(path, json=sent)
    assert (first.status_code, again.status_code, again.json()) == (201, 201, first.json())
    [(kind, told)] = await course.facts(one)
    assert (kind, told["guardianship_id"]) == ("afterschool.session.child-picked-up.v1", sent["guardianship_id"])
    assert (await world.staff().get(path)).json()["items"] == [first.json()]
    changed = await world.staff().post(path, json={**sent, "student_id": str(uuid4())})
    assert changed.json()["code"] == "pickup-id-reused"
    second = await world.staff().post(path, json=a_pickup(child, name=NAME))
    assert second.json()["code"] == "already-picked-up"


async def test_a_name_is_sealed_and_each_read_is_logged(world: World) -> None:
    course = await a_course(world)
    child, one = await course.seat("g"), course.past[0]
    made = await world.staff().post(f"/v1/sessions/{one['id']}/pickups", json=a_pickup(child, name=NAME))
    assert made.status_code == 201, made.text
    assert NAME not in made.text
    assert NAME not in str(await course.facts(one))
    path = f"/v1/pickups/{made.json()['id']}"
    named = await world.staff().get(path, params={"purpose": "contact"})
    assert named.json()["name"] == NAME
    own = await world.guardian("g").get(path, params={"purpose": "contact"})
    assert own.json()["name"] == NAME
    assert (await world.guardian("other").get(path, params={"purpose": "contact"})).status_code == 404
    assert (await world.bureau.get(path, params={"purpose": "verification"})).json()["code"] == "approval-missing"
    unknown = await world.staff().get(f"/v1/pickups/{uuid4()}", params={"purpose": "contact"})
    assert unknown.json()["code"] == "pickup-not-found"
    reads = (await world.guardian("g").get(f"/v1/students/{child}/identity-reads")).json()["items"]
    assert [read["purpose"] for read in reads] == ["contact", "contact"]
    keys = {"old": b"development-only-32-byte-key-----"[:32], "new": bytes(32)}
    sealer = Sealer({"development": keys["old"], "new": keys["new"]}, active="new", fingerprints=keys["old"])
    assert await reseal(world.service.sessions, sealer) == 2, "the teacher's name, and that of the pick-up"


async def test_a_barred_guardian_does_not_pick_up(world: World) -> None:
    course = await a_course(world)
    child, one = await course.seat("g"), course.past[0]
    barred = await guardianship(course, child, name=NAME, barred=True)
    of_another = await guardianship(course, await course.seat("h"))
    path = f"/v1/sessions/{one['id']}/pickups"
    for sent, code in (
        (a_pickup(child, guardianship_id=barred), "guardian-barred"),
        (a_pickup(child, name=NAME), "guardian-barred"),
        (a_pickup(child, guardianship_id=of_another), "guardianship-not-found"),
        (a_pickup(await world.child("x"), name="钱七"), "no-seat"),
    ):
        assert (await world.staff().post(path, json=sent)).json()["code"] == code
    soon = await world.staff().post(f"/v1/sessions/{course.coming[0]['id']}/pickups", json=a_pickup(child, name="钱七"))
    assert soon.json()["code"] == "session-in-future"
    other = await world.staff("140214").post(path, json=a_pickup(child, name="钱七"))
    assert other.json()["code"] == "session-not-found"


async def test_a_wish_is_the_guardians_word_and_the_newest_counts(world: World) -> None:
    child = await world.child("g")
    body = {"student_id": child, "term": TERM, "wanted": True}
    first = await world.guardian("g").put("/v1/wishes", json=body)
    assert (first.status_code, first.json()["wanted"]) == (200, True)
    assert (await world.guardian("g").put("/v1/wishes", json=body)).json() == first.json()
    changed = await world.staff().put("/v1/wishes", json=body | {"wanted": False})
    assert (changed.json()["id"], changed.json()["version"]) == (first.json()["id"], 2)
    assert [told["wanted"] for _, told in await world.facts(first.json()["id"])] == [True, False]
    assert (await world.guardian("other").put("/v1/wishes", json=body)).json()["code"] == "student-not-found"
    assert (await world.staff("140214").put("/v1/wishes", json=body)).status_code == 404
    listed = await world.guardian("g").get("/v1/wishes", params={"term": TERM})
    assert [item["wanted"] for item in listed.json()["items"]] == [False]
    assert (await world.guardian("other").get("/v1/wishes")).json()["items"] == []


async def test_no_wish_for_a_term_that_is_over_or_a_child_that_has_left(world: World) -> None:
    child = await world.child("g")
    over = TODAY - timedelta(days=100)
    await tell_calendar(world.service, name="before", starts_on=over, ends_on=over + timedelta(days=20))
    body = {"student_id": child, "term": "before", "wanted": True}
    assert (await world.guardian("g").put("/v1/wishes", json=body)).json()["code"] == "term-over"
    async with world.service.sessions.begin() as session:
        await session.execute(text("UPDATE membership SET valid_to = :day"), {"day": TODAY})
    assert (await world.guardian("g").put("/v1/wishes", json=body | {"term": TERM})).json()["code"] == "student-left"
