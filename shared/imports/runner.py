"""Applies waiting imports chunk by chunk: effects, report and progress of a chunk are one transaction.

A worker killed in mid-file leaves whole chunks behind; the next one reads the file again and goes on below them. Each
attempt is counted before it begins: a file that ends the process that reads it, or the worker, is given up at last.
The last row of a key counts. A dry run applies the whole file like a real one, in a transaction that is not committed.
"""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from collections.abc import Mapping as Dict
from contextlib import AsyncExitStack, suppress
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, ClassVar, Literal, Protocol, get_args
from uuid import UUID

import structlog
from sqlalchemy import ARRAY, Integer, Text, Uuid, bindparam, column, delete, func, select, table, text, update
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession, async_sessionmaker

from shared.data.leadership import look_while_leading
from shared.data.outages import Fault, database_fault, is_outage
from shared.domain.clock import utc_now
from shared.imports.cleaning import DateOrder, Identity
from shared.imports.mapping import Mapping
from shared.imports.reader import Row, UnreadableFile
from shared.imports.reading import Reading, ReadRow, Request, read_elsewhere
from shared.imports.tables import import_file, import_job, import_row
from shared.process.confined import ProcessEnded
from shared.process.context import acting_as
from shared.process.pace import Pace

log = structlog.get_logger(__name__)

CHUNK = 2500
PIECE = 8 * 1024 * 1024
ATTEMPTS = 3
EXHAUSTED = "attempts-exhausted"
"""Why a job fails that ended the process that reads it, or the worker, time and again."""
TOO_SLOW = "too-slow"
"""The code of a row that takes longer than a statement may."""
OPEN = ("queued", "running")
POLL, POLL_IDLE = 0.1, 0.5
"""Seconds between looks for a waiting import: while there are some, and at most."""
ANALYZE_FROM = 1000

Outcome = Literal["accepted", "updated", "unchanged", "rejected"]


@dataclass(frozen=True, slots=True)
class RowReport:
    """What became of one row; `codes` say why it was rejected, or what was corrected or noticed."""

    outcome: Outcome
    codes: Sequence[str] = ()
    entity_id: UUID | None = None


class _Cancelled(Exception):
    """Somebody cancelled the job while it was worked on."""


@dataclass(frozen=True, slots=True)
class Hints:
    """Hints that only the whole file gives: the order in its dates, and how many digits most of its codes have."""

    dates: DateOrder | None = None
    widths: Dict[str, int] = field(default_factory=dict)


NO_HINTS = Hints()


class Importer(Protocol):
    """What a service knows about one kind of row."""

    fields: ClassVar[frozenset[str]]
    table: ClassVar[str]
    """Where its rows go."""

    identities: ClassVar[Dict[str, Identity]]
    """Fields that are keys of a row, its own reference first: rows that share one are about one thing."""
    days: ClassVar[frozenset[str]]
    """Fields that are dates."""
    required: ClassVar[frozenset[str]]
    """Fields that every row has, unless the mapping has them from elsewhere: one without them may be a footnote."""
    coded: ClassVar[frozenset[str]]
    """Fields of digits and letters that are no amounts: a number that lost some of its digits is none of them."""
    padded: ClassVar[frozenset[str]]
    """Fields of digits that all have one length, unless a spreadsheet dropped a zero."""
    template: ClassVar[Dict[str, str]]
    """The columns of the file that this service asks for, by field: how a file is read without a mapping."""

    async def references(self, session: AsyncSession, field: str, keys: Sequence[str]) -> Dict[str, str]:
        """References that stand beside these keys in the database; `field` is an identity that is no reference."""
        ...

    async def apply(
        self,
        session: AsyncSession,
        rows: Sequence[Row],
        *,
        scope: str | None,
        at: datetime,
        hints: Hints = NO_HINTS,
    ) -> Sequence[RowReport]:
        """One report per row, in order. Idempotent: rows seen before are `unchanged`.

        `scope` is the importer's district: rows of other districts are rejected; null is the whole city.
        """
        ...


