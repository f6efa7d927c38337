"""An application over HTTP: from a newcomer's draft to the permit, and what the office may not do."""

from datetime import date, timedelta
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest

from services.registry.licensing.applications.domain import Application
from services.registry.licensing.applications.usecases import note_site_visit, recount_clocks
from shared.domain.clock import china_date, utc_now
from tests.registry.conftest import USCC, World

DOCUMENTS = [
    {"code": code, "name": code}
    for code in (
        "application_form", "sponsor_identity", "charter", "premises", "fire_safety", "staff_list", "funds",
        "courses_and_fees",
    )
]  # fmt: skip
NEWCOMER = {"name": "新声艺术学校", "kind": "non_subject", "address": "2 号", "district": "140213", "uscc": USCC}
WISH: dict[str, Any] = {
    "newcomer": NEWCOMER,
    "kind": "non_subject",
    "stages": ["primary"],
    "subjects": ["合唱"],
    "site": "2 号",
    "documents": DOCUMENTS,
}
GRANT: dict[str, Any] = {"outcome": "granted", "valid_from": "2026-01-01", "valid_to": "2099-12-31"}


def path(application: dict[str, Any], step: str = "") -> str:
    return f"/v1/permit-applications/{application['id']}" + (f"/{step}" if step else "")


async def post(client: httpx.AsyncClient, url: str, status: int = 200, **body: Any) -> dict[str, Any]:
    answer = await client.post(url, json=body or None)
    assert answer.status_code == status, answer.text
    said: dict[str, Any] = answer.json()
    return said


async def drafted(world: World, client: httpx.AsyncClient | None = None, **more: Any) -> dict[str, Any]:
    return await post(
        client or world.service("operator", subject="op-1"), "/v1/permit-applications", 201, **WISH | more
    )


async def submitted(world: World, **more: Any) -> dict[str, Any]:
    return await post(world.bureau, path(await drafted(world, world.bureau, **more), "submission"))


async def visited(world: World, *, passed: bool | None = True, **more: Any) -> dict[str, Any]:
    """An application whose site visit has been concluded."""
    application = await submitted(world, **more)
    await post(world.bureau, path(application, "acceptance"))
    await post(world.bureau, path(application, "site-visit-request"))
    async with world.sessions.begin() as session:
        await note_site_visit(
            session, UUID(application["id"]), uuid4(), outcome="inspected", passed=passed, at=utc_now()
        )
    return application


async def test_from_a_draft_to_a_permit(world: World) -> None:
    operator = world.service("operator", subject="op-1")
    application = await drafted(world, operator, documents=[])
    assert (application["state"], application["institution_id"], application["state_clock"]) == ("draft", None, None)
    handed_in = await post(operator, path(application, "submission"))
    institution = (await world.bureau.get(f"/v1/institutions/{handed_in['institution_id']}")).json()
    assert (institution["status"], institution["uscc"]) == ("applying", USCC)
    assert handed_in["state_clock"]["overdue"] is False

    missing = await world.officer().post(path(application, "acceptance"))
    assert (missing.status_code, missing.json()["code"]) == (409, "documents-missing")
    codes = [one["code"] for one in DOCUMENTS]
    returned = await post(world.officer(), path(application, "return"), missing=codes, note="请补正")
    assert (returned["state"], returned["told_missing"]) == ("returned", codes)

    completed = await operator.put(path(application), json=WISH, headers={"if-match": f'"{returned["version"]}"'})
    assert completed.status_code == 200, completed.text
    await post(operator, path(application, "submission"))
    accepted = await post(world.officer(), path(application, "acceptance"))
    assert accepted["overall_clock"]["due_on"] > accepted["state_clock"]["due_on"]
    await post(world.officer(), path(application, "site-visit-request"))

    too_early = await world.bureau.post(path(application, "decision"), json=GRANT)
    assert (too_early.status_code, too_early.json()["code"]) == (409, "application-state")
    async with world.sessions.begin() as session:
        for _ in range(2):  # told twice, taken once
            await note_site_visit(
                session, UUID(application["id"]), uuid4(), outcome="inspected", passed=True, at=utc_now()
            )
    granted = await post(world.bureau, path(application, "decision"), **GRANT)
    assert (granted["state"], granted["overall_clock"]) == ("granted", None)

    permit = (await operator_of(world, institution["id"]).get(f"/v1/permits/{granted['permit_id']}")).json()
    assert (permit["status"], permit["number"], permit["site"]) == ("in_force", "教民114021370000001号", "2 号")
    entry = (await world.bureau.get(f"/v1/institutions/{institution['id']}")).json()
    assert (entry["status"], entry["permit_no"]) == ("active", permit["number"])
    assert [kind.split(".")[2] for kind, _, _ in await world.facts(application["id"])] == [
        "drafted", "submitted", "returned", "changed", "submitted", "accepted", "site_visit_requested",
        "site_visit_concluded", "granted",
    ]  # fmt: skip
    assert [kind for kind, _, _ in await world.facts(permit["id"])] == ["registry.permit.granted.v1"]


