"""The cost of an idle platform: each process's share of one core."""

import asyncio
import time
from collections.abc import AsyncIterator

from bench.burden import difference, spent
from bench.measure import Measure
from bench.sizes import Sizes, expect
from deploy.local.platform import Platform

LOST = "metrics.worker"


async def measures(platform: Platform, sizes: Sizes) -> AsyncIterator[Measure]:
    if sizes.plant:
        await platform.stop_process(LOST)
    await asyncio.sleep(sizes.settle_seconds)
    before, began = spent(platform), time.perf_counter()
    await asyncio.sleep(sizes.idle_seconds)
    burden, seconds = difference(before, spent(platform)), time.perf_counter() - began
    if sizes.plant:
        await platform.start_process(LOST)
    for name, used in burden.items():
        print(f"  {name:<56} {100 * used / seconds:>12,.2f} % of one core", flush=True)
    expect("processes", set(burden), {*platform.names, "PostgreSQL", "broker", "supervisor"})
    yield Measure(
        "idle platform, all processes / one core", 100 * sum(burden.values()) / seconds, 100, 0.1, "%",
        more_is_better=False,
    )  # fmt: skip
