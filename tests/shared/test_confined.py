"""Work in a process of its own: what it answers, and what ends it."""

import os
import sys
from collections.abc import AsyncIterator

import pytest

from shared.process.confined import Limits, ProcessEnded, confined, say

LIMITS = Limits(memory=512 * 1024**2, seconds=2)


def main(what: str) -> None:
    """In the process of its own."""
    if what == "environment":
        say(sorted(os.environ))
    elif what == "echo":
        say(sys.stdin.buffer.read().decode())
        say("end")
    elif what == "memory":
        say(len(bytearray(1024**3)))
    elif what == "time":
        while True:
            pass
    elif what == "output":
        with open("/tmp/double-wings-confined", "wb") as file:  # noqa: PTH123  # as a library would
            file.write(b"x" * 10)
    elif what == "half":
        say(1)
        os.abort()


async def answers(what: str, *content: bytes) -> list[object]:
    async with confined(__name__, what, limits=LIMITS, content=content) as told:
        return [answer async for answer in told]


async def test_it_answers_from_its_input_and_knows_no_secrets() -> None:
    assert await answers("echo", "晨".encode(), b"x") == ["晨x", "end"]
    told = await answers("environment")
    assert set(told[0]) <= {"LC_CTYPE", "OPENBLAS_NUM_THREADS"}  # type: ignore[call-overload]  # a list of names


@pytest.mark.parametrize("what", ["memory", "time", "output", "half"])
async def test_what_a_limit_or_a_signal_ends_is_no_answer(what: str) -> None:
    with pytest.raises(ProcessEnded):
        await answers(what)


async def test_a_reader_that_stops_ends_it() -> None:
    async def endless() -> AsyncIterator[bytes]:
        while True:
            yield b"x" * 65_536

    async with confined(__name__, "half", limits=LIMITS, content=endless()) as told:
        assert await anext(told) == 1
