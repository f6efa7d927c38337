"""`/v1/enrolments` and `/v1/waitlists`: who asks, who sees, what comes back."""

import asyncio
from typing import Any
from uuid import uuid4

from services.afterschool.placement.enrolments.routes import EnrolmentOut
from shared.domain.clock import utc_now
from shared.events.catalogue import EVENTS
from tests.afterschool.conftest import CLOSED, OPEN, SCHEDULED, World
from tests.services import version_of


async def test_a_place_is_given_and_told(world: World) -> None:
    offering = await world.offering(1)
    student = await world.child("guardian-1")
    body = {"offering_id": offering["id"], "student_id": student}
    made = await world.guardian().post("/v1/enrolments", json=body)
    assert made.status_code == 201
    enrolment = made.json()
    assert (enrolment["state"], enrolment["ticket"], enrolment["position"]) == ("enrolled", 1, None)
    assert enrolment["decided_at"] == enrolment["asked_at"]
    read = await world.guardian().get(made.headers["location"])
    assert (read.json(), read.headers["etag"]) == (enrolment, made.headers["etag"])
    [(kind, payload)] = await world.facts(enrolment["id"])
    event = EVENTS[kind].model_validate(payload)
    assert kind == "afterschool.enrolment.enrolled.v1"
    assert event.model_dump(mode="json") == payload, "the statement writes what the event's class would"
    assert payload["at"] == enrolment["asked_at"]
    assert (payload["student_id"], payload["district"], payload["street"]) == (student, "140213", "140213050")


async def test_who_comes_later_waits_in_line(world: World) -> None:
    offering = await world.offering(1)
    _, *waiting = await world.enrol(offering["id"], 4)
    assert [(one["state"], one["position"]) for one in waiting] == [("waiting", n) for n in (1, 2, 3)]
    assert [kind for kind, _ in await world.facts(waiting[0]["id"])] == ["afterschool.enrolment.waitlisted.v1"]
    listed = (await world.bureau.get("/v1/enrolments", params={"state": "waiting"})).json()["items"]
    assert [(one["id"], one["position"]) for one in listed] == [(one["id"], one["position"]) for one in waiting]


async def test_the_same_child_again_is_refused(world: World) -> None:
    offering = await world.offering(5)
    body = {"offering_id": offering["id"], "student_id": await world.child("guardian-1")}
    assert (await world.guardian().post("/v1/enrolments", json=body)).status_code == 201
    again = await world.guardian().post("/v1/enrolments", json=body)
    assert (again.status_code, again.json()["code"]) == (409, "already-enrolled")
    assert (await world.state(offering["id"]))["enrolled"] == 1
    await world.check_invariants()


async def test_the_same_request_again_is_the_same_answer(world: World) -> None:
    offering = await world.offering(5)
    body = {"offering_id": offering["id"], "student_id": await world.child("guardian-1")}
    headers = {"idempotency-key": "tap-1"}
    first = await world.guardian().post("/v1/enrolments", json=body, headers=headers)
    again = await world.guardian().post("/v1/enrolments", json=body, headers=headers)
    assert (again.status_code, again.json()) == (201, first.json())
    assert again.headers["idempotency-replayed"] == "true"
    assert (await world.state(offering["id"]))["enrolled"] == 1


async def test_outside_the_window_nobody_enrols(world: World) -> None:
    for window in (CLOSED, SCHEDULED):
        offering = await world.offering(5, **window)
        body = {"offering_id": offering["id"], "student_id": await world.child("guardian-1")}
        refused = await world.guardian().post("/v1/enrolments", json=body)
        assert (refused.status_code, refused.json()["code"]) == (409, "enrolment-not-open")
        assert (await world.state(offering["id"]))["enrolled"] == 0
    missing = {"offering_id": str(uuid4()), "student_id": await world.child("guardian-1")}
    refused = await world.guardian().post("/v1/enrolments", json=missing)
    assert (refused.status_code, refused.json()["code"]) == (404, "offering-not-found")


async def test_only_a_guardian_who_may_act_asks(world: World) -> None:
    first, second = await world.offering(5), await world.offering(5)
    student = await world.child("mother")
    body = {"offering_id": first["id"], "student_id": student}
    made = await world.guardian("mother").post("/v1/enrolments", json=body)
    address = made.headers["location"]
    stranger = world.guardian("stranger")
    refused = await stranger.post("/v1/enrolments", json={"offering_id": second["id"], "student_id": student})
    assert (refused.status_code, refused.json()["code"]) == (404, "student-not-found")
    assert (await stranger.get(address)).status_code == 404
    assert (await stranger.post(f"{address}/withdrawal")).status_code == 404
    assert (await stranger.get("/v1/enrolments")).json()["items"] == []
    own = (await world.guardian("mother").get("/v1/enrolments")).json()["items"]
    assert [EnrolmentOut.model_validate(one) for one in own] == [EnrolmentOut.model_validate(made.json())]
    await world.check_invariants()


