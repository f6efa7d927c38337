"""The same question to a ledger of 10,000 institutions and to one of 1,000,000: what does a hundred times cost?"""

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import AbstractAsyncContextManager, AsyncExitStack

import orjson

from bench.measure import Line, Measure, alternate, requests_per_second
from bench.serving import Served, serving
from bench.sizes import Sizes, expect, lose
from deploy.local.platform import Platform

ASKED = "91350100M000100Y43"
"""A code whose check characters hold; the others only look like codes, and are not asked for."""

_FILL = """
    INSERT INTO institution (id, version, name, uscc, permit_no, kind, mode, profit, stages, status, district, street,
                             address, lon, lat, capacity, external_ref, registered_at, changed_at)
    SELECT ('019a0000-' || lpad(to_hex(n / 65536), 4, '0') || '-7' || lpad(to_hex(n % 4096), 3, '0') || '-8000-'
            || lpad(to_hex(n), 12, '0'))::uuid, 1,
           '培训机构第' || n || '校', CASE WHEN n = $1 / 2 THEN $2 ELSE 'X' || lpad(n::text, 17, '0') END, '证' || n,
           CASE WHEN n / 10 % 2 = 0 THEN 'subject' ELSE 'non_subject' END, 'offline', 'non_profit', '{primary}',
           'active', '1402' || (12 + n % 10), '140213' || lpad((50 + n % 18)::text, 3, '0'),
           '某某路' || n % 300 || '号', 113.3, 40.1, 100, 'S-' || n, now(), now()
    FROM generate_series(1, $1) AS n
"""
_PERMITS = """
    INSERT INTO permit (id, version, institution_id, number, kind, stages, subjects, site, district, street, valid_from,
                        valid_to, recorded_at)
    SELECT gen_random_uuid(), 1, id, permit_no, kind, stages, '{}', address, district, street, '2024-01-01',
           CASE WHEN random() < 0.8 THEN date '2099-12-31' ELSE date '2025-12-31' END, now()
    FROM institution
"""
_VIOLATIONS = """
    INSERT INTO violation_standing (violation_id, institution_id, severity, state, sequence)
    SELECT gen_random_uuid(), id, 'low', CASE WHEN random() < 0.1 THEN 'rectification_ordered' ELSE 'closed' END, 1
    FROM institution
"""

QUESTIONS: Mapping[str, tuple[str, bool]] = {
    "ledger page, by district and kind": ("/v1/institutions?district=140213&kind=subject", True),
    "ledger page, all of it": ("/v1/institutions", True),
    "public standing": (f"/v1/public/institutions/{ASKED}/standing", False),
    "white list, by district": ("/v1/public/institutions?district=140213", False),
    "work list, without a responsible officer": ("/v1/quality/findings?doubt=responsible-missing", True),
}
"""What is asked, and whether with a token."""


async def measures(platform: Platform, sizes: Sizes) -> AsyncIterator[Measure]:
    headers = {"Authorization": f"Bearer {platform.token('bureau')}"}
    async with AsyncExitStack() as stack:
        small = await stack.enter_async_context(_registry(platform, sizes.small))
        large = await stack.enter_async_context(_registry(platform, sizes.large))
        await lose(sizes, large.database, f"DELETE FROM institution WHERE uscc = '{ASKED}'")
        for question, (path, with_token) in QUESTIONS.items():
            sent = headers if with_token else {}
            for served in (small, large):
                await _check_shown(served.port, path, sent)

            def answered(port: int, path: str = path, sent: Mapping[str, str] = sent) -> Callable[[], Awaitable[float]]:
                async def once() -> float:
                    return 1000 / await requests_per_second(port, path, sent, seconds=sizes.seconds, connections=1)

                return once

            times = await alternate({"small": answered(small.port), "large": answered(large.port)}, rounds=sizes.rounds)
            name = f"{question}: {sizes.large:,} / {sizes.small:,}"
            yield Measure(name, times["large"], times["small"], 2.0, "ms", more_is_better=False)


async def _check_shown(port: int, path: str, headers: Mapping[str, str]) -> None:
    """Raises `WrongResult` unless the answer shows what was asked for."""
    async with Line.to(port, headers) as line:
        answer = orjson.loads(await line.get(path))
    if "items" in answer:
        expect(f"something on {path}", bool(answer["items"]), True)
    else:
        expect("whose standing", answer["uscc"], ASKED)


def _registry(platform: Platform, institutions: int) -> AbstractAsyncContextManager[Served]:
    """A registry's API on a database of its own with so many institutions."""
    fill = [(_FILL, (institutions, ASKED)), (_PERMITS, ()), (_VIOLATIONS, ())]
    return serving(platform, "registry", fill, {"PUBLIC_RATE": "1000000/second"})
