"""Visits that the registry asked for: planned by its events, answered by ours."""

from datetime import date
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import update

from services.inspection.field.targets.domain import Target, TargetNotFound
from services.inspection.rounds.visits.assignments import assign_waiting
from services.inspection.subscriptions import INBOX
from shared.events import Event
from shared.events.registry.applications import ApplicationWithdrawn, SiteVisitRequested
from shared.events.registry.stop_orders import StopOrderCancelled, StopOrderRecipientsListed
from tests.inspection.conftest import AT, World
from tests.metrics.deliveries import deliver_all

APPLICATION, ORDER = UUID(int=1), UUID(int=2)
_CASE: dict[str, Any] = {
    "application_id": APPLICATION, "matter": "new_permit", "kind": "non_subject", "district": "140213",
    "street": None, "state": "site_visit_requested", "due_on": None, "at": AT,
}  # fmt: skip


def requested(institution: UUID) -> Event:
    return SiteVisitRequested(**_CASE, institution_id=institution, address="2 号", lon=None, lat=None)


def listed(*institutions: UUID) -> Event:
    days = {"first_day": date(2026, 1, 24), "last_day": date(2026, 2, 28)}
    return StopOrderRecipientsListed(stop_order_id=ORDER, institutions=list(institutions), **days, at=AT)


async def team(world: World, code: str, *grids: str) -> None:
    body = {"code": code, "name": code, "district": "140213", "grids": grids, "members": []}
    answer = await world.bureau.post("/v1/teams", json=body)
    assert answer.status_code == 201, answer.text


async def hear(world: World, *events: Event) -> None:
    async with world.sessions.begin() as session:
        await INBOX.handle(session, deliver_all(events))


async def planned(world: World, **query: str) -> list[dict[str, Any]]:
    items: list[dict[str, Any]] = (await world.bureau.get("/v1/visits", params=query)).json()["items"]
    return items


async def walked(world: World, visit: dict[str, Any], status: int = 200, **result: Any) -> dict[str, Any]:
    inspector = world.inspector("t1", district="140213")
    assert (await inspector.post(f"/v1/visits/{visit['id']}/start")).status_code in (200, 409)
    answer = await inspector.post(f"/v1/visits/{visit['id']}/submission", json={"outcome": "inspected", **result})
    assert answer.status_code == status, answer.text
    said: dict[str, Any] = answer.json()
    return said


async def test_a_site_visit_from_the_request_to_the_answer(world: World) -> None:
    await team(world, "t1", "g1")
    institution = await world.institution("g1")
    await hear(world, requested(institution))
    (visit,) = await planned(world)
    assert (visit["purpose"], visit["reference_id"], visit["team"]) == ("site_visit", str(APPLICATION), "t1")
    assert (visit["state"], visit["note"]) == ("planned", "现场核查：2 号")
    missing = await walked(world, visit, 422)
    assert missing["code"] == "conclusion-missing"
    done = await walked(world, visit, passed=False, note="无消防")
    assert (done["state"], done["passed"]) == ("done", False)
    kind, _, told = (await world.facts(visit["id"]))[-1]
    assert kind == "inspection.visit.submitted.v1"
    assert (told["purpose"], told["reference_id"], told["passed"]) == ("site_visit", str(APPLICATION), False)


async def test_a_closed_door_answers_nothing(world: World) -> None:
    await team(world, "t1", "g1")
    await hear(world, requested(await world.institution("g1")))
    (visit,) = await planned(world)
    done = await walked(world, visit, outcome="closed_door")
    assert (done["outcome"], done["passed"]) == ("closed_door", None)


async def test_only_who_was_asked_concludes(world: World) -> None:
    await team(world, "t1", "g1")
    own = await world.bureau.post("/v1/visits", json={"institution_id": str(await world.institution("g1"))})
    refused = await walked(world, own.json(), 422, passed=True)
    assert refused["code"] == "conclusion-unasked"


