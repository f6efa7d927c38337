"""The rush: every child asks for a seat in the same minutes, half of them for one course in a hundred.

Decisions over HTTP, beside pgbench that runs the same decision statement on the same machine. Afterwards every answer
must be the stored truth, no course oversold, and no seat free while somebody waits.
"""

import asyncio
import os
import statistics
import tempfile
import time
from collections.abc import AsyncIterator
from pathlib import Path
from uuid import UUID

import asyncpg
import orjson

from bench.measure import Line, Measure
from bench.serving import Served, serving
from bench.sizes import Sizes, WrongResult, expect, lose
from deploy.local.platform import Platform
from deploy.local.postgres import binaries
from shared.domain.clock import china_date, utc_now

SEATS, HOT = 40, 100
"""Seats of a course; one course in so many is wanted by half of the children."""
GUARDIANS = 200
CONNECTIONS = 16
CLIENTS = 8
TODAY = china_date(utc_now())

_SCHOOL = """
    INSERT INTO school (id, version, code, name, stage, district, registered_at)
    VALUES (numbered(0), 1, 'bench', 'bench', 'primary', '140213', now())
"""
_IDS = """
    CREATE FUNCTION numbered(n bigint) RETURNS uuid LANGUAGE sql IMMUTABLE
    RETURN ('019a0000-0000-7000-8000-' || lpad(to_hex(n), 12, '0'))::uuid
"""
_TERM = """
    INSERT INTO term (id, name, starts_on, ends_on, sequence)
    VALUES (numbered(0), 'bench', $1::date - 30, $1::date + 90, 1)
"""
_CLASS = """
    INSERT INTO school_class (id, version, school_id, school_year, code, name, grade, formed_at)
    VALUES (numbered(0), 1, numbered(0), 2026, '3-1', '3-1', 3, now())
"""
_OFFERINGS = """
    INSERT INTO offering (id, version, school_id, name, category, term, term_id, mode, care, grades, first_week,
                          last_week, halves, fee, offer_hours, asked, opens_at, closes_at, published_at, changed_at)
    SELECT numbered(n), 1, numbered(0), 'bench', 'sunshine_sports', 'bench', numbered(0), 'rush', 'after_school', '{3}',
           1, 18, '{1,2}', 0, 24, 0, now() - interval '1 day', now() + interval '1 day', now(), now()
    FROM generate_series(1, $1::int) AS n
"""
_PERIODS = """
    INSERT INTO offering_period (offering_id, weekday, number, starts_at, ends_at)
    SELECT numbered(n), n % 5 + 1, 1, '16:30', '17:30' FROM generate_series(1, $1::int) AS n
"""
_POOLS = """
    INSERT INTO seat_pool (offering_id, "group", size)
    SELECT numbered(n), 'general', $2::int FROM generate_series(1, $1::int) AS n
"""
_STUDENTS = """
    INSERT INTO student (id, version, registered_at) SELECT numbered(n), 1, now() FROM generate_series(1, $1::int) AS n
"""
_MEMBERSHIPS = """
    INSERT INTO membership (id, student_id, school_id, class_id, grade, valid_from, origin)
    SELECT numbered(n), numbered(n), numbered(0), numbered(0), 3, $2::date - 30, 'file'
    FROM generate_series(1, $1::int) AS n
"""
_GUARDIANSHIPS = """
    INSERT INTO guardianship (id, version, student_id, subject, relation, may_act, may_see, barred, valid_from, origin)
    SELECT numbered(n), 1, numbered(n), 'guardian-' || n % $2::int, 'mother', true, true, false, $3::date - 30,
           'file'
    FROM generate_series(1, $1::int) AS n
"""
_COURSE = "CASE WHEN {n} % 2 = 0 THEN 1 + {n} / 2 % {hot} ELSE 1 + {hot} + {n} / 2 % ({courses} - {hot}) END"
"""The course of a child, in SQL and in Python's integers alike."""

_UNTRUE = """
    SELECT count(*) FROM seat_pool WHERE enrolled + offered > size OR (waiting > 0 AND enrolled + offered < size)
"""


async def measures(platform: Platform, sizes: Sizes) -> AsyncIterator[Measure]:
    # One half of the children ask over HTTP, the other half through pgbench, each for courses of their own.
    fill = a_city(2 * sizes.children, 2 * sizes.courses)
    async with serving(platform, "afterschool", fill) as served:
        limit = await _pgbench(served, sizes)
        answers, taken, latencies = await _rush(platform, served, sizes)
        await lose(sizes, served.database, "UPDATE enrolment SET ticket = -ticket WHERE state = 'waiting'")
        await check(served, sizes, answers)
    yield Measure("decisions of a rush / pgbench on the same statement", len(answers) / taken, limit, 0.5, "/s")
    p99 = statistics.quantiles(latencies, n=100)[98] * 1000
    yield Measure("answer of a rush, p99 / 1 s", p99, 1000, 1, "ms", more_is_better=False)


