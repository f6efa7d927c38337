"""What phones and supervisors ask of inspection, each beside the statements alone.

A pull of 1,000 changed targets, a push of 500 operations, the coverage of a campaign over 1,000,000 targets.
"""

import time
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from typing import Any
from uuid import UUID, uuid4

import asyncpg
import httpx
import orjson

from bench.measure import Line, Measure, alternate, requests_per_second
from bench.serving import Served, serving
from bench.sizes import Sizes, expect, lose
from deploy.local.platform import Platform
from services.inspection.stories.sync.feed import FIRST
from services.inspection.stories.sync.queries import PAGE
from shared.domain.clock import utc_now

TEAM, DISTRICT, SUBJECT = "t1", "140213", "inspector-1"
CHANGED, OPERATIONS = 1000, 500
CAMPAIGN = UUID("019a0000-0000-7000-8000-0000000000ca")

_TEAM = """
    INSERT INTO team (id, version, code, name, district, grids, members, active, formed_at, changed_at)
    VALUES (gen_random_uuid(), 1, $1, 'bench', $2, '{g1}', '[]', true, now(), now())
"""
_TARGETS = """
    INSERT INTO target (institution_id, version, name, address, kind, status, district, street, grid, lon, lat, visits)
    SELECT gen_random_uuid(), 1, '培训机构第' || n || '校', '某某路' || n % 300 || '号', 'subject', 'active', $2,
           '140213050', 'g1', 113.3, 40.1, 0
    FROM generate_series(1, $1::int) AS n
"""
_CAMPAIGN = """
    INSERT INTO campaign (id, version, name, scope, starts_on, ends_on, state, targets_total, closed_total,
                          discoveries_total, created_at, launched_at)
    VALUES ($1, 1, 'bench', '{}', '2026-03-01', '2026-12-31', 'open', $2, $2 / 2, 0, now(), now())
"""
_LISTED = """
    INSERT INTO campaign_target (id, campaign_id, institution_id, grid, district, street, team, state, reason, attempts)
    SELECT gen_random_uuid(), $1, gen_random_uuid(), 'g' || n % 18, '140213', '140213050', 't' || n % 18,
           CASE WHEN n % 2 = 0 THEN 'closed' ELSE 'open' END, CASE WHEN n % 2 = 0 THEN 'inspected' END, 0
    FROM generate_series(1, $2::int) AS n
"""
_TALLY = """
    INSERT INTO campaign_tally (campaign_id, grid, team, state, number)
    SELECT campaign_id, grid, team, coalesce(reason, state), count(*) FROM campaign_target GROUP BY 1, 2, 3, 4
"""
_COUNTED = """
    SELECT grid, team, coalesce(reason, state), count(*) FROM campaign_target WHERE campaign_id = $1 GROUP BY 1, 2, 3
"""


async def measures(platform: Platform, sizes: Sizes) -> AsyncIterator[Measure]:
    fill = [(_TEAM, (TEAM, DISTRICT)), (_TARGETS, (20_000, DISTRICT))]
    headers = {"Authorization": f"Bearer {platform.token('inspector', team=TEAM, district=DISTRICT, subject=SUBJECT)}"}
    async with serving(platform, "inspection", fill) as served, httpx.AsyncClient(timeout=60, trust_env=False) as http:
        http.base_url = httpx.URL(f"http://127.0.0.1:{served.port}")
        http.headers.update(headers)
        async with Line.to(served.port, headers) as line:
            yield await _pull(line, await _phone(http), served, sizes.rounds)
        yield await _push(http, served, sizes.rounds)
    async with AsyncExitStack() as stack:
        small, large = [
            await stack.enter_async_context(
                serving(platform, "inspection", [(_CAMPAIGN, (CAMPAIGN, n)), (_LISTED, (CAMPAIGN, n)), (_TALLY, ())])
            )
            for n in (sizes.small, sizes.large)
        ]
        await lose(sizes, large.database, "DELETE FROM campaign_tally WHERE grid = 'g1'")
        async for measure in _coverage(platform, small, large, sizes):
            yield measure