def operator_of(world: World, institution: str) -> httpx.AsyncClient:
    return world.service("operator", institution=institution)


async def test_refused_with_grounds(world: World) -> None:
    application = await visited(world, passed=False)
    failed = await world.bureau.post(path(application, "decision"), json=GRANT)
    assert (failed.status_code, failed.json()["code"]) == (409, "site-visit-failed")
    refused = await post(
        world.bureau, path(application, "decision"), outcome="refused", grounds="消防不合格", legal_basis="第十二条"
    )
    assert (refused["state"], refused["grounds"]) == ("refused", "消防不合格")
    again = await world.bureau.post(path(application, "decision"), json=GRANT)
    assert again.json()["code"] == "application-state"
    unknown = await world.bureau.post(path(application, "decision"), json={"outcome": "maybe"})
    assert (unknown.status_code, unknown.json()["errors"][0]["code"]) == (422, "union-tag-invalid")


async def test_no_new_subject_institutions(world: World) -> None:
    application = await drafted(world, world.bureau, kind="subject")
    closed = await world.bureau.post(path(application, "submission"))
    assert (closed.status_code, closed.json()["code"]) == (409, "approval-closed")
    assert (await world.bureau.get(path(application))).json()["state"] == "draft"
    assert (await world.bureau.get("/v1/institutions")).json()["items"] == [], "nobody was entered in the ledger"


async def test_a_district_decides_where_the_procedure_says_so(world: World) -> None:
    running = await visited(world)
    procedure = {
        "matter": "new_permit", "district": "140213", "valid_from": "2026-01-01", "deciding_office": "district",
        "documents": [{"code": "charter", "name": "章程"}], "days": {"submitted": 3}, "overall_days": 10,
        "site_visit": False, "source": "平城区办法",
    }  # fmt: skip
    enacted = await post(world.bureau, "/v1/procedures", 201, **procedure)
    taken = await world.bureau.post("/v1/procedures", json=procedure)
    assert (taken.status_code, taken.json()["code"]) == (409, "procedure-taken")
    other = await world.officer().post(path(running, "decision"), json=GRANT)
    assert (other.status_code, other.json()["code"]) == (403, "not-your-decision"), "the running case is the city's"
    await post(world.bureau, path(running, "decision"), **GRANT)

    newcomer = NEWCOMER | {"uscc": None, "name": "新画"}
    local = await submitted(world, newcomer=newcomer, site="3 号", documents=DOCUMENTS[2:3])
    assert local["procedure_id"] == enacted["id"]
    await post(world.officer(), path(local, "acceptance"))
    mine = await world.bureau.post(path(local, "decision"), json=GRANT)
    assert mine.json()["code"] == "not-your-decision"
    granted = await post(world.officer(), path(local, "decision"), **GRANT)
    permit = (await world.bureau.get(f"/v1/permits/{granted['permit_id']}")).json()
    assert permit["number"] == "教民114021370000002号"
    assert [one["source"] for one in (await world.bureau.get("/v1/procedures?matter=new_permit")).json()["items"]][
        -1
    ] == "平城区办法"
    assert (await world.bureau.get(f"/v1/procedures/{enacted['id']}")).json() == enacted
    assert (await world.bureau.get(f"/v1/procedures/{uuid4()}")).json()["code"] == "procedure-not-found"


async def test_who_may_see_and_apply(world: World) -> None:
    application = await drafted(world)
    url = path(application)
    assert (await world.service("operator", subject="op-1").get(url)).status_code == 200
    assert (await world.service("operator", subject="op-2").get(url)).status_code == 404
    assert (await world.officer("140214").get(url)).status_code == 404
    assert [one["id"] for one in (await world.officer().get("/v1/permit-applications")).json()["items"]] == [
        application["id"]
    ]
    assert (await world.service("operator", subject="op-2").get("/v1/permit-applications")).json()["items"] == []
    elsewhere = await world.officer("140214").post("/v1/permit-applications", json=WISH)
    assert (elsewhere.status_code, elsewhere.json()["code"]) == (403, "outside-your-district")
    institution = await world.institution()
    both = await world.bureau.post("/v1/permit-applications", json=WISH | {"institution_id": institution["id"]})
    assert both.json()["code"] == "applicant-unclear"
    nobody = await world.bureau.post("/v1/permit-applications", json=WISH | {"newcomer": None})
    assert nobody.json()["code"] == "applicant-unclear"
    placeless = WISH | {"newcomer": NEWCOMER | {"district": None}}
    assert (await world.bureau.post("/v1/permit-applications", json=placeless)).json()["code"] == "district-missing"
    others = WISH | {"newcomer": None, "institution_id": institution["id"]}
    assert (await world.service("operator").post("/v1/permit-applications", json=others)).status_code == 404