async def test_every_recipient_of_a_stop_order_is_looked_at(world: World) -> None:
    await team(world, "t1", "g1")
    here, there, nowhere = [await world.institution(grid) for grid in ("g1", "g2", None)]
    await hear(world, listed(here, there, nowhere))
    visits = await planned(world)
    assert {(visit["institution_id"], visit["team"]) for visit in visits} == {
        (str(here), "t1"), (str(there), None), (str(nowhere), None)
    }  # fmt: skip
    assert {(visit["purpose"], visit["reference_id"]) for visit in visits} == {("stop_order", str(ORDER))}
    assert visits[0]["note"] == "停课令核查：2026-01-24 至 2026-02-28"


async def test_an_institution_nobody_has_told_of_is_waited_for(world: World) -> None:
    with pytest.raises(TargetNotFound):
        await hear(world, listed(await world.institution("g1"), uuid4()))
    assert await planned(world) == []


async def test_what_is_no_longer_wanted(world: World) -> None:
    await team(world, "t1", "g1")
    one, two = await world.institution("g1"), await world.institution("g1")
    await hear(world, requested(one), listed(one, two))
    begun = (await planned(world))[1]
    await walked(world, begun, passed=True)
    withdrawn = ApplicationWithdrawn(**_CASE | {"state": "withdrawn"}, institution_id=one)
    await hear(world, withdrawn, StopOrderCancelled(stop_order_id=ORDER, cause="改期", at=AT))
    assert [visit["state"] for visit in await planned(world)] == ["called_off", "done", "called_off"]
    called_off = await planned(world, state="called_off")
    late = await world.inspector("t1", district="140213").post(f"/v1/visits/{called_off[0]['id']}/start")
    assert (late.status_code, late.json()["code"]) == (409, "visit-not-planned")
    kind, version, told = (await world.facts(called_off[0]["id"]))[-1]
    assert (kind, version, told["cause"]) == ("inspection.visit.called_off.v1", 2, "application-withdrawn")


async def assigned(world: World) -> list[tuple[str | None, str | None]]:
    return [(visit["grid"], visit["team"]) for visit in await planned(world)]


async def test_a_visit_without_a_team_goes_to_the_team_that_is_formed(world: World) -> None:
    here, there = await world.institution("g1"), await world.institution("g2")
    await hear(world, requested(here), listed(there))
    assert await assigned(world) == [("g1", None), ("g2", None)]
    await team(world, "t1", "g1")
    assert await assigned(world) == [("g1", "t1"), ("g2", None)]
    visit = (await planned(world))[0]
    kind, version, told = (await world.facts(visit["id"]))[-1]
    assert (kind, version) == ("inspection.visit.handed_over.v1", 2)
    assert (told["team"], told["from_team"], told["grid"]) == ("t1", None, "g1")
    assert (await walked(world, visit, passed=True))["state"] == "done"


async def test_a_team_takes_a_grid_over_with_the_visits_that_wait_there(world: World) -> None:
    await team(world, "t1", "g1")
    await hear(world, requested(await world.institution("g2")))
    (found,) = (await world.bureau.get("/v1/teams")).json()["items"]
    body, headers = {"grids": ["g1", "g2"]}, {"if-match": f'"{found["version"]}"'}
    answer = await world.bureau.patch(f"/v1/teams/{found['id']}", json=body, headers=headers)
    assert answer.status_code == 200, answer.text
    assert await assigned(world) == [("g2", "t1")]


async def test_an_institution_that_gets_its_grid_gets_its_team(world: World) -> None:
    """Also where the grids come into force only after the visit was asked for."""
    await team(world, "t1", "g1")
    institution = await world.institution(None)
    await hear(world, requested(institution))
    async with world.sessions.begin() as session:
        await session.execute(update(Target).where(Target.institution_id == institution).values(grid="g1"))
        assert await assign_waiting(session, at=AT, institutions=[uuid4()]) == 0
        assert await assign_waiting(session, at=AT, institutions=[institution]) == 1
        assert await assign_waiting(session, at=AT) == 0
    assert await assigned(world) == [("g1", "t1")]