class Columned:
    """An importer whose key fields are columns of its table."""

    table: ClassVar[str]
    identities: ClassVar[Dict[str, Identity]]
    template: ClassVar[Dict[str, str]] = {}

    async def references(self, session: AsyncSession, field: str, keys: Sequence[str]) -> Dict[str, str]:
        """References that stand beside these keys in the table."""
        reference = next(iter(self.identities))
        known = bindparam("keys", keys, type_=ARRAY(Text))
        wanted = (
            select(column(field, Text), column(reference, Text))
            .select_from(table(self.table))
            .where(column(field) == func.any(known), column(reference).is_not(None))
        )
        return {row[0]: row[1] for row in await session.execute(wanted)}


class ImportRunner:
    """One worker of many does the waiting imports of its service, oldest first."""

    def __init__(
        self, engine: AsyncEngine, sessions: async_sessionmaker[AsyncSession], importers: Dict[str, Importer]
    ) -> None:
        self._engine, self._sessions, self._importers = engine, sessions, importers

    async def run(self, stop: asyncio.Event) -> None:
        await look_while_leading(self._engine, "imports", lambda: self.run_next(stop), stop, Pace(POLL, POLL_IDLE))

    async def run_next(self, stop: asyncio.Event | None = None) -> bool:
        """Try the oldest open job; returns whether there was one."""
        job = await self._begin()
        if job is None:
            return False
        try:
            await self._run(job, stop)
        except UnreadableFile as error:
            await self._finish(job, "failed", error.code)
        except ProcessEnded:
            log.warning("import ended its reader", job=str(job.id), attempt=job.attempts)
            if job.attempts >= ATTEMPTS:
                await self._finish(job, "failed", EXHAUSTED)
        except _Cancelled:
            log.info("import cancelled", job=str(job.id))
        except Exception as error:
            if is_outage(error):
                with suppress(Exception):  # the database may be what is out; then this attempt stays counted
                    await self._uncount(job)
                raise
            log.exception("import failed", job=str(job.id))
            await self._finish(job, "failed", "internal-error")
        return True

    async def _begin(self) -> Any:
        """The oldest open job, with this attempt counted; a job without attempts left fails."""
        oldest = (
            select(import_job.c.id)
            .where(import_job.c.state.in_(OPEN))
            .order_by(import_job.c.created_at, import_job.c.id)
            .limit(1)
        )
        while True:
            async with self._sessions.begin() as session:
                counted = (
                    update(import_job)
                    .where(import_job.c.id == oldest.scalar_subquery(), import_job.c.state.in_(OPEN))
                    .values(attempts=import_job.c.attempts + 1)
                    .returning(import_job)
                )
                job = (await session.execute(counted)).first()
                if job is not None and job.dry_run:
                    await self._start_over(session, job)
            if job is None or job.attempts <= ATTEMPTS:
                return job
            await self._finish(job, "failed", EXHAUSTED)

    async def _start_over(self, session: AsyncSession, job: Any) -> None:
        """Begin the report anew: what a dry run changed ended with its transaction."""
        await session.execute(delete(import_row).where(import_row.c.job_id == job.id))
        await session.execute(
            update(import_job).where(import_job.c.id == job.id).values(dict.fromkeys(get_args(Outcome), 0))
        )

    async def _uncount(self, job: Any) -> None:
        async with self._sessions.begin() as session:
            await session.execute(
                update(import_job)
                .where(import_job.c.id == job.id, import_job.c.attempts > 0)
                .values(attempts=import_job.c.attempts - 1)
            )

    async def _run(self, job: Any, stop: asyncio.Event | None) -> None:
        importer = self._importers[job.kind]
        mapping = Mapping.model_validate(job.mapping)
        request = Request(
            filename=job.filename,
            mapping=mapping,
            identities=dict(importer.identities),
            days=importer.days,
            required=importer.required,
            coded=importer.coded,
            padded=importer.padded,
            chunk=CHUNK,
            done=0 if job.dry_run else job.accepted + job.updated + job.unchanged + job.rejected,
        )
        async with AsyncExitStack() as stack:
            reader = await stack.enter_async_context(AsyncExitStack())
            reading = await reader.enter_async_context(read_elsewhere(request, self._content(job.id)))
            await self._note(job, reading)
            stack.enter_context(acting_as(job.actor))
            work = _Work(job, importer, Hints(mapping.dates, reading.widths))
            links = await self._links(importer, await reading.strays())
            async for chunk in reading.contested():
                await self._judge_in_time(work.contest, chunk)
            if links or work.without_claim:
                request = request.model_copy(update={"links": links, "refused": frozenset(work.without_claim)})
                await reader.aclose()
                reading = await reader.enter_async_context(read_elsewhere(request, self._content(job.id)))
            async for chunk in reading.doubtful():
                await self._judge_in_time(work.judge, chunk)
            dry = await stack.enter_async_context(self._sessions()) if job.dry_run else None
            async for chunk in reading.rows():
                if stop is not None and stop.is_set():
                    await self._uncount(job)
                    return
                await self._apply_in_time(job, work, chunk, dry=dry)
                await asyncio.sleep(0)
        await self._finish(job, "done", None)
        if reading.total >= ANALYZE_FROM and not job.dry_run:
            await self._analyze(importer.table)

    async def _links(self, importer: Importer, strays: Sequence[str]) -> dict[str, str]:
        """References that stand beside these keys in the database, because other rows of the file may have them."""
        others = list(importer.identities)[1:]
        found: dict[str, str] = {}
        for begin in range(0, len(strays), CHUNK):
            async with self._sessions() as session:
                for other in others:
                    found |= await importer.references(session, other, strays[begin : begin + CHUNK])
        return found

    async def _judge_in_time(self, judge: "Judge", rows: Sequence[ReadRow]) -> None:
        """Judge rows that share keys; if they are too many for one statement, in halves. A single row keeps its
        verdict."""
        try:
            async with self._sessions() as session:  # never committed
                await judge(session, rows)
        except Exception as error:
            if database_fault(error) is not Fault.SLOW:
                raise
            for half in _halves(rows):
                await self._judge_in_time(judge, half)

    async def _apply_in_time(
        self, job: Any, work: "_Work", rows: Sequence[ReadRow], *, dry: AsyncSession | None
    ) -> None:
        """Apply a chunk in one transaction; if it is too slow, in halves; a single row that is too slow is rejected."""
        try:
            async with self._sessions.begin() as session, AsyncExitStack() as stack:
                if dry is not None:  # what fails is undone, and what the rows before it found out stays
                    await stack.enter_async_context(dry.begin_nested())
                reports = await work.apply(session if dry is None else dry, rows)
                await self._report(session, job, rows[0].number, reports)
            return
        except Exception as error:
            if database_fault(error) is not Fault.SLOW:
                raise
            log.warning("chunk too slow", job=str(job.id), rows=len(rows))
        if len(rows) == 1:
            async with self._sessions.begin() as session:
                await self._report(session, job, rows[0].number, [RowReport("rejected", [TOO_SLOW])])
        for half in _halves(rows):
            await self._apply_in_time(job, work, half, dry=dry)

    async def _content(self, job_id: UUID) -> AsyncIterator[bytes]:
        """The file, piece by piece; it is never in this process as a whole."""
        begin = 1
        while True:
            async with self._sessions() as session:
                piece: bytes | None = await session.scalar(
                    select(func.substring(import_file.c.content, begin, PIECE)).where(import_file.c.job_id == job_id)
                )
            if not piece:
                return
            yield piece
            begin += len(piece)

    async def _note(self, job: Any, reading: Reading) -> None:
        async with self._sessions.begin() as session:
            await _update_open(session, job, state="running", total=reading.total, notes=reading.notes)

    async def _analyze(self, table: str) -> None:
        """Update the planner's statistics: after a large import it would believe the table empty until autovacuum
        comes, a minute later."""
        async with self._engine.connect() as plain:
            connection = await plain.execution_options(isolation_level="AUTOCOMMIT")
            with suppress(DBAPIError):  # a role without the right leaves it to autovacuum
                await connection.execute(text(f'ANALYZE "{table}"'))

    async def _report(self, session: AsyncSession, job: Any, first: int, reports: Sequence[RowReport]) -> None:
        counts = Counter(report.outcome for report in reports)
        progress = {name: import_job.c[name] + count for name, count in counts.items()}
        # Whoever gets on is not given up.
        await _update_open(session, job, **progress, **({} if job.dry_run else {"attempts": 1}))
        await session.execute(
            _REPORT,
            {
                "job_id": job.id,
                "rows": list(range(first, first + len(reports))),
                "outcomes": [report.outcome for report in reports],
                "codes": [" ".join(report.codes) for report in reports],
                "entity_ids": [None if job.dry_run else report.entity_id for report in reports],
            },
        )

    async def _finish(self, job: Any, state: str, error: str | None) -> None:
        with suppress(_Cancelled):
            async with self._sessions.begin() as session:
                await _update_open(session, job, state=state, error=error, finished_at=utc_now())
                await session.execute(delete(import_file).where(import_file.c.job_id == job.id))


