"""A child's identity: one door, a log of every read, nothing anywhere else, and keys that can be rotated."""

import asyncio
import os
from typing import Any
from uuid import UUID, uuid4

import httpx
import structlog
from sqlalchemy import text

from services.afterschool.roster.people.usecases import reseal
from services.afterschool.sealing import Sealer
from shared.domain.clock import china_date, utc_now
from tests.afterschool.conftest import World
from tests.afterschool.test_roster_imports import HEADER, imported, school_code

NAME, NUMBER, PHONE, GUARDIAN = "金丝雀儿童", "G140213201501019999", "13899990000", "金丝雀家长"
CANARY = (NAME, NUMBER[1:], PHONE, GUARDIAN)


async def canary(world: World) -> str:
    """A child entered from a file, whose guardian proved it."""
    code = await school_code(world)
    row = f"{HEADER}{NUMBER},{NAME},{code},2026,3,3-9,{GUARDIAN},母亲,{PHONE}\n"
    [student] = (await imported(world, "students", row))["entities"]
    [guardianship] = (await world.staff().get(f"/v1/students/{student}/guardianships")).json()["items"]
    given = (await world.staff().post(f"/v1/guardianships/{guardianship['id']}/code")).json()
    proven = await world.guardian("mother").post("/v1/guardianships/proof", json={"code": given["code"]})
    assert proven.status_code == 200, proven.text
    again = await world.guardian("mother").post("/v1/guardianships/proof", json={"code": given["code"]})
    assert (again.status_code, again.json()["code"]) == (409, "guardianship-code-not-valid")
    return str(student)


async def test_a_canary_is_found_behind_the_gate_alone(world: World) -> None:
    with structlog.testing.capture_logs() as logs:
        student = await canary(world)
        offering = await world.offering(1)
        asked = {"offering_id": offering["id"], "student_id": student}
        enrolled = (await world.guardian("mother").post("/v1/enrolments", json=asked)).json()
        answers = [
            await world.staff().get("/v1/students"),
            await world.staff().get(f"/v1/students/{student}"),
            await world.staff().get(f"/v1/students/{student}/guardianships"),
            await world.staff().get("/v1/enrolments"),
            await world.bureau.get("/v1/waitlists", params={"offering": offering["id"]}),
            await world.guardian("mother").post("/v1/enrolments", json=asked),
            await world.guardian("mother").post(f"/v1/enrolments/{enrolled['id']}/withdrawal"),
            await world.service().get("/metrics"),
            await world.staff().post("/v1/students", json={"name": NAME, "number": NUMBER, "class_id": str(uuid4())}),
        ]
        read = await world.staff().get(f"/v1/students/{student}/identity", params={"purpose": "class_list"})
    assert read.json() == {"name": NAME, "number": NUMBER, "phone": None}
    assert read.headers["cache-control"] == "no-store"
    for answer in answers:
        assert not any(word in answer.text for word in CANARY), answer.request.url
    assert not any(word in str(logs) for word in CANARY)
    assert await _tables_with(world, CANARY) == []


async def _tables_with(world: World, words: tuple[str, ...]) -> list[str]:
    """The tables of which some row shows one of these words."""
    found = []
    async with world.service.sessions() as session:
        tables = await session.scalars(text("SELECT tablename FROM pg_tables WHERE schemaname = 'public'"))
        for table in tables.all():
            shown = text(f'SELECT EXISTS (SELECT FROM "{table}" one WHERE one::text LIKE ANY (:words))')
            if await session.scalar(shown, {"words": [f"%{word}%" for word in words]}):
                found.append(table)
    return found