async def test_two_requests_for_a_child_at_once_both_count(world: World) -> None:
    student = await world.child("guardian-1")
    for _ in range(10):
        offerings = [await world.offering(5) for _ in range(4)]
        answers = await asyncio.gather(
            *(
                world.guardian().post("/v1/enrolments", json={"offering_id": one["id"], "student_id": student})
                for one in offerings
            )
        )
        assert [answer.status_code for answer in answers] == [201] * 4
    await world.check_invariants()


async def test_school_staff_ask_for_pupils_of_their_school(world: World) -> None:
    here, there = await world.offering(5), await world.offering(5, district="140214")
    student = await world.child("father")
    body = {"offering_id": here["id"], "student_id": student}
    made = await world.staff().post("/v1/enrolments", json=body)
    assert made.status_code == 201
    own = (await world.guardian("father").get("/v1/enrolments")).json()["items"]
    assert [one["id"] for one in own] == [made.json()["id"]]
    for client, change, code in [
        (world.staff(), {"offering_id": there["id"]}, "offering-not-found"),
        (world.staff(), {"student_id": await world.child("elsewhere", "140214")}, "student-not-found"),
        (world.service("school_staff", school=str(uuid4())), {}, "offering-not-found"),
    ]:
        refused = await client.post("/v1/enrolments", json=body | change)
        assert (refused.status_code, refused.json()["code"]) == (404, code)
    assert (await world.bureau.post("/v1/enrolments", json=body)).status_code == 403
    assert (await world.staff("140214").post(f"{made.headers['location']}/withdrawal")).status_code == 404
    assert (await world.staff().post(f"{made.headers['location']}/withdrawal")).status_code == 200


async def test_each_refusal_says_its_reason(world: World) -> None:
    grades = await world.offering(5, grades=[1, 2])
    elsewhere = await world.offering(5, district="140214")
    allocated = await world.offering(5, mode="allocation")
    frozen = await world.offering(5)
    stop = await world.staff().post(f"/v1/offerings/{frozen['id']}/freeze", json={"reason": "机构停业"})
    assert (stop.status_code, stop.json()["frozen_for"]) == (200, "机构停业")
    monday = {"weekday": 1, "number": 1, "starts_at": "16:30", "ends_at": "17:30"}
    first, second = await world.offering(5, periods=[monday]), await world.offering(5, periods=[monday])
    await world.ask(first["id"], "guardian-1")
    for offering, status, code in [
        (grades, 409, "grade-not-admitted"),
        (elsewhere, 409, "other-school"),
        (allocated, 409, "enrolment-by-allocation"),
        (frozen, 409, "offering-frozen"),
        (second, 409, "child-busy"),
    ]:
        refused = await world.request(offering["id"], "guardian-1")
        assert (refused.status_code, refused.json()["code"]) == (status, code)
    await world.check_invariants()


async def test_withdrawal_promotes_the_longest_waiting(world: World) -> None:
    offering = await world.offering(2)
    asked = await world.enrol(offering["id"], 5)
    mother = world.guardian(asked[0]["guardian"])
    address = f"/v1/enrolments/{asked[0]['id']}"
    gone = await mother.post(f"{address}/withdrawal", json={"reason": "搬家"})
    assert (gone.status_code, gone.json()["state"], version_of(gone)) == (200, "ended", 2)
    assert await world.queue(offering["id"]) == [one["id"] for one in asked[3:]]
    assert (await world.bureau.get(f"/v1/enrolments/{asked[2]['id']}")).json()["state"] == "enrolled"
    kinds = [kind for kind, _ in await world.facts(asked[0]["id"])]
    assert kinds == ["afterschool.enrolment.enrolled.v1", "afterschool.enrolment.withdrawn.v1"]
    again = await mother.post(f"{address}/withdrawal")
    assert (again.status_code, again.json()["code"]) == (409, "enrolment-ended")
    await world.check_invariants()