def a_city(children: int, courses: int) -> list[tuple[str, tuple[object, ...]]]:
    """One school with so many children and courses, ids by number, and a few guardians of many children each."""
    return [
        (_IDS, ()),
        (_SCHOOL, ()),
        (_TERM, (TODAY,)),
        (_CLASS, ()),
        (_OFFERINGS, (courses,)),
        (_PERIODS, (courses,)),
        (_POOLS, (courses, SEATS)),
        (_STUDENTS, (children,)),
        (_MEMBERSHIPS, (children, TODAY)),
        (_GUARDIANSHIPS, (children, GUARDIANS, TODAY)),
    ]


async def _pgbench(served: Served, sizes: Sizes) -> float:
    """Decisions a second: every child of the second half asks once."""
    per = sizes.children // CLIENTS
    course = _COURSE.format(n=":n", hot=sizes.courses // HOT, courses=sizes.courses)
    script = f"""
\\set i :i + 1
\\set n :client_id * {per} + :i
SELECT * FROM decide_enrolment(gen_random_uuid(), gen_random_uuid(), numbered({sizes.courses} + {course}),
    numbered({sizes.children} + :n), 'guardian-' || ({sizes.children} + :n) % {GUARDIANS}, NULL, true, now(),
    '{TODAY}', 'bench', NULL);
"""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "decide.sql"
        file.write_text(script, encoding="utf-8")
        process = await asyncio.create_subprocess_exec(
            *[str(binaries() / "pgbench"), "--no-vacuum", "--protocol=prepared", f"--file={file}", "--define=i=0"],
            *[f"--client={CLIENTS}", "--jobs=2", f"--transactions={per}", served.database],
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
            env={**os.environ, "PGOPTIONS": ""},
        )
        said, errors = await process.communicate()
    if process.returncode != 0:
        raise WrongResult(errors.decode()[-500:])
    line = next(line for line in said.decode().splitlines() if line.startswith("tps"))
    return float(line.split()[2])


Answer = tuple[int, str, int]
"""The child, the state of its enrolment, and its ticket."""


async def _rush(platform: Platform, served: Served, sizes: Sizes) -> tuple[list[Answer], float, list[float]]:
    answers: list[Answer] = []
    latencies: list[float] = []
    waiting = iter(range(1, sizes.children + 1))
    headers = [
        f"Authorization: Bearer {platform.token('guardian', subject=f'guardian-{number}')}\r\n"
        for number in range(GUARDIANS)
    ]

    async def ask() -> None:
        async with Line.to(served.port, {}) as line:
            for child in waiting:
                body = {
                    "offering_id": numbered(course_of(child, sizes)),
                    "student_id": numbered(child),
                    "accepts_promotion": True,
                }
                began = time.perf_counter()
                status, told = await line.post("/v1/enrolments", orjson.dumps(body), headers[child % GUARDIANS])
                latencies.append(time.perf_counter() - began)
                if status != 201:
                    raise WrongResult(f"{status}: {told.decode()}")
                enrolment = orjson.loads(told)
                answers.append((child, enrolment["state"], enrolment["ticket"]))

    began = time.perf_counter()
    await asyncio.gather(*(ask() for _ in range(CONNECTIONS)))
    return answers, time.perf_counter() - began, latencies


def course_of(child: int, sizes: Sizes) -> int:
    """As `_COURSE` in SQL."""
    hot, half = sizes.courses // HOT, child // 2
    return 1 + half % hot if child % 2 == 0 else 1 + hot + half % (sizes.courses - hot)


def numbered(number: int) -> UUID:
    """The id that `bench_id` gives."""
    return UUID(f"019a0000-0000-7000-8000-{number:012x}")


async def check(served: Served, sizes: Sizes, answers: list[Answer]) -> None:
    """Every child's answer is what is stored, and no seat is lost or sold twice."""
    database = await asyncpg.connect(served.database)
    try:
        stored = await database.fetch(
            "SELECT student_id, state, ticket FROM enrolment WHERE student_id <= $1", numbered(sizes.children)
        )
        truth = {(row["student_id"].int & 0xFFFFFFFFFFFF, row["state"], row["ticket"]) for row in stored}
        expect("children whose answer is not the truth", len(set(answers) ^ truth), 0)
        expect("seats sold twice, or free beside a queue", await database.fetchval(_UNTRUE), 0)
        facts = await database.fetchval("SELECT count(*) FROM journal WHERE actor LIKE 'guardian-%'")
        expect("facts", facts, len(answers))
    finally:
        await database.close()