async def test_every_read_is_logged_and_a_guardian_sees_who_read(world: World) -> None:
    student = await canary(world)
    url = f"/v1/students/{student}/identity"
    for client, purpose, status, code in [
        (world.staff(), "class_list", 200, None),
        (world.staff(), "verification", 403, "purpose-not-yours"),
        (world.staff(), "publicity", 409, "consent-missing"),
        (world.bureau, "verification", 403, "approval-missing"),
        (world.bureau, "class_list", 403, "purpose-not-yours"),
        (world.staff("140214"), "class_list", 404, "student-not-found"),
        (world.guardian("stranger"), "contact", 404, "student-not-found"),
        (world.guardian("mother"), "contact", 200, None),
    ]:
        answer = await client.get(url, params={"purpose": purpose})
        assert (answer.status_code, answer.json().get("code")) == (status, code), purpose
    wanted = {"school_id": world.schools["140213"], "purpose": "verification", "reason": "抽查"}
    asked = (await world.bureau.post("/v1/access-requests", json=wanted)).json()
    own = await world.bureau.post(f"/v1/access-requests/{asked['id']}/decision", json={"approved": True})
    assert (own.status_code, own.json()["code"]) == (403, "own-access-request")
    decided = await world.staff().post(f"/v1/access-requests/{asked['id']}/decision", json={"approved": True})
    assert (decided.status_code, decided.json()["approved"]) == (200, True)
    assert (await world.bureau.get(url, params={"purpose": "verification"})).status_code == 200
    consent = f"/v1/students/{student}/consents/publicity"
    assert (await world.guardian("mother").put(consent, json={"given": True})).status_code == 200
    assert (await world.staff().get(url, params={"purpose": "publicity"})).status_code == 200
    assert (await world.guardian("mother").put(consent, json={"given": False})).status_code == 200
    assert (await world.staff().get(url, params={"purpose": "publicity"})).status_code == 409
    reads = (await world.guardian("mother").get(f"/v1/students/{student}/identity-reads")).json()["items"]
    assert [(one["purpose"], one["door"]) for one in reads] == [
        ("publicity", "school"), ("verification", "approval"), ("contact", "guardian"), ("class_list", "school"),
    ]  # fmt: skip
    assert (await world.guardian("stranger").get(f"/v1/students/{student}/identity-reads")).status_code == 404


async def test_twenty_ways_to_another_familys_child_find_nothing(world: World) -> None:
    """frappe/education PR 450: the role of a guardian opens one's own children, nobody else's."""
    student = await canary(world)
    offering = await world.offering(1)
    mine = await world.ask(offering["id"], "thief")
    asked = {"offering_id": offering["id"], "student_id": student}
    mother = world.guardian("mother")
    enrolment = (await mother.post("/v1/enrolments", json=asked)).json()["id"]
    thief = world.guardian("thief")
    child, wish = f"/v1/students/{student}", {"allocation_id": str(uuid4()), "student_id": student}
    attempts: list[httpx.Response] = [
        await thief.get(child),
        await thief.get(f"{child}/identity", params={"purpose": "contact"}),
        await thief.get(f"{child}/identity", params={"purpose": "class_list"}),
        await thief.get(f"{child}/identity-reads"),
        await thief.get(f"{child}/guardianships"),
        await thief.put(f"{child}/consents/publicity", json={"given": True}),
        await thief.get(f"/v1/enrolments/{enrolment}"),
        await thief.post(f"/v1/enrolments/{enrolment}/withdrawal"),
        await thief.post(f"/v1/enrolments/{enrolment}/acceptance"),
        await thief.post(f"/v1/enrolments/{enrolment}/refusal"),
        await thief.put(f"/v1/enrolments/{enrolment}/promotion", json={"accepts": True}),
        await thief.post(f"/v1/enrolments/{enrolment}/exchange", json={"wanted_id": mine["id"]}),
        await thief.post(f"/v1/enrolments/{mine['id']}/exchange", json={"wanted_id": enrolment}),
        await thief.post("/v1/enrolments", json=asked),
        await thief.put("/v1/preferences", json={**wish, "choices": [offering["id"]]}),
        await thief.post("/v1/preferences/withdrawal", json={**wish, "slots": "*"}),
        await thief.get("/v1/preferences", params={"allocation": wish["allocation_id"], "student": student}),
        await thief.get(f"/v1/students/{student.upper()}"),
        await world.staff("140214").get(child),
        await world.officer("140214").get(child),
    ]
    assert [answer.status_code for answer in attempts] == [404] * 20
    for listing, params in [
        ("/v1/students", {}), ("/v1/students", {"school": world.schools["140213"]}),
        ("/v1/enrolments", {"student": student}), ("/v1/waitlists", {"offering": offering["id"]}),
    ]:  # fmt: skip
        assert student not in (await thief.get(listing, params=params)).text


