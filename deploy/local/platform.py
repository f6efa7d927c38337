"""The whole platform as one object: `make run`, the system tests and the fault tests all use it.

The order of a start: PostgreSQL, the databases and their migrations, the broker, the topics, the services, the portal;
the order of a stop is the reverse. The embedded broker forgets its log when it ends, so whenever a fresh one is in
front of us the journals say everything again before a worker listens (`shared.facts.recovery`).
"""

import asyncio
import os
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from pathlib import Path
from typing import Literal, Protocol, Self

from sqlalchemy.engine import make_url
from sqlalchemy.ext.asyncio import create_async_engine
from sqlalchemy.pool import NullPool

from deploy.failures import StartFailed
from deploy.local import tokens
from deploy.local.apache import ApacheKafka
from deploy.local.broker import EmbeddedBroker
from deploy.local.commands import standard_commands
from deploy.local.console import Console
from deploy.local.engines import Engine, KeptUp
from deploy.local.followed_log import FollowedLog, identity_of
from deploy.local.locks import FolderLock
from deploy.local.migrations import migrate
from deploy.local.ports import SERVICES, Ports
from deploy.local.postgres import EmbeddedPostgres, StopMode, create_database, stop_left_over
from deploy.local.processes import HOST
from deploy.local.supervisor import Command, Supervisor, together
from deploy.topics import create_declared_topics

ROOT = Path(__file__).parents[2]
LOCAL = ROOT / ".local"
WORKER_STOP_AFTER_LOSS = 3.0
"""Workers have nothing to drain into when the broker is gone."""
LEFT_OVERS_END = 3.0
"""Seconds until the kernel has ended the children of a killed run and given their ports back."""

BrokerKind = Literal["embedded", "apache"]


class LocalBroker(Engine, Protocol):
    keeps_log: bool

    @property
    def bootstrap(self) -> str: ...


