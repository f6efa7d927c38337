"""The worlds of the matrix; hostile bodies and fuzzing have worlds of their own, because they leave rubbish behind."""

from collections.abc import AsyncIterator, Callable, Coroutine
from typing import Any

import pytest

from tests.edge.asks import World
from tests.edge.worlds import worlds_on
from tests.infrastructure import ScratchDatabase

Worlds = Callable[[str], Coroutine[Any, Any, World]]


@pytest.fixture(scope="session")
async def worlds(scratch_database: ScratchDatabase) -> AsyncIterator[Worlds]:
    async with worlds_on(scratch_database) as found:
        yield found


@pytest.fixture(scope="session")
async def battered_worlds(scratch_database: ScratchDatabase) -> AsyncIterator[Worlds]:
    async with worlds_on(scratch_database) as found:
        yield found
