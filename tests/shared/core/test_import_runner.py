"""A chunk that is too slow is applied in halves, and a row that is too slow by itself is reported, not repeated."""

from collections.abc import AsyncIterator, Mapping
from datetime import datetime
from typing import Any, ClassVar
from uuid import uuid4

import pytest
from sqlalchemy import insert, select, text
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession

from shared.data.database import open_engine, open_sessions
from shared.imports.cleaning import Identity
from shared.imports.runner import NO_HINTS, Columned, Hints, ImportRunner, RowReport
from shared.imports.tables import import_file, import_job, import_row
from tests.shared.core.conftest import ExampleSettings


class SlowImporter(Columned):
    """Takes as long as its rows say."""

    fields: ClassVar[frozenset[str]] = frozenset({"seconds"})
    table: ClassVar[str] = "effect"
    identities: ClassVar[Mapping[str, Identity]] = {"ref": "reference"}
    days: ClassVar[frozenset[str]] = frozenset()
    required: ClassVar[frozenset[str]] = frozenset()
    coded: ClassVar[frozenset[str]] = frozenset()
    padded: ClassVar[frozenset[str]] = frozenset()

    async def apply(
        self, session: AsyncSession, rows: Any, *, scope: str | None, at: datetime, hints: Hints = NO_HINTS
    ) -> list[RowReport]:
        seconds = sum(float(row["seconds"]) for row in rows)
        await session.execute(text("SELECT pg_sleep(:seconds)"), {"seconds": seconds})
        return [RowReport("accepted") for _ in rows]


@pytest.fixture
async def hasty(engine: AsyncEngine, settings: ExampleSettings) -> AsyncIterator[AsyncEngine]:
    quick = open_engine(settings.model_copy(update={"statement_timeout": 0.3}))
    yield quick
    await quick.dispose()


async def test_what_is_too_slow_is_cut_down_to_the_row_that_is(engine: AsyncEngine, hasty: AsyncEngine) -> None:
    sessions, job = open_sessions(hasty), uuid4()
    content = "seconds\n" + "".join(f"{seconds}\n" for seconds in (*[0.05] * 9, 5, *[0.05] * 6))
    async with sessions.begin() as session:
        mapping = {"columns": {"seconds": "seconds"}, "constants": {}}
        values = {"id": job, "kind": "slow", "state": "queued", "dry_run": False, "filename": "a.csv"}
        await session.execute(insert(import_job).values(**values, mapping=mapping, actor="somebody"))
        await session.execute(insert(import_file).values(job_id=job, content=content.encode()))
    assert await ImportRunner(hasty, sessions, {"slow": SlowImporter()}).run_next()
    async with sessions() as session:
        done = (await session.execute(select(import_job))).one()
        rows = (await session.execute(select(import_row).order_by(import_row.c.row))).all()
    assert (done.state, done.total, done.accepted, done.rejected) == ("done", 16, 15, 1)
    assert [row.row for row in rows] == list(range(1, 17))
    assert [(row.row, list(row.codes)) for row in rows if row.outcome == "rejected"] == [(10, ["too-slow"])]
