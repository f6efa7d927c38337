"""Engine, sessions and the tables' common ground. The session is the unit of work; only edges open and commit it."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from datetime import datetime
from typing import Any, TypeVar
from uuid import UUID

import asyncpg
import orjson
from sqlalchemy import BigInteger, CheckConstraint, DateTime, MetaData, Uuid, event, text
from sqlalchemy.engine import ExceptionContext
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, AsyncSession, async_sessionmaker, create_async_engine
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column
from sqlalchemy.orm.attributes import manager_of_class
from uuid_utils.compat import uuid7

from shared.data.outages import Fault, database_fault
from shared.process.settings import ServiceSettings

NAMING_CONVENTION = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
    "pk": "pk_%(table_name)s",
}

shared_metadata = MetaData(naming_convention=NAMING_CONVENTION)
"""Tables every service has in its own database: journal, outbox, offsets, parking, idempotency, imports."""

TYPES: dict[Any, Any] = {datetime: DateTime(timezone=True), UUID: Uuid()}
"""For a service's declarative base: timestamps carry their zone, ids are native UUIDs."""


def service_metadata() -> MetaData:
    """A metadata of the service's own: two services may each have a table called `institution`."""
    return MetaData(naming_convention=NAMING_CONVENTION)


def key_check(column: str) -> CheckConstraint:
    """A check that the key is in its normal form (`shared.domain.text.key`), however it was written."""
    return CheckConstraint(key_condition(column), name=f"{column}_is_normal")


def key_condition(column: str) -> str:
    """SQL for the normal form of a key: normalised widths, single blanks, none at the ends."""
    return f"{column} IS NFKC NORMALIZED AND {column} = btrim({column}) AND strpos({column}, '  ') = 0"


def new_id() -> UUID:
    """A UUIDv7: time-ordered, made before the insert because the event needs it too."""
    return uuid7()


class Aggregate:
    """What the journal needs of an entity: an id, and a version that counts its facts.

    Build one through its own factory; `version` is 0 until the first fact is recorded.
    """

    id: Mapped[UUID] = mapped_column(primary_key=True)
    version: Mapped[int] = mapped_column(BigInteger)


def _json_text(value: object) -> str:
    return orjson.dumps(value).decode()


CONNECT_WITHIN = 5.0
CANCEL_WITHIN = 2.0
DEADLINE_MARGIN = 3.0
"""Seconds more than PostgreSQL's own limit: what has not answered by then is not slow, its line is silent."""


class Connection(asyncpg.Connection):
    """A connection that gives up on a silent line: every call has an end, and a broken connection is closed.

    The stubs of the driver leave out what is overridden and used here.

    The driver waits for the server to confirm that a statement is cancelled, as long as a statement may take; a line
    that fell silent confirms nothing.
    """

    def _cancel_current_command(
        self, waiter: "asyncio.Future[None]", cancel_waiter: "asyncio.Future[None] | None" = None
    ) -> None:
        task = asyncio.get_running_loop().create_task(self._cancel_soon(waiter, cancel_waiter))
        self._cancellations.add(task)  # type: ignore[attr-defined]  # see above

    async def _cancel_soon(self, waiter: "asyncio.Future[None]", cancel_waiter: "asyncio.Future[None] | None") -> None:
        with suppress(TimeoutError):
            async with asyncio.timeout(CANCEL_WITHIN):
                await self._cancel(waiter, cancel_waiter)  # type: ignore[attr-defined]  # see above
        if not self.is_closed() and cancel_waiter is not None and not cancel_waiter.done():
            self.terminate()

    @asynccontextmanager
    async def allowing(self, seconds: float) -> AsyncIterator[None]:
        """Statements inside may take this long."""
        usual: Any = self._config  # type: ignore[has-type]  # see above
        self._config = usual._replace(command_timeout=seconds + DEADLINE_MARGIN)
        try:
            yield
        finally:
            self._config = usual


def connection_options(settings: ServiceSettings, name: str, **server_settings: str) -> dict[str, Any]:
    """The options of every connection of a service, through SQLAlchemy or not. Every call has a time limit."""
    return {
        "connection_class": Connection,
        "timeout": CONNECT_WITHIN,
        "command_timeout": settings.statement_timeout + DEADLINE_MARGIN,
        "server_settings": {
            "application_name": name,
            "statement_timeout": str(int(settings.statement_timeout * 1000)),
            "lock_timeout": "5000",
            # A frozen process holds its row locks no longer than this: the next leader waits for them.
            "idle_in_transaction_session_timeout": "20000",
            # A client that vanished holds its locks no longer than this.
            "tcp_keepalives_idle": "10",
            "tcp_keepalives_interval": "5",
            "tcp_keepalives_count": "3",
            "jit": "off",
            **server_settings,
        },
    }


