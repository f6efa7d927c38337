"""Rosters from files: every row is accounted for, nobody is removed, and what people decided stays."""

from collections import Counter
from collections.abc import Mapping
from typing import Any

import orjson
import pytest
from sqlalchemy import text

from services.afterschool.sealing import Sealer
from services.afterschool.settings import Settings
from services.afterschool.stories.rosters.kinds import importers
from shared.data.database import open_engine, open_sessions
from shared.domain.clock import china_date, utc_now
from shared.imports.runner import ImportRunner
from tests.afterschool.conftest import World

NUMBER = "G140213201501010011"
TEMPORARY = "L140213201501010011"


async def imported(
    world: World, kind: str, content: str | bytes, mapping: Mapping[str, Any] | None = None, **form: str
) -> Any:
    """The job, done; CSV unless `filename` says otherwise."""
    name = form.pop("filename", "roster.csv")
    data = {"kind": kind, "mapping": orjson.dumps(mapping or {}).decode(), **form}
    body = content.encode() if isinstance(content, str) else content
    answer = await world.bureau.post("/v1/imports", data=data, files={"file": (name, body)})
    assert answer.status_code == 202, answer.text
    settings: Settings = world.service.app.state.settings
    engine = open_engine(settings)
    try:
        runner = ImportRunner(engine, open_sessions(engine), importers(Sealer.of(settings)))
        assert await runner.run_next()
    finally:
        await engine.dispose()
    job = (await world.bureau.get(answer.headers["location"])).json()
    rows = (await world.bureau.get(f"{answer.headers['location']}/rows", params={"limit": 200})).json()["items"]
    return job | {
        "rows": [(row["outcome"], row["codes"]) for row in rows],
        "entities": [row["entity_id"] for row in rows],
    }


def counts(job: Mapping[str, Any]) -> dict[str, int]:
    return {name: job[name] for name in ("accepted", "updated", "unchanged", "rejected") if job[name]}


async def school_code(world: World) -> str:
    return str((await world.bureau.get(f"/v1/schools/{world.schools['140213']}")).json()["code"])


HEADER = "学籍号,学生姓名,学校标识码,学年,年级,班级代码,监护人姓名,与学生关系,监护人电话\n"


async def test_the_bureaus_template_in_gbk_goes_through_twice(world: World) -> None:
    code = await school_code(world)
    roster = HEADER + "".join(
        f"G1402132015010100{number:02},学生{number},{code},2026-2027学年,三年级,3-{number % 2 + 1},"
        f"家长{number},母亲,1380000{number:04}\n"
        for number in range(20)
    )
    first = await imported(world, "students", roster.encode("gbk"))
    assert (first["state"], counts(first)) == ("done", {"accepted": 20}), first
    assert sum("class-formed" in codes for _, codes in first["rows"]) == 2
    again = await imported(world, "students", roster.encode("gbk"))
    assert counts(again) == {"unchanged": 20}, again["rows"]
    assert again["entities"] == first["entities"]
    pupils = (await world.staff().get("/v1/students", params={"limit": 200})).json()["items"]
    assert {pupil["id"] for pupil in pupils} == set(first["entities"])
    async with world.service.sessions() as session:
        facts = Counter(await session.scalars(text("SELECT type FROM journal WHERE type LIKE 'afterschool.%'")))
        stored = [bytes(row) for row in await session.scalars(text("SELECT name FROM person"))]
        told = " ".join(map(str, await session.scalars(text("SELECT payload::text FROM journal"))))
    assert facts["afterschool.student.admitted.v1"] == facts["afterschool.guardianship.entered.v1"] == 20
    assert not any("学生".encode() in sealed for sealed in stored)
    assert not any(word in told for word in ("学生1", "家长1", "G14021320150101"))


async def test_every_odd_row_says_why(world: World) -> None:
    code = await school_code(world)
    rows = [
        (f"{NUMBER},李一,{code},2026,3,3-1,,,", ("accepted", ["class-formed"])),
        (f"X140213201501010012,李二,{code},2026,3,3-1,,,", ("rejected", ["student-number-malformed"])),
        (f",李三,{code},2026,3,3-1,,,", ("rejected", ["identity-missing"])),
        (f"G140213201501010014,,{code},2026,3,3-1,,,", ("rejected", ["name-missing"])),
        ("G140213201501010015,李五,nowhere,2026,3,3-1,,,", ("rejected", ["school-unknown"])),
        (f"G140213201501010016,李六,{code},2026,学前班,3-1,,,", ("rejected", ["grade-unknown"])),
        (f"G140213201501010017,李七,{code},2026,九年级,9-1,,,", ("rejected", ["grade-not-taught"])),
        (f"G140213201501010018,李八,{code},6209,3,3-1,,,", ("rejected", ["school-year-unknown"])),
        (f"G140213201501010019,李九,{code},2026,3,3-1,王大,邻居,", ("accepted", ["guardian-relation-unknown"])),
        (f"G140213201501010020,李十,{code},2026,4,3-1,,,", ("accepted", ["grade-contradicted"])),
    ]
    job = await imported(world, "students", HEADER + "\n".join(row for row, _ in rows))
    assert job["rows"] == [report for _, report in rows]


@pytest.mark.parametrize("year", ["0003", "6209"])
async def test_a_year_that_is_a_slip_is_refused(world: World, year: str) -> None:
    code = await school_code(world)
    content = f"学籍号,学生姓名,学校标识码,年级,入班日期\n{NUMBER},李一,{code},3,{year}-09-01\n"
    job = await imported(world, "students", content)
    assert [outcome for outcome, _ in job["rows"]] == ["rejected"], job["rows"]


