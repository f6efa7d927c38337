"""The roster of a city: every pupil and every teacher, by the bureau's template, and the same files again."""

import asyncio
import csv
import io
from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from time import perf_counter

import asyncpg
import httpx

from bench.measure import Measure
from bench.sizes import Sizes, expect, lose
from deploy.demo.player import Client
from deploy.local.platform import Platform
from services.afterschool.roster.classes.domain import school_year_of
from shared.domain.clock import china_date, utc_now

PUPILS_OF_A_SCHOOL, PUPILS_OF_A_CLASS = 900, 45
LISTENERS = ("metrics.worker",)
SECONDS, SECONDS_AGAIN = 90, 45
"""How long the city's roster may take, and the same once more, which changes nothing."""
SCHOOL = ("学校标识码", "学校名称", "学段", "所在区县代码", "所在街道代码")
TEACHER = ("教师编号", "教师姓名", "学校标识码", "联系电话")
PUPIL = (
    "学籍号", "学生姓名", "学校标识码", "学年", "年级", "班级代码", "班级名称",
    "监护人姓名", "与学生关系", "监护人电话",
)  # fmt: skip

Rows = Sequence[Sequence[str]]


async def measures(platform: Platform, sizes: Sizes) -> AsyncIterator[Measure]:
    schools = -(-sizes.pupils // PUPILS_OF_A_SCHOOL)
    rosters = {"students": [PUPIL, *_pupils(sizes.pupils)], "teachers": [TEACHER, *_teachers(sizes.teachers, schools)]}
    async with httpx.AsyncClient(timeout=120, trust_env=False) as http:
        bureau = Client(platform, platform.token("bureau"), http)
        # What follows in other services is measured in bench/drain.py, not here.
        for worker in LISTENERS:
            await platform.stop_process(worker)
        await _import(bureau, "schools", [SCHOOL, *_schools(schools)], "accepted")
        seconds = [await _both(bureau, rosters, outcome) for outcome in ("accepted", "unchanged")]
        for worker in LISTENERS:
            await platform.start_process(worker)
    database = await asyncpg.connect(platform.database_url("afterschool", driver=None))
    try:
        await lose(sizes, platform.database_url("afterschool", driver=None), _LOST)
        for what, statement, wanted in _STORED:
            expect(what, await database.fetchval(statement), getattr(sizes, wanted))
    finally:
        await database.close()
    people = sizes.pupils + sizes.teachers
    for name, limit, taken in zip(("", " again"), (SECONDS, SECONDS_AGAIN), seconds, strict=True):
        yield Measure(f"roster of {people:,}{name} / {limit} s", taken, limit, 1, "s", more_is_better=False)


_STORED = (
    ("pupils with a class", "SELECT count(*) FROM membership WHERE origin = 'file'", "pupils"),
    ("guardians", "SELECT count(*) FROM guardianship WHERE origin = 'file'", "pupils"),
    ("teachers", "SELECT count(*) FROM teacher", "teachers"),
    ("teachers told of", "SELECT count(*) FROM journal WHERE type = 'afterschool.teacher.registered.v1'", "teachers"),
    ("pupils told of", "SELECT count(*) FROM journal WHERE type = 'afterschool.student.admitted.v1'", "pupils"),
)
_LOST = "DELETE FROM teacher WHERE id = (SELECT id FROM teacher LIMIT 1)"


def _schools(number: int) -> Iterable[Sequence[str]]:
    for school in range(number):
        yield _school(school), f"第{school}小学", "小学", "140213", f"1402130{50 + school % 18}"


def _school(number: int) -> str:
    return f"31400{number:05}"


def _pupils(number: int) -> Iterable[Sequence[str]]:
    year = str(school_year_of(china_date(utc_now())))
    for pupil in range(number):
        school, of_school = divmod(pupil, PUPILS_OF_A_SCHOOL)
        of_grade, grade = divmod(of_school // PUPILS_OF_A_CLASS, 6)
        code = f"{grade + 1}-{of_grade + 1}"
        yield (
            f"G140213{pupil:012}", f"学生{pupil}", _school(school), year, str(grade + 1), code, f"{code}班",
            f"家长{pupil}", "母亲", f"139{pupil:08}",
        )  # fmt: skip


def _teachers(number: int, schools: int) -> Iterable[Sequence[str]]:
    for teacher in range(number):
        yield f"T{teacher:08}", f"教师{teacher}", _school(teacher % schools), f"138{teacher:08}"


async def _both(bureau: Client, rosters: Mapping[str, Rows], outcome: str) -> float:
    """Seconds from the first upload until every row of both files is reported on."""
    began = perf_counter()
    for kind, rows in rosters.items():
        await _import(bureau, kind, rows, outcome)
    return perf_counter() - began


async def _import(bureau: Client, kind: str, rows: Rows, outcome: str) -> None:
    """Raises `WrongResult` unless every row has the outcome."""
    file = io.StringIO()
    csv.writer(file).writerows(rows)
    job = await bureau.upload("afterschool", "/v1/imports", file.getvalue().encode(), f"{kind}.csv", {"kind": kind})
    while job["state"] in ("queued", "running"):
        await asyncio.sleep(0.1)
        job = await bureau.get("afterschool", f"/v1/imports/{job['id']}")
    expect(f"{kind}, rows {outcome}", job[outcome], len(rows) - 1)
