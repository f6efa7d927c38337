"""The shapes of the fixtures in `conftest.py`, for annotations, and the servers given from outside."""

from dataclasses import dataclass
from typing import Protocol

from sqlalchemy.engine import make_url


class DatabaseServer(Protocol):
    def url(self, database: str, driver: str | None = "asyncpg") -> str: ...


class ScratchDatabase(Protocol):
    async def __call__(self, service: str, *, migrate: bool = True) -> str: ...


class Broker(Protocol):
    @property
    def bootstrap(self) -> str: ...

    @property
    def idempotence(self) -> bool:
        """Whether it accepts `enable_idempotence=True`."""
        ...


class Topics(Protocol):
    async def __call__(self, stem: str = "topic", *, partitions: int = 3) -> str: ...


@dataclass(frozen=True)
class ExternalPostgres:
    server_url: str

    def url(self, database: str, driver: str | None = "asyncpg") -> str:
        scheme = "postgresql" if driver is None else f"postgresql+{driver}"
        return make_url(self.server_url).set(drivername=scheme, database=database).render_as_string(hide_password=False)


@dataclass(frozen=True)
class ExternalBroker:
    bootstrap: str
    idempotence: bool = True
