"""Applies waiting imports chunk by chunk: effects, report and progress of a chunk are one transaction.

A worker killed in mid-file leaves whole chunks behind; the next one reads the file again and goes on below them.
"""

import asyncio
from collections import Counter
from collections.abc import Mapping as Dict
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, ClassVar, Literal, Protocol
from uuid import UUID

import structlog
from sqlalchemy import ARRAY, Integer, Text, Uuid, bindparam, delete, select, text, update
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession, async_sessionmaker

from shared.clock import utc_now
from shared.context import acting_as
from shared.imports.mapping import Mapping
from shared.imports.reader import REJECTING, Row, UnreadableFile, chunks, codes_of, read_table
from shared.imports.tables import import_file, import_job
from shared.leadership import pause, run_as_leader
from shared.outages import Fault, database_fault, is_outage

log = structlog.get_logger(__name__)

CHUNK = 2500
TOO_SLOW = "too-slow"
POLL = 0.1
ANALYZE_FROM = 1000

Outcome = Literal["accepted", "updated", "unchanged", "rejected"]


@dataclass(frozen=True, slots=True)
class RowReport:
    """What became of one row; `codes` say why it was rejected, or what was corrected or noticed."""

    outcome: Outcome
    codes: Sequence[str] = ()
    entity_id: UUID | None = None


class Importer(Protocol):
    """What a service knows about one kind of row."""

    fields: ClassVar[frozenset[str]]
    table: ClassVar[str]
    """Where its rows go."""

    async def apply(
        self, session: AsyncSession, rows: Sequence[Row], *, scope: str | None, dry_run: bool, at: datetime
    ) -> Sequence[RowReport]:
        """One report per row, in order. Idempotent: rows seen before are `unchanged`. A dry run writes nothing.

        `scope` is the district the importer answers for: rows of another are rejected; null is the whole city.
        """
        ...


class ImportRunner:
    """One worker of many does the waiting imports of its service, oldest first."""

    def __init__(
        self, engine: AsyncEngine, sessions: async_sessionmaker[AsyncSession], importers: Dict[str, Importer]
    ) -> None:
        self._engine, self._sessions, self._importers = engine, sessions, importers

    async def run(self, stop: asyncio.Event) -> None:
        await run_as_leader(self._engine, "imports", lambda: self._work(stop), stop)

    async def _work(self, stop: asyncio.Event) -> None:
        while not stop.is_set():
            if not await self.run_next(stop):
                await pause(stop, POLL)

    async def run_next(self, stop: asyncio.Event | None = None) -> bool:
        """Do the oldest open job; whether there was one."""
        async with self._sessions() as session:
            found = await session.execute(
                select(import_job)
                .where(import_job.c.state.in_(("queued", "running")))
                .order_by(import_job.c.created_at, import_job.c.id)
                .limit(1)
            )
            job = found.first()
        if job is None:
            return False
        try:
            await self._run(job, stop)
        except UnreadableFile as error:
            await self._finish(job.id, "failed", error.code)
        except Exception as error:
            if is_outage(error):
                raise
            log.exception("import failed", job=str(job.id))
            await self._finish(job.id, "failed", "internal-error")
        return True

    async def _run(self, job: Any, stop: asyncio.Event | None) -> None:
        async with self._sessions() as session:
            content = await session.scalar(select(import_file.c.content).where(import_file.c.job_id == job.id))
        mapping = Mapping.model_validate(job.mapping)
        table = await asyncio.to_thread(read_table, content or b"", job.filename, mapping.wanted_columns())
        rows = table.rows
        if rows and mapping.missing_columns(table.columns):
            raise UnreadableFile("mapping-column-missing")
        mapping = mapping.bound_to(table.columns)
        importer = self._importers[job.kind]
        done = job.accepted + job.updated + job.unchanged + job.rejected
        for first, chunk in chunks(rows, CHUNK, start=done):
            if stop is not None and stop.is_set():
                return
            with acting_as(job.actor):
                await self._apply_in_time(job, importer, mapping, first, chunk, total=len(rows))
            await asyncio.sleep(0)
        await self._finish(job.id, "done", None, total=len(rows))
        if len(rows) >= ANALYZE_FROM and not job.dry_run:
            await self._analyze(importer.table)

    async def _analyze(self, table: str) -> None:
        """After a large import the planner believes the table to be empty until autovacuum comes by, a minute later."""
        async with self._engine.connect() as plain:
            connection = await plain.execution_options(isolation_level="AUTOCOMMIT")
            with suppress(DBAPIError):  # a role without the right leaves it to autovacuum
                await connection.execute(text(f'ANALYZE "{table}"'))

    async def _apply_in_time(
        self, job: Any, importer: Importer, mapping: Mapping, first: int, chunk: Sequence[Row], *, total: int
    ) -> None:
        """A chunk in one transaction; one that is too slow in halves; a row that is too slow by itself is rejected."""
        try:
            async with self._sessions.begin() as session:
                await self._apply_chunk(session, job, importer, mapping, first, chunk, total=total)
            return
        except Exception as error:
            if database_fault(error) is not Fault.SLOW:
                raise
            log.warning("chunk too slow", job=str(job.id), rows=len(chunk))
        if len(chunk) == 1:
            async with self._sessions.begin() as session:
                await _report(session, job, first, [RowReport("rejected", [TOO_SLOW])], total=total)
            return
        half = len(chunk) // 2
        await self._apply_in_time(job, importer, mapping, first, chunk[:half], total=total)
        await self._apply_in_time(job, importer, mapping, first + half, chunk[half:], total=total)

    async def _apply_chunk(
        self,
        session: AsyncSession,
        job: Any,
        importer: Importer,
        mapping: Mapping,
        first: int,
        chunk: Sequence[Row],
        *,
        total: int,
    ) -> None:
        noticed = [codes_of(row) for row in chunk]
        readable = [
            mapping.apply(row) for row, codes in zip(chunk, noticed, strict=True) if REJECTING.isdisjoint(codes)
        ]
        applied = await importer.apply(session, readable, scope=job.scope, dry_run=job.dry_run, at=utc_now())
        await _report(session, job, first, _all_reports(noticed, applied), total=total)

    async def _finish(self, job_id: UUID, state: str, error: str | None, *, total: int | None = None) -> None:
        async with self._sessions.begin() as session:
            await session.execute(
                update(import_job)
                .where(import_job.c.id == job_id)
                .values(state=state, error=error, finished_at=utc_now(), **({} if total is None else {"total": total}))
            )
            await session.execute(delete(import_file).where(import_file.c.job_id == job_id))