def open_engine(settings: ServiceSettings, *, pool_size: int | None = None) -> AsyncEngine:
    """An engine that fails fast: a full pool or a blocked statement is answered with 503 instead of waiting."""
    engine = create_async_engine(
        settings.database_url,
        pool_size=pool_size or settings.pool_size,
        max_overflow=0,
        pool_timeout=settings.pool_wait,
        pool_pre_ping=False,
        hide_parameters=True,
        json_serializer=_json_text,
        json_deserializer=orjson.loads,
        connect_args=connection_options(settings, settings.service),
    )
    event.listen(engine.sync_engine, "handle_error", _drop_silent_connections)
    return engine


def _drop_silent_connections(context: ExceptionContext) -> None:
    """A call that met its deadline means a silent line. This connection and all older ones are not used again."""
    if isinstance(context.original_exception, TimeoutError):
        context.is_disconnect = True


async def private_connection(engine: AsyncEngine) -> AsyncConnection:
    """A connection outside the pool that commits each statement: however long it is kept, nobody waits for it.
    Closing it ends it."""
    connection = await engine.connect()
    try:
        await connection.execution_options(isolation_level="AUTOCOMMIT")
        assert connection.sync_connection is not None
        connection.sync_connection.detach()
    except BaseException:
        await connection.close()
        raise
    return connection


def without(*plans: str, local: bool = True) -> str:
    """Columns of a SELECT that keep PostgreSQL from such plans for the rest of the transaction, or of the session.

    For statements that look rows up by key. What PostgreSQL believes of a table that has just grown is wrong, and it
    would read all of it.
    """
    return ", ".join(f"set_config('enable_{plan}', 'off', {local})" for plan in plans)


class DriverPool:
    """Connections of the driver's own beside the sessions', opened at the first use, for what the ORM is too slow."""

    def __init__(self, settings: ServiceSettings, name: str, **server_settings: str) -> None:
        self._settings = settings
        self._options = connection_options(settings, f"{settings.service}-{name}", **server_settings)
        self._pool: asyncpg.Pool[asyncpg.Record] | None = None
        self._opening = asyncio.Lock()

    @asynccontextmanager
    async def connection(self) -> AsyncIterator["asyncpg.pool.PoolConnectionProxy[asyncpg.Record]"]:
        """A connection for single statements. If its line turns out to be silent, all connections are opened anew."""
        pool = self._pool or await self._open()
        # A limit costs a timer, and where a connection is idle nobody waits.
        connection = await pool.acquire(timeout=None if pool.get_idle_size() else self._settings.pool_wait)
        try:
            yield connection
        except Exception as error:
            if not pool.is_closing() and Fault.AWAY in (
                database_fault(error),
                database_fault(error.__cause__ or error),
            ):
                await pool.expire_connections()
            raise
        finally:
            await pool.release(connection, timeout=CANCEL_WITHIN)

    async def close(self) -> None:
        """Close the pool; like the engine, it opens again when it is used again."""
        if self._pool is not None:
            pool, self._pool = self._pool, None
            try:
                await asyncio.wait_for(pool.close(), CONNECT_WITHIN)
            except TimeoutError:
                pool.terminate()

    async def _open(self) -> "asyncpg.Pool[asyncpg.Record]":
        async with self._opening:
            if self._pool is None:
                self._pool = await asyncpg.create_pool(
                    self._settings.database_url.replace("postgresql+asyncpg", "postgresql", 1),
                    min_size=1,
                    max_size=self._settings.pool_size,
                    reset=_nothing_to_reset,
                    **self._options,
                )
            return self._pool


async def _nothing_to_reset(_: object) -> None:
    """Single statements leave nothing to reset; the default reset would cost one more round trip each."""


@asynccontextmanager
async def allowing(session: AsyncSession, seconds: float) -> AsyncIterator[None]:
    """Allow statements of this session to take longer than usual, by PostgreSQL's limit and by the driver's
    deadline."""
    connection = await (await session.connection()).get_raw_connection()
    driver = connection.driver_connection
    assert isinstance(driver, Connection)
    await session.execute(
        text("SELECT set_config('statement_timeout', :limit, true)"), {"limit": str(int(seconds * 1000))}
    )
    async with driver.allowing(seconds):
        yield


EntityOf = TypeVar("EntityOf", bound=DeclarativeBase)


def made(kind: type[EntityOf], **columns: object) -> EntityOf:
    """A new entity with all its columns, for where a hundred thousand are made: about five times as fast as its
    constructor, which tells the session of one attribute after the other."""
    entity: EntityOf = manager_of_class(kind).new_instance()
    entity.__dict__.update(columns)
    return entity


async def copy_rows(
    session: AsyncSession, table: str, columns: Sequence[str], rows: Sequence[Sequence[object]]
) -> None:
    """Insert many new rows by COPY, in the session's transaction: several times faster than INSERT through the ORM."""
    if rows:
        connection = await (await session.connection()).get_raw_connection()
        driver = connection.driver_connection
        assert driver is not None
        await driver.copy_records_to_table(table, columns=columns, records=rows)


def open_sessions(engine: AsyncEngine) -> async_sessionmaker[AsyncSession]:
    return async_sessionmaker(engine, expire_on_commit=False)
