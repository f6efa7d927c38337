"""A worker is only as well as its parts: one that ends takes the process with it, loudly."""

import asyncio
import time

import pytest
from structlog.testing import capture_logs

from shared.worker import supervise


async def lasting(stop: asyncio.Event) -> None:
    await stop.wait()


async def failing() -> None:
    await asyncio.sleep(0.05)
    raise RuntimeError("a part fails")


async def ending() -> None:
    await asyncio.sleep(0.05)


async def deaf() -> None:
    await asyncio.sleep(60)


@pytest.mark.parametrize("part", [failing, ending])
async def test_a_part_that_ends_by_itself_ends_the_worker_and_is_named(part: object) -> None:
    stop, drained = asyncio.Event(), asyncio.Event()
    with capture_logs() as told:
        well, late = await supervise({"good": lasting(stop), "bad": part()}, stop, drained.set)  # type: ignore[operator]  # one of the two above
    assert (well, late) == (False, [])
    assert [(line["event"], line["part"]) for line in told] == [("a part of the worker ended", "bad")]
    assert drained.is_set()


async def test_told_to_stop_all_parts_end_well() -> None:
    stop = asyncio.Event()
    asyncio.get_running_loop().call_later(0.05, stop.set)
    with capture_logs() as told:
        assert await supervise({"one": lasting(stop), "other": lasting(stop)}, stop, lambda: None) == (True, [])
    assert told == []


async def test_who_does_not_hear_is_cut_off_and_named() -> None:
    stop = asyncio.Event()
    stop.set()
    begin = time.monotonic()
    assert await supervise({"deaf": deaf()}, stop, lambda: None, grace=0.2) == (True, ["deaf"])
    assert time.monotonic() - begin < 2
