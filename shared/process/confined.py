"""Work on files from outside, in a process of its own: no environment, and limits of memory, time and output.

`python -m shared.process.confined MODULE MEMORY SECONDS OUTPUT ARGUMENT…` limits itself, then calls
`main(*arguments)` of the module. The module reads its input from standard input and sends its answers with `say`, one
frame each. A file that ends this process ends nothing else.
"""

import asyncio
import importlib
import os
import resource
import struct
import sys
from collections.abc import AsyncIterable, AsyncIterator, Iterable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from typing import Any, Final

import orjson

from shared import ROOT

_LENGTH: Final = struct.Struct(">I")
_LARGEST_FRAME: Final = 256 * 1024 * 1024
_PATIENCE: Final = 3
"""Wall time for one answer, in multiples of the processor time that the process may use."""


class ProcessEnded(Exception):
    """The process ended before it had answered: by a limit, a signal, or a fault of a library."""


@dataclass(frozen=True, slots=True)
class Limits:
    """What a process may use: bytes of memory, seconds of processor time, bytes of any file it writes."""

    memory: int
    seconds: int
    output: int = 0


@asynccontextmanager
async def confined(
    module: str, *arguments: str, limits: Limits, content: AsyncIterable[bytes] | Iterable[bytes] = ()
) -> AsyncIterator[AsyncIterator[Any]]:
    """The answers of `module.main`, one after another, while it works; its input is `content`.

    The process waits until each answer is taken, and is killed when the block ends. Raises `ProcessEnded` if the
    answers break off.
    """
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-X", "utf8", "-m", "shared.process.confined", module),
        *map(str, (limits.memory, limits.seconds, limits.output)),
        *arguments,
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.DEVNULL,
        cwd=ROOT,
        env={},
    )
    assert process.stdin is not None
    assert process.stdout is not None
    feeding = asyncio.create_task(_feed(process.stdin, content))
    try:
        yield _answers(process.stdout, limits.seconds * _PATIENCE)
    finally:
        feeding.cancel()
        if process.returncode is None:
            with suppress(ProcessLookupError):
                process.kill()
        await asyncio.gather(feeding, process.wait(), return_exceptions=True)


async def _feed(stdin: asyncio.StreamWriter, content: AsyncIterable[bytes] | Iterable[bytes]) -> None:
    with suppress(BrokenPipeError, ConnectionResetError):  # it ended early, and its answers say so
        if isinstance(content, AsyncIterable):
            async for piece in content:
                stdin.write(piece)
                await stdin.drain()
        else:
            for piece in content:
                stdin.write(piece)
                await stdin.drain()
    stdin.close()


async def _answers(stdout: asyncio.StreamReader, seconds: float) -> AsyncIterator[Any]:
    try:
        while True:
            async with asyncio.timeout(seconds):
                (length,) = _LENGTH.unpack(await stdout.readexactly(_LENGTH.size))
                if length > _LARGEST_FRAME:
                    raise ProcessEnded
                answer = await stdout.readexactly(length)
            if not length:
                return
            yield orjson.loads(answer)
    except (TimeoutError, asyncio.IncompleteReadError, orjson.JSONDecodeError):
        raise ProcessEnded from None


def say(answer: object) -> None:
    """Send an answer to the parent; waits while the parent is busy with earlier ones."""
    told = orjson.dumps(answer)
    sys.stdout.buffer.write(_LENGTH.pack(len(told)) + told)
    sys.stdout.buffer.flush()


def confine(limits: Limits) -> None:
    """Limit this process, for good."""
    resource.setrlimit(resource.RLIMIT_AS, (limits.memory, limits.memory))
    resource.setrlimit(resource.RLIMIT_CPU, (limits.seconds, limits.seconds))
    resource.setrlimit(resource.RLIMIT_FSIZE, (limits.output, limits.output))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def main(module: str, memory: str, seconds: str, output: str, *arguments: str) -> None:
    """In the new process: apply the limits, do the work, and say that it is complete."""
    os.environ["OPENBLAS_NUM_THREADS"] = "1"  # each thread of NumPy's library would reserve memory of its own
    confine(Limits(int(memory), int(seconds), int(output)))
    importlib.import_module(module).main(*arguments)
    sys.stdout.buffer.write(_LENGTH.pack(0))
    sys.stdout.buffer.flush()


if __name__ == "__main__":
    # The module imports this file again, by its name. The two copies share no state.
    main(*sys.argv[1:])
