"""OneRoster bundles: bulk and delta, agents as guardians, `tobedeleted`, and every row of every file accounted for."""

import io
import zipfile
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from tests.afterschool.conftest import World
from tests.afterschool.test_roster_imports import imported

SAMPLE = Path(__file__).parents[2].parent / "shared" / "data" / "afterschool" / "oneroster"
PLACE = {"constants": {"district": "140213"}}

HEAD = "sourcedId,status,dateLastModified"
BULK: Mapping[str, str] = {
    "manifest.csv": "propertyName,value\noneroster.version,1.2\nfile.users,bulk\nfile.enrollments,bulk\n",
    "orgs.csv": f"{HEAD},name,type,identifier\ns1,active,,第一小学,school,\nd1,active,,区教育局,district,\n",
    "academicSessions.csv": f"{HEAD},title,type,startDate,endDate\nt1,active,,秋,term,2026-09-01,2027-01-15\n",
    "courses.csv": f"{HEAD},title\nc1,active,,语文\n",
    "classes.csv": f"{HEAD},title,grades,courseSourcedId,schoolSourcedId,termSourcedIds\n"
    "k1,active,,三年级一班,03,c1,s1,t1\nk2,active,,三年级二班,03,c1,s1,t1\nk3,active,,无年级班,,c1,s1,t1\n",
    "users.csv": f"{HEAD},givenName,familyName,identifier,sms,agentSourcedIds,primaryOrgSourcedId\n"
    "u1,active,,一,李,G140213201501010011,,g1,s1\n"
    'u2,active,,二,李,学号二,,"g1,g2",s1\n'
    "u3,active,,三,李,,,,s1\n"
    "u4,active,,四,李,,,,s1\n"
    "g1,active,,大,王,,13800000001,,\n"
    "g2,active,,二,王,,13800000002,,\n"
    "p1,active,,师,张,,13800000003,,s1\n",
    "roles.csv": f"{HEAD},userSourcedId,roleType,role,orgSourcedId\n"
    + "".join(f"r{user},active,,{user},primary,student,s1\n" for user in ("u1", "u2", "u3", "u4"))
    + "rg1,active,,g1,primary,guardian,s1\nrg2,active,,g2,primary,parent,s1\nrp1,active,,p1,primary,teacher,s1\n",
    "demographics.csv": f"{HEAD},birthDate\nu1,active,,2015-01-01\n",
    "enrollments.csv": f"{HEAD},classSourcedId,schoolSourcedId,userSourcedId,role,primary,beginDate\n"
    "e1,active,,k1,s1,u1,student,true,2026-09-01\n"
    "e2,active,,k1,s1,u2,student,true,2026-09-01\n"
    "e3,active,,k3,s1,u3,student,true,2026-09-01\n"
    "e5,active,,k1,s1,p1,teacher,true,\n",
    "lineItems.csv": f"{HEAD},title\nl1,active,,测验\n",
}


def bundle(files: Mapping[str, str]) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return packed.getvalue()


async def taken(world: World, files: Mapping[str, str]) -> Any:
    job = await imported(world, "oneroster", bundle(files), PLACE, filename="bundle.zip")
    assert job["state"] == "done", job
    rows = sum(len(content.strip().splitlines()) - 1 for name, content in files.items() if name != "manifest.csv")
    assert job["total"] == rows == len(job["rows"])
    return job


async def test_a_bulk_bundle_goes_through_twice(world: World) -> None:
    first = await taken(world, BULK)
    assert Counter(outcome for outcome, _ in first["rows"]) == {"accepted": 6, "rejected": 3, "unchanged": 18}
    said = Counter(code for _, codes in first["rows"] for code in codes)
    assert (said["grade-missing"], said["class-unknown"], said["class-missing"]) == (1, 1, 1)
    assert (said["not-a-school"], said["identifier-not-used"], said["joined-to-student"]) == (1, 1, 2)
    again = await taken(world, BULK)
    assert Counter(outcome for outcome, _ in again["rows"]) == {"rejected": 3, "unchanged": 24}
    [school] = [one for one in (await world.bureau.get("/v1/schools")).json()["items"] if one["code"] == "s1"]
    pupils = (await world.bureau.get("/v1/students", params={"school": school["id"]})).json()["items"]
    assert len(pupils) == 2
    counted = [
        len((await world.bureau.get(f"/v1/students/{one['id']}/guardianships")).json()["items"]) for one in pupils
    ]
    assert sorted(counted) == [1, 2], "agents are guardians"
    assert (await world.bureau.get(f"/v1/imports/{again['id']}/missing")).json()["items"] == []


async def test_a_delta_moves_and_ends(world: World) -> None:
    first = await taken(world, BULK)
    ids = dict(zip(("u1", "u2"), [one for one in first["entities"] if one][4:6], strict=False))
    assert len(ids) == 2
    moved = await taken(
        world,
        {
            "manifest.csv": "propertyName,value\nfile.enrollments,delta\nfile.users,delta\n",
            "users.csv": "sourcedId,status,dateLastModified,givenName,familyName,role\nu2,tobedeleted,,二,李,student\n"
            "u9,tobedeleted,,九,李,student\n",
            "enrollments.csv": "sourcedId,status,dateLastModified,classSourcedId,schoolSourcedId,userSourcedId,role\n"
            "e1,tobedeleted,,k1,s1,u1,student\ne6,active,,k2,s1,u1,student\ne7,active,,k2,s1,unknown,student\n",
        },
    )
    reports = dict(enumerate(moved["rows"]))
    assert reports[0] == ("updated", ["left"])
    assert reports[1] == ("unchanged", ["student-unknown"])
    assert reports[4] == ("rejected", ["student-unknown"])
    classes = (await world.bureau.get("/v1/classes")).json()["items"]
    second = next(one["id"] for one in classes if one["code"] == "k2")
    [school] = [one for one in (await world.bureau.get("/v1/schools")).json()["items"] if one["code"] == "s1"]
    pupils = (await world.bureau.get("/v1/students", params={"school": school["id"]})).json()["items"]
    assert sorted((one["class_id"] == second, one["valid_to"] is None) for one in pupils) == [
        (False, False), (True, True),
    ]  # fmt: skip


@pytest.mark.skipif(not SAMPLE.is_dir(), reason="needs the public data beside the project")
async def test_a_public_sample_goes_through(world: World) -> None:
    files = {path.name: path.read_text(encoding="utf-8") for path in SAMPLE.glob("*.csv")}
    job = await imported(world, "oneroster", bundle(files), PLACE, filename="sample.zip")
    assert job["state"] == "done", job
    assert (
        job["total"] == len(job["rows"]) == sum(job[name] for name in ("accepted", "updated", "unchanged", "rejected"))
    )
    assert job["accepted"] >= 3


async def test_a_zip_of_something_else_is_refused(world: World) -> None:
    job = await imported(world, "oneroster", bundle({"notes.txt": "x"}), PLACE, filename="bundle.zip")
    assert (job["state"], job["error"]) == ("failed", "xlsx-malformed")
