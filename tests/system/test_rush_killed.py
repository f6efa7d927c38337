"""A rush during which the API's process and PostgreSQL's connections are killed again and again.

Each request carries its key and is sent until it is answered. In the end every child's answer is the stored truth, and
no seat is lost or sold twice.
"""

import asyncio
import random
from pathlib import Path

import asyncpg
import orjson
import pytest

from bench.measure import Line
from bench.rush import GUARDIANS, Answer, a_city, check, course_of, numbered
from bench.serving import Served, serving
from bench.sizes import Sizes
from deploy.local.platform import Platform
from deploy.local.ports import Ports

KILLS = 40
SIZES = Sizes(children=4_000, courses=200)
CONNECTIONS = 12

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]


async def test_forty_kills_in_mid_rush_lose_no_answer(tmp_path: Path) -> None:
    async with (
        Platform(tmp_path, ports=Ports.free(), quiet=True, environment={"LOG_LEVEL": "WARNING"}) as platform,
        serving(platform, "afterschool", a_city(SIZES.children, SIZES.courses)) as served,
    ):
        answers: list[Answer] = []
        killed = 0
        asking = asyncio.create_task(_rush(platform, served, answers))
        while killed < KILLS and not asking.done():
            await asyncio.sleep(0.3)
            if killed % 2:
                await served.restart()
            else:
                await _cut_connections(served)
            killed += 1
        await asking
        assert killed == KILLS, f"the rush ended after {killed} kills"
        assert len(answers) == SIZES.children
        await check(served, SIZES, answers)


async def _rush(platform: Platform, served: Served, answers: list[Answer]) -> None:
    waiting = iter(range(1, SIZES.children + 1))
    tokens = [platform.token("guardian", subject=f"guardian-{number}") for number in range(GUARDIANS)]

    async def ask() -> None:
        for child in waiting:
            body = {"offering_id": numbered(course_of(child, SIZES)), "student_id": numbered(child)}
            answers.append(
                (child, *await _until_answered(served, orjson.dumps(body), tokens[child % GUARDIANS], child))
            )

    await asyncio.gather(*(ask() for _ in range(CONNECTIONS)))


async def _until_answered(served: Served, body: bytes, token: str, child: int) -> tuple[str, int]:
    headers = f"Authorization: Bearer {token}\r\nIdempotency-Key: child-{child}\r\n"
    while True:
        try:
            async with asyncio.timeout(30), Line.to(served.port, {}) as line:
                status, told = await line.post("/v1/enrolments", body, headers)
        except (OSError, asyncio.IncompleteReadError, TimeoutError):
            await asyncio.sleep(random.uniform(0.02, 0.1))
            continue
        if status == 201:
            enrolment = orjson.loads(told)
            return enrolment["state"], enrolment["ticket"]
        assert status in (500, 503) or "in-flight" in told.decode(), told
        await asyncio.sleep(random.uniform(0.02, 0.1))


async def _cut_connections(served: Served) -> None:
    database = await asyncpg.connect(served.database)
    try:
        await database.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
            "WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )
    finally:
        await database.close()