async def _update_open(session: AsyncSession, job: Any, **values: Any) -> None:
    """Change the job, unless it was cancelled."""
    changed = await session.execute(
        update(import_job)
        .where(import_job.c.id == job.id, import_job.c.state.in_(OPEN))
        .values(**values)
        .returning(import_job.c.id)
    )
    if changed.first() is None:
        raise _Cancelled


def _halves(rows: Sequence[ReadRow]) -> list[Sequence[ReadRow]]:
    """Both halves; none for a single row."""
    half = len(rows) // 2
    return [rows[:half], rows[half:]] if half else []


Judge = Callable[[AsyncSession, Sequence[ReadRow]], Awaitable[None]]


class _Work:
    """One file against the database: which row of a key counts, and what becomes of every row."""

    def __init__(self, job: Any, importer: Importer, hints: Hints) -> None:
        self._job, self._importer, self._hints = job, importer, hints
        self._last: dict[int, int] = {}
        self._identities: dict[int, Row] = {}
        """Which keys the rows of one key name, all together: the last one may leave its reference out."""
        self._refused: set[int] = set()
        self.without_claim: set[int] = set()
        """Rows that are refused by themselves, and whose keys are not theirs."""

    async def contest(self, session: AsyncSession, rows: Sequence[ReadRow]) -> None:
        """Of rows with different references and one key, find those that would be refused."""
        reports = await self._reports(session, rows)
        self.without_claim |= {
            row.number for row, report in zip(rows, reports, strict=True) if report.outcome == "rejected"
        }

    async def judge(self, session: AsyncSession, rows: Sequence[ReadRow]) -> None:
        """Of rows that share a key, find the last one that would be accepted."""
        for row, report in zip(rows, await self._reports(session, rows), strict=True):
            assert row.key is not None
            if report.outcome == "rejected":
                self._refused.add(row.number)
            else:
                self._last[row.key] = row.number
                named = {field: row.cells[field] for field in self._importer.identities if field in row.cells}
                self._identities[row.key] = self._identities.get(row.key, {}) | named

    async def apply(self, session: AsyncSession, rows: Sequence[ReadRow]) -> list[RowReport]:
        counting = [row for row in rows if not self._superseded(row)]
        reports = iter(await self._reports(session, counting))
        found = []
        for row in rows:
            report = RowReport("unchanged", row.codes) if self._superseded(row) else next(reports)
            if row.key is not None and report.outcome != "rejected":
                report = replace(report, codes=[*report.codes, "repeated-in-file"])
            found.append(report)
        return found

    def _superseded(self, row: ReadRow) -> bool:
        return row.key is not None and row.number not in self._refused and self._last.get(row.key, 0) > row.number

    async def _reports(self, session: AsyncSession, rows: Sequence[ReadRow]) -> list[RowReport]:
        """One report per row: the reader's, or the importer's with the reader's notes added."""
        readable = [self._identities.get(row.key or 0, {}) | row.cells for row in rows if not row.refused]
        applied = await self._importer.apply(session, readable, scope=self._job.scope, at=utc_now(), hints=self._hints)
        assert len(applied) == len(readable), "an importer reports on every row once"
        ahead = iter(applied)
        return [
            RowReport("rejected", row.codes)
            if row.refused
            else replace(report := next(ahead), codes=[*report.codes, *row.codes])
            for row in rows
        ]


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
