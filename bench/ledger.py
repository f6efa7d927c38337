"""The import of a ledger, and a page of it."""

import asyncio
import csv
import io
import json
import os
import random
import sys
import time
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import Any

import asyncpg
import httpx
import orjson

from bench.measure import Line, Measure, alternate, requests_per_second
from bench.sizes import Sizes, expect, lose
from deploy.demo.player import Client
from deploy.local.platform import Platform
from deploy.local.processes import accepts_connections, free_port, kill, spawn

LISTENERS = ("inspection.worker", "metrics.worker", "afterschool.worker")
PAGE = "/v1/institutions?district=140213&kind=subject"
FIELDS = ("external_ref", "name", "kind", "address", "street", "lon", "lat", "capacity")
MAPPING = {"columns": {field: field for field in FIELDS}, "constants": {"district": "140213"}}


async def measures(platform: Platform, sizes: Sizes) -> AsyncIterator[Measure]:
    rows = _rows(sizes.rows)
    limit = await _copy(platform, rows)
    async with httpx.AsyncClient(timeout=60, trust_env=False) as http:
        bureau = Client(platform, platform.token("bureau"), http)
        # What follows in other services is measured in bench/drain.py, not here.
        for worker in LISTENERS:
            await platform.stop_process(worker)
        ours = await _import(bureau, rows)
        for worker in LISTENERS:
            await platform.start_process(worker)
        await _settled(platform, len(rows))
    await lose(sizes, platform.database_url("registry", driver=None), _LOST)
    await _check_told(platform, len(rows))
    yield Measure(
        f"import of {sizes.rows:,} ledger rows / COPY of them", sizes.rows / ours, sizes.rows / limit, 0.1, "rows/s"
    )
    headers = {"Authorization": f"Bearer {platform.token('bureau')}"}
    database = platform.database_url("registry")
    async with _rival("bare", database) as bare, _rival("idiom", database) as idiom:

        async def once(port: int, sent: Mapping[str, str]) -> float:
            return await requests_per_second(port, PAGE, sent, seconds=sizes.seconds)

        shown = [await _shown(platform.ports.api("registry"), headers), await _shown(bare, {}), await _shown(idiom, {})]
        expect("entries on the page", len(shown[0]), 50)
        expect("pages of the three", shown[1:], [shown[0]] * 2)

        figures = await alternate(
            {
                "ours": lambda: once(platform.ports.api("registry"), headers),
                "bare": lambda: once(bare, {}),
                "idiom": lambda: once(idiom, {}),
            },
            rounds=sizes.rounds,
        )
    yield Measure(
        f"ledger page, 50 of {sizes.rows:,} / bare Starlette + asyncpg", figures["ours"], figures["bare"], 0.65, "req/s"
    )
    yield Measure("ledger page / FastAPI + ORM + response_model", figures["ours"], figures["idiom"], 3.3, "req/s")


def _rows(number: int) -> list[tuple[Any, ...]]:
    dice = random.Random(1)
    return [
        (
            f"B-{place:06d}",
            f"培训机构第{place}校",
            "subject" if place % 2 else "non_subject",
            f"某某路{place % 300}号",
            f"1402130{50 + place % 18}",
            round(dice.uniform(113.22, 113.39), 6),
            round(dice.uniform(39.99, 40.16), 6),
            dice.randint(10, 400),
        )
        for place in range(number)
    ]


async def _copy(platform: Platform, rows: Sequence[tuple[Any, ...]]) -> float:
    """Seconds to COPY the same rows into a table with the ledger's columns, indexes and all."""
    connection = await asyncpg.connect(platform.database_url("registry", driver=None))
    try:
        await connection.execute("CREATE TABLE copied (LIKE institution INCLUDING INDEXES)")
        await connection.execute("ALTER TABLE copied ALTER id SET DEFAULT gen_random_uuid()")
        needed = "SELECT attname FROM pg_attribute WHERE attrelid = 'copied'::regclass AND attnotnull AND attnum > 0"
        for row in await connection.fetch(f"{needed} AND attname <> 'id'"):
            await connection.execute(f"ALTER TABLE copied ALTER {row['attname']} DROP NOT NULL")
        began = time.perf_counter()
        await connection.copy_records_to_table("copied", columns=FIELDS, records=rows)
        seconds = time.perf_counter() - began
        await connection.execute("DROP TABLE copied")
        return seconds
    finally:
        await connection.close()


async def _import(bureau: Client, rows: Sequence[tuple[Any, ...]]) -> float:
    """Seconds from the upload until every row is validated, stored, journalled and reported on."""
    file = io.StringIO()
    csv.writer(file).writerows([FIELDS, *rows])
    began = time.perf_counter()
    job = await bureau.upload(
        "registry", "/v1/imports", file.getvalue().encode(), "ledger.csv", {"mapping": json.dumps(MAPPING)}
    )
    while job["state"] in ("queued", "running"):
        await asyncio.sleep(0.05)
        job = await bureau.get("registry", f"/v1/imports/{job['id']}")
    expect("rows accepted", job["accepted"], len(rows))
    return time.perf_counter() - began


TOLD = {
    "metrics": "SELECT coalesce(sum(members), 0) FROM cell WHERE noun = 'institution'",
    "inspection": "SELECT count(*) FROM target",
    "afterschool": "SELECT count(*) FROM provider",
    "registry": "SELECT count(*) FROM placement",
}
"""How many institutions each service has been told of; the registry is told where inspection placed them."""


async def _settled(platform: Platform, rows: int) -> None:
    """Wait until every service is done with the import: a page is measured on a quiet machine."""
    async with asyncio.timeout(120):
        for service, statement in TOLD.items():
            connection = await asyncpg.connect(platform.database_url(service, driver=None))
            try:
                while await connection.fetchval(statement) < rows:
                    await asyncio.sleep(0.2)
            finally:
                await connection.close()


_LOST = "DELETE FROM placement WHERE institution_id = (SELECT institution_id FROM placement LIMIT 1)"


async def _check_told(platform: Platform, rows: int) -> None:
    """Raises `WrongResult` unless every service knows every row, once."""
    for service, statement in TOLD.items():
        connection = await asyncpg.connect(platform.database_url(service, driver=None))
        try:
            expect(f"institutions known to {service}", await connection.fetchval(statement), rows)
        finally:
            await connection.close()


async def _shown(port: int, headers: Mapping[str, str]) -> list[str]:
    """The institutions on the page."""
    async with Line.to(port, headers) as line:
        return [one["id"] for one in orjson.loads(await line.get(PAGE))["items"]]


@asynccontextmanager
async def _rival(name: str, database_url: str) -> AsyncIterator[int]:
    port = free_port()
    process = await spawn(
        [
            *[sys.executable, "-m", "uvicorn", "--factory", f"bench.rivals:{name}", "--port", str(port)],
            *["--no-access-log", "--log-level", "warning", "--loop", "uvloop", "--http", "httptools"],
        ],
        env={**os.environ, "DATABASE_URL": database_url},
        output=asyncio.subprocess.DEVNULL,
    )
    try:
        async with asyncio.timeout(30):
            while not await accepts_connections(port):
                await asyncio.sleep(0.1)
        yield port
    finally:
        await kill(process)