async def test_a_newcomer_whose_code_is_in_the_ledger(world: World) -> None:
    await world.institution(uscc=USCC)
    application = await drafted(world)
    taken = await world.bureau.post(path(application, "submission"))
    assert (taken.status_code, taken.json()["code"]) == (409, "uscc-taken")


async def test_a_second_permit_for_one_site(world: World) -> None:
    institution = await world.institution(kind="non_subject")
    wish = {"newcomer": None, "institution_id": institution["id"]}
    first, second = await visited(world, **wish), await visited(world, **wish)
    await post(world.bureau, path(first, "decision"), **GRANT)
    taken = await world.bureau.post(path(second, "decision"), json=GRANT)
    assert (taken.status_code, taken.json()["code"]) == (409, "permit-in-force-already")
    third = await visited(world, **wish, site="分校 9 号")
    own_number = await world.bureau.post(path(third, "decision"), json=GRANT | {"number": "教民114021370000001号"})
    assert own_number.json()["code"] == "permit-number-taken"
    await post(world.bureau, path(third, "decision"), **GRANT | {"number": "教民9号"})


async def test_late_cases_are_found(world: World) -> None:
    application = await submitted(world)
    await drafted(world, world.bureau, newcomer=NEWCOMER | {"uscc": None})
    assert await listed(world, overdue="true") == []
    async with world.sessions.begin() as session:
        late = await session.get_one(Application, UUID(application["id"]))
        late.due_on = china_date(utc_now()) - timedelta(days=2)
    assert await listed(world, overdue="true") == [application["id"]]
    assert application["id"] not in await listed(world, overdue="false")
    shown = (await world.bureau.get(path(application))).json()
    assert shown["state_clock"]["overdue"] is True
    async with world.sessions.begin() as session:
        await recount_clocks(session, on=date.fromisoformat(application["submitted_on"]))
    assert await listed(world, overdue="true") == [], "counted again from the calendar, it is not late"


async def test_a_corrected_calendar_moves_running_clocks(world: World) -> None:
    await world.know_calendar(china_date(utc_now()).year)
    application = await submitted(world)
    due = application["state_clock"]["due_on"]
    holiday = {"on": due, "kind": "public_holiday", "name": "临时放假", "source": "市政府通知"}
    corrected = await world.bureau.post("/v1/calendar/corrections", json=holiday)
    assert corrected.status_code in (200, 201), corrected.text
    moved = (await world.bureau.get(path(application))).json()
    assert moved["state_clock"]["due_on"] > due
    assert moved["version"] == application["version"], "counting again is no step of the case"


async def listed(world: World, **query: str) -> list[str]:
    answer = await world.bureau.get("/v1/permit-applications", params=query)
    return [one["id"] for one in answer.json()["items"]]


async def test_withdrawn_and_extended(world: World) -> None:
    application = await submitted(world)
    await post(world.bureau, path(application, "acceptance"))
    before = (await world.bureau.get(path(application))).json()["overall_clock"]["due_on"]
    extended = await post(world.bureau, path(application, "extension"), reason="案情复杂")
    assert extended["overall_clock"]["due_on"] > before
    office = await world.officer().post(path(application, "extension"), json={"reason": "再次"})
    assert office.json()["code"] == "not-your-decision"
    again = await world.bureau.post(path(application, "extension"), json={"reason": "再次"})
    assert again.json()["code"] == "extended-already"
    withdrawn = await post(world.bureau, path(application, "withdrawal"), reason="不办了")
    assert (withdrawn["state"], withdrawn["state_clock"]) == ("withdrawn", None)


@pytest.mark.parametrize("step", ["submission", "acceptance", "site-visit-request"])
async def test_a_stranger_learns_nothing(world: World, step: str) -> None:
    nowhere = await world.bureau.post(f"/v1/permit-applications/{uuid4()}/{step}")
    assert (nowhere.status_code, nowhere.json()["code"]) == (404, "application-not-found")