class Platform:
    """One platform on one folder. `database_url` and `kafka` (bootstrap servers) replace the embedded parts."""

    def __init__(
        self,
        folder: Path = LOCAL,
        *,
        ports: Ports | None = None,
        broker: BrokerKind = "embedded",
        workers: int = 1,
        durable: bool = True,
        database_url: str | None = None,
        kafka: str | None = None,
        environment: Mapping[str, str] | None = None,
        commands: "Callable[[Platform], Sequence[Command]] | None" = None,
        services: Sequence[str] = SERVICES,
        quiet: bool = False,
    ) -> None:
        self.folder = folder.resolve()
        self.ports = ports or Ports.from_environment()
        self.workers = workers
        self.services = services
        self.environment = dict(environment or {})
        self.postgres = None if database_url else self._embedded_postgres(durable)
        self.broker = None if kafka else self._local_broker(broker)
        self.console = Console(quiet=quiet)
        self._database_url = database_url
        self._kafka = kafka
        self._lock = FolderLock(self.folder / "run.lock")
        self._supervisor = Supervisor(self.console, self.folder / "children.json")
        self._commands = commands or standard_commands
        self._workers_to_return: set[str] = set()
        self._followed = FollowedLog(self.folder / "followed-log")
        self._postgres = (
            KeptUp("PostgreSQL", self.postgres, self.postgres.start, self.console) if self.postgres else None
        )
        self._broker = KeptUp("the broker", self.broker, self._bring_up_broker, self.console) if self.broker else None

    def _embedded_postgres(self, durable: bool) -> EmbeddedPostgres:
        return EmbeddedPostgres(self.folder / "postgres", self.ports.postgres, durable=durable)

    def _local_broker(self, kind: BrokerKind) -> LocalBroker:
        if kind == "apache":
            return ApacheKafka(self.folder / "kafka" / "data", self.ports.broker)
        return EmbeddedBroker(self.ports.broker)

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.stop()

    # Addresses.

    @property
    def issuer(self) -> str:
        return f"http://{HOST}:{self.ports.portal}"

    def url(self, service: str) -> str:
        return f"http://{HOST}:{self.ports.api(service)}"

    def worker_url(self, service: str) -> str:
        return f"http://{HOST}:{self.ports.worker(service)}"

    @property
    def bootstrap(self) -> str:
        return self.broker.bootstrap if self.broker else str(self._kafka)

    def database_url(self, database: str, driver: str | None = "asyncpg") -> str:
        if self.postgres is not None:
            return self.postgres.url(database, driver)
        scheme = "postgresql" if driver is None else f"postgresql+{driver}"
        url = make_url(str(self._database_url)).set(drivername=scheme, database=database)
        return url.render_as_string(hide_password=False)

    def token(self, *roles: str, **claims: str) -> str:
        """A token of this platform's issuer."""
        return tokens.mint(tokens.signing_key(self.folder), self.issuer, roles, claims)

    def service_environment(self, service: str) -> dict[str, str]:
        """What one process of a service reads (see `shared/process/settings.py`)."""
        embedded = self.broker is not None and not self.broker.keeps_log
        return {
            "DATABASE_URL": self.database_url(service),
            "KAFKA_BOOTSTRAP_SERVERS": self.bootstrap,
            "KAFKA_IDEMPOTENCE": str(not embedded).lower(),
            "KAFKA_GROUPS": str(not embedded).lower(),
            "ISSUER": self.issuer,
            "JWKS_URL": f"{self.issuer}/jwks",
            "ENVIRONMENT": "development",
            "LOG_LEVEL": os.environ.get("LOG_LEVEL", "INFO"),
            "EVIDENCE_STORE": str(self.folder / "evidence"),
            "ESCALATE_EVERY": "5",  # who tries it out does not want to wait for a minute
            **self.environment,
        }

    # Life.

    async def start(self) -> None:
        """Start everything and return when everything is ready; on failure nothing is left running."""
        self._lock.acquire()
        try:
            self.console.log_to(self.folder / "platform.log")
            self._add_commands()
            await self._clear_away()
            await self._step("PostgreSQL", self._start_postgres)
            await self._step("databases and migrations", self.prepare_databases)
            await self._step("broker and topics", self._start_broker)
            await self._step("services", self._start_children)
        except BaseException:
            await self.stop()
            raise

    async def stop(self) -> None:
        """Services drain first, then the broker ends, then PostgreSQL."""
        engines = [engine for engine in (self._broker, self._postgres) if engine is not None]
        for engine in engines:
            await engine.leave_alone()
        await self._supervisor.stop(self.names)
        for engine in engines:
            await engine.end()
        self._supervisor.forget()
        self._lock.release()
        self.console.close()

    async def _clear_away(self) -> None:
        """What a killed run left behind is still ending when somebody starts again at once; others' ports are
        complained of at once."""
        patience = LEFT_OVERS_END if self._supervisor.kill_left_overs() else 0.0
        if self.postgres is not None:
            await stop_left_over(self.postgres.folder)
        end = time.monotonic() + patience
        while True:
            try:
                return self.ports.require_free(postgres=self.postgres is not None, broker=self.broker is not None)
            except StartFailed:
                if time.monotonic() > end:
                    raise
            await asyncio.sleep(0.05)

    async def _step(self, what: str, work: Callable[[], Awaitable[None]]) -> None:
        begin = time.monotonic()
        await work()
        self.console.say(f"  {what}: ready after {time.monotonic() - begin:.1f} s")

    # Faults and repairs; the names are "portal", "registry.api", "registry.worker" and so on.

    @property
    def names(self) -> list[str]:
        return list(self._supervisor.children)

    def pid(self, name: str) -> int | None:
        return self._supervisor.children[name].pid

    async def kill(self, name: str) -> None:
        """kill -9 of one process; the supervisor starts it again."""
        await self._supervisor.children[name].kill()

    async def stop_process(self, name: str) -> None:
        """Orderly, and it stays down until `start_process`."""
        await self._supervisor.stop([name])

    async def start_process(self, name: str) -> None:
        self._supervisor.start([name])
        await self.wait_ready(name)

    async def wait_ready(self, *names: str, within: float = 60.0) -> None:
        """Return when these (or all) answer that they are ready."""
        await self._supervisor.wait_ready(names or self.names, within=within)

    async def stop_postgres(self, mode: StopMode = "immediate") -> None:
        """Down until `start_postgres`; `immediate` is a crash."""
        if self._postgres is not None and self.postgres is not None:
            postgres = self.postgres
            await self._postgres.halt(lambda: postgres.stop(mode))

    async def start_postgres(self) -> None:
        await self._start_postgres()

    async def kill_broker(self) -> None:
        """kill -9 of the broker; down until `start_broker`."""
        if self._broker is not None and self.broker is not None:
            await self._broker.halt(self.broker.kill)

    async def start_broker(self) -> None:
        """Start the broker again, and do what its lost log asks for."""
        await self._start_broker()

    # Steps.

    async def _start_postgres(self) -> None:
        if self._postgres is not None:
            await self._postgres.start()

    async def prepare_databases(self) -> None:
        """Create what is missing and bring it to the newest revision."""
        server = self.database_url(self._maintenance_database(), driver=None)
        for service in self.services:  # not at once: they all copy the same template
            await create_database(server, service)
        await together(migrate(service, self.database_url(service)) for service in self.services)

    def _maintenance_database(self) -> str:
        named = make_url(self._database_url).database if self._database_url else None
        return named or "postgres"

    async def _start_broker(self) -> None:
        if self._broker is not None:
            await self._broker.start()
        else:
            await self._meet_log()

    async def _bring_up_broker(self) -> None:
        """Workers meet a fresh log only after the databases know of it: their positions mean nothing in the new
        one. At the first start there are none to stop, and later the APIs go on meanwhile."""
        assert self.broker is not None
        running = [name for name in self._supervisor.wanted() if name.endswith(".worker")]
        if not self.broker.keeps_log:
            await self._supervisor.stop(running, within=WORKER_STOP_AFTER_LOSS)
            self._workers_to_return.update(running)
        await self.broker.start()
        await self._meet_log()
        self._supervisor.start(self._workers_to_return)
        self._workers_to_return.clear()

    async def _meet_log(self) -> None:
        """Topics, and the journals once more when this is not the log the databases followed last."""
        await create_declared_topics(self.bootstrap)
        kept = self.broker is None or self.broker.keeps_log
        identity = await identity_of(self.bootstrap) if kept else "embedded"
        before = self._followed.recall()
        # Databases from elsewhere that this folder never saw: they and their Kafka are taken for a pair.
        unknown_pair = before is None and self.postgres is None
        if not kept or (before != identity and not unknown_pair):
            await together(forget_log(self.database_url(service)) for service in self.services)
        self._followed.remember(identity)

    def _add_commands(self) -> None:
        if not self.names:
            for command in self._commands(self):
                self._supervisor.add(command)

    async def _start_children(self) -> None:
        self._supervisor.start(self.names)
        self._supervisor.remember()
        await self.wait_ready()


async def forget_log(url: str) -> None:
    """Let one service's journal say everything again."""
    # Imported here: the supervisor itself needs nothing of the services' code.
    from shared.facts.recovery import forget_log as forget

    engine = create_async_engine(url, poolclass=NullPool, hide_parameters=True)
    try:
        async with engine.begin() as connection:
            await forget(connection)
    finally:
        await engine.dispose()