async def _report(session: AsyncSession, job: Any, first: int, reports: Sequence[RowReport], *, total: int) -> None:
    counts = Counter(report.outcome for report in reports)
    await session.execute(
        update(import_job)
        .where(import_job.c.id == job.id)
        .values(
            state="running",
            total=total,
            **{name: import_job.c[name] + count for name, count in counts.items()},
        )
    )
    await session.execute(
        _REPORT,
        {
            "job_id": job.id,
            "rows": list(range(first, first + len(reports))),
            "outcomes": [report.outcome for report in reports],
            "codes": [" ".join(report.codes) for report in reports],
            "entity_ids": [report.entity_id for report in reports],
        },
    )


def _all_reports(noticed: Sequence[Sequence[str]], applied: Sequence[RowReport]) -> list[RowReport]:
    """One report for every row: the reader's, or the importer's with what the reader noticed beside it."""
    ahead = iter(applied)
    reports = []
    for codes in noticed:
        if REJECTING.isdisjoint(codes):
            report = next(ahead)
            reports.append(replace(report, codes=[*report.codes, *codes]) if codes else report)
        else:
            reports.append(RowReport("rejected", codes))
    assert next(ahead, None) is None, "an importer reports on every row once"
    return reports


_REPORT = text(
    """
    INSERT INTO import_row (job_id, row, outcome, codes, entity_id)
    SELECT :job_id, row, outcome, string_to_array(codes, ' '), entity_id
    FROM unnest(:rows, :outcomes, :codes, :entity_ids) AS report (row, outcome, codes, entity_id)
    """
).bindparams(
    bindparam("job_id", type_=Uuid),
    bindparam("rows", type_=ARRAY(Integer)),
    bindparam("outcomes", type_=ARRAY(Text)),
    bindparam("codes", type_=ARRAY(Text)),
    bindparam("entity_ids", type_=ARRAY(Uuid)),
)