async def _phone(http: httpx.AsyncClient) -> str:
    key = {"kty": "OKP", "crv": "Ed25519", "x": "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}
    device = str(uuid4())
    (await http.post("/v1/devices", json={"id": device, "label": "bench", "public_key": key})).raise_for_status()
    return device


async def _pull(line: Line, device: str, served: Served, rounds: int) -> Measure:
    """A thousand targets change, and a phone reads on: over HTTP, and the statement alone."""
    database = await asyncpg.connect(served.database)
    cursor = await _read_to_the_end(line, device, None)

    async def change() -> int:
        before: int = await database.fetchval("SELECT pg_snapshot_xmax(pg_current_snapshot())::text::bigint")
        await database.execute(
            "UPDATE target SET visits = visits + 1 WHERE institution_id IN "
            "(SELECT institution_id FROM target ORDER BY institution_id LIMIT $1)",
            CHANGED,
        )
        return before

    async def ours() -> float:
        nonlocal cursor
        await change()
        began = time.perf_counter()
        answer = await line.get(_page(device, cursor))
        taken = time.perf_counter() - began
        page = orjson.loads(answer)
        expect("targets pulled", len(page["institutions"]), CHANGED)
        cursor = await _read_to_the_end(line, device, page["next_cursor"])
        return CHANGED / taken

    async def limit() -> float:
        floor = await change()
        began = time.perf_counter()
        (row,) = await database.fetch(PAGE, TEAM, floor, *FIRST, CHANGED, SUBJECT)
        taken = time.perf_counter() - began
        expect("targets found", row["found"], CHANGED)
        return CHANGED / taken

    figures = await alternate({"ours": ours, "limit": limit}, rounds=rounds)
    await database.close()
    return Measure("pull of 1,000 changed targets / its statement", figures["ours"], figures["limit"], 0.5, "items/s")


def _page(device: str, cursor: str | None) -> str:
    return f"/v1/sync?device={device}&limit={CHANGED}" + (f"&cursor={cursor}" if cursor else "")


async def _read_to_the_end(line: Line, device: str, cursor: str | None) -> str:
    while True:
        page = orjson.loads(await line.get(_page(device, cursor)))
        cursor = page["next_cursor"]
        if not page["more"]:
            return str(cursor)


_WRITES = (
    "INSERT INTO visit (id, version, institution_id, team, grid, district, street, state, inspectors, planned_at) "
    "VALUES ($1, 1, $2, 't1', 'g1', '140213', '140213050', 'planned', '{}', now())",
    "UPDATE visit SET state = 'started', version = 2, started_at = now(), inspectors = $2, "
    "visited_on = (now() AT TIME ZONE 'Asia/Shanghai')::date "
    "WHERE id = $1",
    "UPDATE visit SET state = 'done', version = 3, outcome = 'inspected', score = 90, submitted_at = now() "
    "WHERE id = $1",
)
_FACT = """
    WITH fact AS (
        INSERT INTO journal (event_id, topic, type, key, key_version, payload, actor)
        VALUES (gen_random_uuid(), 'inspection.visits.v1', 'bench', $1, $2, $3::text::json, 'inspector-1') RETURNING id
    ) INSERT INTO outbox_pending (journal_id) SELECT id FROM fact
"""
_OPERATION = """
    INSERT INTO sync_operation (id, version, device_id, subject, team, district, kind, entity_id, base_version, after,
                                content, fingerprint, claimed_at, skew_seconds, done_at, received_at, verdict,
                                decided_at)
    VALUES (gen_random_uuid(), 0, $1, 'inspector-1', 't1', '140213', 'submit_visit', $2, 1, '{}', '{}', $3, now(), 0,
            now(), now(), 'applied', now())
"""
_PAYLOAD = '{"visit_id": "x", "institution_id": "y", "team": "t1", "grid": "g1", "district": "140213", "at": "z"}'


async def _push(http: httpx.AsyncClient, served: Served, rounds: int) -> Measure:
    """Visits planned, started and submitted without a line: over HTTP, and the same rows written by hand."""
    device = await _phone(http)
    database = await asyncpg.connect(served.database)
    institutions = [
        row["institution_id"] for row in await database.fetch("SELECT institution_id FROM target LIMIT 170")
    ]

    async def ours() -> float:
        operations = [one for place in range(OPERATIONS // 3 + 1) for one in _visit(institutions[place])][:OPERATIONS]
        batch = {"device_id": device, "sent_at": utc_now().isoformat(), "operations": operations}
        began = time.perf_counter()
        answer = await http.post("/v1/sync", json=batch)
        taken = time.perf_counter() - began
        expect("verdicts", [one["verdict"] for one in answer.json()["verdicts"]], ["applied"] * OPERATIONS)
        return OPERATIONS / taken

    async def limit() -> float:
        began = time.perf_counter()
        async with database.transaction():
            for place in range(OPERATIONS):
                number, institution = place % 3, institutions[place // 3]
                if number == 0:
                    visit = uuid4()
                values = ((institution,), ([SUBJECT],), ())[number]
                await database.execute(_WRITES[number], visit, *values)
                await database.execute(_FACT, visit, number + 1, _PAYLOAD)
                await database.execute(_OPERATION, UUID(device), visit, "0" * 64)
        return OPERATIONS / (time.perf_counter() - began)

    figures = await alternate({"ours": ours, "limit": limit}, rounds=rounds)
    await database.close()
    return Measure("push of 500 operations / their rows by hand", figures["ours"], figures["limit"], 0.1, "ops/s")


def _visit(institution: UUID) -> list[dict[str, Any]]:
    visit, ids = str(uuid4()), [str(uuid4()) for _ in range(3)]
    kinds: list[tuple[str, int | None, list[str], dict[str, Any]]] = [
        ("plan_visit", None, [], {"institution_id": str(institution)}),
        ("start_visit", 1, ids[:1], {}),
        ("submit_visit", 2, ids[1:2], {"outcome": "inspected", "score": 90}),
    ]
    return [
        {
            "id": one, "kind": kind, "entity_id": visit, "base_version": base, "after": after,
            "at": utc_now().isoformat(), "content": content,
        }
        for one, (kind, base, after, content) in zip(ids, kinds, strict=True)
    ]  # fmt: skip


async def _coverage(platform: Platform, small: Served, large: Served, sizes: Sizes) -> AsyncIterator[Measure]:
    headers = {"Authorization": f"Bearer {platform.token('bureau')}"}
    path = f"/v1/campaigns/{CAMPAIGN}/coverage"

    async def asked(port: int) -> float:
        return 1000 / await requests_per_second(port, path, headers, seconds=sizes.seconds, connections=1)

    for served, targets in ((small, sizes.small), (large, sizes.large)):
        async with Line.to(served.port, headers) as line:
            covered = orjson.loads(await line.get(path))
        expect("targets of the campaign", sum(one["targets"] for one in covered["grids"]), targets)
        expect("targets with a reason", sum(one["closed"] for one in covered["grids"]), targets // 2)
    database = await asyncpg.connect(large.database)

    async def counted() -> float:
        began = time.perf_counter()
        await database.fetch(_COUNTED, CAMPAIGN)
        return 1000 * (time.perf_counter() - began)

    figures = await alternate(
        {"small": lambda: asked(small.port), "large": lambda: asked(large.port), "counted": counted},
        rounds=sizes.rounds,
    )
    await database.close()
    name = f"coverage of {sizes.large:,} targets"
    yield Measure(f"{name} / the list counted in SQL", 1000 / figures["large"], 1000 / figures["counted"], 10, "req/s")
    yield Measure(f"{name} / of {sizes.small:,}", figures["large"], figures["small"], 2.0, "ms", more_is_better=False)