async def test_a_temporary_number_that_becomes_final_is_the_same_child(world: World) -> None:
    code = await school_code(world)
    before = await imported(world, "students", f"{HEADER}{TEMPORARY},李一,{code},2026,3,3-1,,,\n")
    after = await imported(world, "students", f"{HEADER}{NUMBER},李一,{code},2026,3,3-1,,,\n")
    assert after["rows"] == [("updated", ["number-changed"])]
    assert after["entities"] == before["entities"]
    back = await imported(world, "students", f"{HEADER}{TEMPORARY},李一,{code},2026,3,3-1,,,\n")
    assert back["rows"] == [("unchanged", ["number-kept"])]


async def test_what_was_decided_by_hand_survives_the_next_file(world: World) -> None:
    code = await school_code(world)
    roster = f"{HEADER}{NUMBER},李一,{code},2026,3,3-1,王大,父亲,13800000000\n"
    [student] = (await imported(world, "students", roster))["entities"]
    staff = world.staff()
    [guardianship] = (await staff.get(f"/v1/students/{student}/guardianships")).json()["items"]
    barred = {"relation": "father", "barred": True, "valid_from": guardianship["valid_from"], "reason": "法院裁定"}
    assert (await staff.put(f"/v1/guardianships/{guardianship['id']}", json=barred)).status_code == 200
    other = await world.school_class(world.schools["140213"], 4)
    today = str(china_date(utc_now()))
    moved = await staff.post(f"/v1/students/{student}/move", json={"class_id": other, "valid_from": today})
    assert moved.status_code == 200, moved.text
    again = await imported(world, "students", roster)
    assert again["rows"] == [("unchanged", ["class-set-by-hand", "guardian-barred"])]
    [kept] = (await staff.get(f"/v1/students/{student}/guardianships")).json()["items"]
    assert kept["barred"] is True
    assert (await staff.get(f"/v1/students/{student}")).json()["class_id"] == other


async def test_a_file_removes_nobody_until_somebody_decides_so(world: World) -> None:
    code = await school_code(world)
    lines = [f"G1402132015010101{number:02},学生{number},{code},2026,3,3-1,,,\n" for number in range(40)]
    first = await imported(world, "students", HEADER + "".join(lines))
    assert (await world.bureau.get(f"/v1/imports/{first['id']}/missing")).json()["items"] == []
    one_less = await imported(world, "students", HEADER + "".join(lines[:-1]))
    [missing] = (await world.bureau.get(f"/v1/imports/{one_less['id']}/missing")).json()["items"]
    assert (missing["pupils"], missing["missing"]) == (40, [first["entities"][-1]])
    assert missing["needs_confirmation"] is False
    fewer = await imported(world, "students", HEADER + "".join(lines[:30]))
    leave = {"left_on": str(china_date(utc_now())), "reason": "转学"}
    url = f"/v1/imports/{fewer['id']}/departures"
    refused = await world.bureau.post(url, json=leave)
    assert (refused.status_code, refused.json()["code"]) == (409, "too-many-missing")
    assert refused.json()["facts"]["schools"] == [world.schools["140213"]]
    done = await world.bureau.post(url, json=leave | {"confirmed": [world.schools["140213"]]})
    assert (done.status_code, done.json()) == (200, {"students": 10})
    assert (await world.bureau.get(f"/v1/imports/{fewer['id']}/missing")).json()["items"] == []
    assert (await world.officer("140214").get(f"/v1/imports/{fewer['id']}/missing")).status_code == 404
    back = await imported(world, "students", HEADER + "".join(lines))
    assert counts(back) == {"unchanged": 30, "updated": 10} or counts(back) == {"unchanged": 40}


async def test_schools_classes_and_teachers_come_from_files(world: World) -> None:
    schools = (
        "学校标识码,学校名称,学段,所在区县代码\n2114000777,第七小学,小学,140213\n,第八小学,小学,140213\n"
        "2114000778,第九小学,大学,140213\n"
    )
    job = await imported(world, "schools", schools)
    assert job["rows"] == [
        ("accepted", []), ("rejected", ["code-missing"]), ("rejected", ["stage-unknown"]),
    ]  # fmt: skip
    classes = (
        "学校标识码,学年,年级,班级代码,班级名称\n2114000777,2026,一年级,1-1,一年级一班\n"
        "2114000777,2026,初一,7-1,七年级一班\n"
    )
    job = await imported(world, "classes", classes)
    assert job["rows"] == [("accepted", []), ("rejected", ["grade-not-taught"])]
    teachers = (
        "教师编号,教师姓名,学校标识码,联系电话\nT1,张一,2114000777,13800000001\nT1,张一,2114000777,13800000001\n"
        ",张二,2114000777,\n"
    )
    first, again = await imported(world, "teachers", teachers), await imported(world, "teachers", teachers)
    assert Counter(outcome for outcome, _ in first["rows"]) == {"accepted": 1, "unchanged": 1, "rejected": 1}
    assert Counter(outcome for outcome, _ in again["rows"]) == {"unchanged": 2, "rejected": 1}


async def test_a_district_imports_its_own_pupils_only(world: World) -> None:
    code = await school_code(world)
    data = {"kind": "students", "mapping": "{}"}
    content = f"{HEADER}{NUMBER},李一,{code},2026,3,3-1,,,\n".encode()
    answer = await world.officer("140214").post("/v1/imports", data=data, files={"file": ("r.csv", content)})
    assert answer.status_code == 202
    settings: Settings = world.service.app.state.settings
    engine = open_engine(settings)
    await ImportRunner(engine, open_sessions(engine), importers(Sealer.of(settings))).run_next()
    await engine.dispose()
    rows = (await world.bureau.get(f"{answer.headers['location']}/rows")).json()["items"]
    assert [row["codes"] for row in rows] == [["outside-your-district"]]