async def test_nobody_is_moved_up_after_enrolment_has_closed(world: World) -> None:
    offering = await world.offering(2)
    asked = await world.enrol(offering["id"], 5)
    url, over = f"/v1/offerings/{offering['id']}", utc_now().isoformat()

    async def changed(**body: object) -> dict[str, Any]:
        headers = {"if-match": f'"{(await world.state(offering["id"]))["version"]}"'}
        answer = await world.staff().patch(url, json=body, headers=headers)
        assert answer.status_code == 200, answer.text
        said: dict[str, Any] = answer.json()
        return said

    async def gone(one: dict[str, Any]) -> None:
        await world.guardian(one["guardian"]).post(f"/v1/enrolments/{one['id']}/withdrawal")

    await changed(closes_at=over)
    await gone(asked[0])
    raised = await changed(capacity=3)
    assert (raised["enrolled"], raised["waiting"]) == (1, 3)
    await gone(asked[2])
    assert await world.queue(offering["id"]) == [asked[3]["id"], asked[4]["id"]]
    again = await changed(closes_at=OPEN["closes_at"])
    assert (again["enrolled"], again["waiting"]) == (3, 0), "the school opened it again"
    await world.check_invariants()


async def test_who_gives_up_waiting_leaves_the_line(world: World) -> None:
    offering = await world.offering(1)
    asked = await world.enrol(offering["id"], 4)
    answer = await world.guardian(asked[2]["guardian"]).post(f"/v1/enrolments/{asked[2]['id']}/withdrawal")
    assert answer.status_code == 200
    assert await world.queue(offering["id"]) == [asked[1]["id"], asked[3]["id"]]
    assert (await world.bureau.get(f"/v1/enrolments/{asked[3]['id']}")).json()["position"] == 2
    await world.check_invariants()


async def test_who_comes_back_stands_at_the_end(world: World) -> None:
    offering = await world.offering(1)
    first, *_ = await world.enrol(offering["id"], 3)
    mother = world.guardian(first["guardian"])
    await mother.post(f"/v1/enrolments/{first['id']}/withdrawal")
    body = {"offering_id": offering["id"], "student_id": first["student_id"]}
    back = (await mother.post("/v1/enrolments", json=body)).json()
    assert (back["state"], back["position"]) == ("waiting", 2)
    await world.check_invariants()


async def test_lists_show_what_is_within_reach(world: World) -> None:
    here, there = await world.offering(1), await world.offering(1, district="140214")
    mine = await world.enrol(here["id"], 3, "here")
    await world.child("there-0", "140214")
    theirs = await world.enrol(there["id"], 1, "there")
    for client, params, found in [
        (world.bureau, {}, [*mine, *theirs]),
        (world.bureau, {"offering": there["id"]}, theirs),
        (world.bureau, {"student": mine[1]["student_id"]}, mine[1:2]),
        (world.bureau, {"state": "enrolled"}, [mine[0], *theirs]),
        (world.staff(), {}, mine),
        (world.officer("140214"), {}, theirs),
        (world.guardian("here-1"), {}, mine[1:2]),
        (world.service("school_staff", school=str(uuid4())), {}, []),
    ]:
        listed = (await client.get("/v1/enrolments", params=params)).json()["items"]
        assert [one["id"] for one in listed] == [one["id"] for one in found]
    own = (await world.guardian("here-2").get("/v1/waitlists", params={"offering": here["id"]})).json()["items"]
    assert [(one["enrolment_id"], one["position"]) for one in own] == [(mine[2]["id"], 2)]
    for stranger in (
        world.staff("140214"),
        world.service("school_staff", school=str(uuid4())),
        world.guardian("nobody"),
    ):
        assert (await stranger.get("/v1/waitlists", params={"offering": here["id"]})).json()["items"] == []
    assert (await world.bureau.get(f"/v1/enrolments/{uuid4()}")).status_code == 404
    assert (await world.bureau.get("/v1/waitlists")).status_code == 422
    assert (await world.service("inspector").get("/v1/enrolments")).status_code == 403


async def test_the_queue_is_paged_in_its_order(world: World) -> None:
    offering = await world.offering(0)
    asked = await world.enrol(offering["id"], 5)
    seen, cursor = [], None
    while True:
        params = {"offering": offering["id"], "limit": "2", **({"cursor": cursor} if cursor else {})}
        page = (await world.bureau.get("/v1/waitlists", params=params)).json()
        seen += [(one["enrolment_id"], one["position"]) for one in page["items"]]
        cursor = page["next_cursor"]
        if cursor is None:
            break
    assert seen == [(one["id"], place) for place, one in enumerate(asked, 1)]