async def test_a_parent_learns_nothing_of_the_other_parent(world: World) -> None:
    """VCDB #24342: parents who live apart; what one of them reads has nothing of the other."""
    student = await canary(world)
    father = {"student_id": student, "relation": "father", "name": "另一家长", "phone": "13811112222"}
    entered = await world.staff().post("/v1/guardianships", json=father | {"valid_from": "2026-09-01"})
    assert entered.status_code == 201
    again = await world.staff().post("/v1/guardianships", json=father | {"valid_from": "2026-09-01"})
    assert (again.status_code, again.json()["code"]) == (409, "guardian-entered")
    mother = world.guardian("mother")
    for url in (f"/v1/students/{student}/guardianships", f"/v1/students/{student}", "/v1/enrolments", "/v1/students"):
        answer = await mother.get(url)
        assert answer.status_code == 200
        assert entered.json()["id"] not in answer.text
        assert "另一家长" not in answer.text


async def test_a_key_is_rotated_while_people_go_on(world: World) -> None:
    school_class = await world.school_class(world.schools["140213"], 3)
    old, new, prints = os.urandom(32), os.urandom(32), os.urandom(32)
    app = world.service.app
    app.state.sealer = Sealer({"old": old}, active="old", fingerprints=prints)
    names: dict[str, str] = {}

    async def admit(number: int) -> None:
        body = {"class_id": school_class, "name": f"学生{number}", "number": f"G14021320150101{number:04}"}
        answer = await world.staff().post("/v1/students", json=body | {"valid_from": "2026-09-01"})
        assert answer.status_code == 201, answer.text
        names[answer.json()["id"]] = f"学生{number}"

    async def read() -> None:
        for student, name in list(names.items()):
            answer = await world.staff().get(f"/v1/students/{student}/identity", params={"purpose": "contact"})
            assert (answer.status_code, answer.json()["name"]) == (200, name)

    await asyncio.gather(*(admit(number) for number in range(20)))
    app.state.sealer = both = Sealer({"old": old, "new": new}, active="new", fingerprints=prints)
    resealing = asyncio.create_task(reseal(world.service.sessions, both))
    await asyncio.gather(*(admit(number) for number in range(20, 40)), read())
    assert await resealing == 20
    assert await reseal(world.service.sessions, both) == 0
    app.state.sealer = Sealer({"new": new}, active="new", fingerprints=prints)
    await read()
    async with world.service.sessions() as session:
        keys: Any = (await session.scalars(text("SELECT DISTINCT key_id FROM person"))).all()
    assert keys == ["new"]
    assert len({UUID(student) for student in names}) == 40


async def test_an_identity_is_corrected_and_erased_when_no_duty_is_left(world: World) -> None:
    student = await canary(world)
    staff, mother, child = world.staff(), world.guardian("mother"), f"/v1/students/{student}"
    wrong = await staff.put(f"{child}/identity", json={"number": "X1", "reason": "笔误"})
    assert (wrong.status_code, wrong.json()["code"]) == (422, "student-number-malformed")
    assert (await staff.put(f"{child}/identity", json={"name": "新名字", "reason": "更名"})).status_code == 200
    read = await staff.get(f"{child}/identity", params={"purpose": "contact"})
    assert (read.json()["name"], read.json()["number"]) == ("新名字", NUMBER)
    needed = await mother.post(f"{child}/erasure")
    assert (needed.status_code, needed.json()["code"]) == (409, "identity-needed")
    today = str(china_date(utc_now()))
    assert (await staff.post(f"{child}/departure", json={"left_on": today})).status_code == 200
    assert (await world.guardian("stranger").post(f"{child}/erasure")).status_code == 404
    erased = await mother.post(f"{child}/erasure")
    assert (erased.status_code, [one["what"] for one in erased.json()["kept"]]) == (
        200, ["memberships", "enrolments", "identity_reads"],
    )  # fmt: skip
    gone = await staff.get(f"{child}/identity", params={"purpose": "contact"})
    assert (gone.status_code, gone.json()["code"]) == (404, "identity-erased")
    again = await staff.put(f"{child}/identity", json={"name": "x", "reason": "y"})
    assert (again.status_code, again.json()["code"]) == (404, "identity-erased")
    async with world.service.sessions() as session:
        left = await session.scalar(text("SELECT count(*) FROM person WHERE erased_at IS NULL"))
    assert left == 0, "nor is anything left of the guardian"
