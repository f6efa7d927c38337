"""Every operation of the four services, as their OpenAPI documents tell them."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from tempfile import TemporaryDirectory
from typing import Any

from fastapi import FastAPI

from services.afterschool import app as afterschool
from services.afterschool.settings import Settings as AfterschoolSettings
from services.inspection import app as inspection
from services.inspection.settings import Settings as InspectionSettings
from services.metrics import app as metrics
from services.metrics.settings import Settings as MetricsSettings
from services.registry import app as registry
from services.registry.settings import Settings as RegistrySettings
from shared.process.settings import ServiceSettings
from tests.services import settings_on

Made = tuple[FastAPI, ServiceSettings]
_EVIDENCE = TemporaryDirectory(prefix="double-wings-edge-")
MAKERS: dict[str, Callable[[str], Made]] = {}


def _makes(name: str, kind: type[Any], create_app: Callable[[Any], FastAPI], **more: Any) -> None:
    def make(database_url: str) -> Made:
        settings = settings_on(kind, database_url, pool_wait=30.0, **more)
        return create_app(settings), settings

    MAKERS[name] = make


_makes("registry", RegistrySettings, registry.create_app, public_rate="1000000/second")
_makes(
    "inspection", InspectionSettings, inspection.create_app, evidence_store=_EVIDENCE.name, public_rate="1000000/second"
)
_makes("afterschool", AfterschoolSettings, afterschool.create_app)
_makes("metrics", MetricsSettings, metrics.create_app, stream_seconds=0.0)


@dataclass(frozen=True)
class Operation:
    """One operation: `name` is its operation id, `roles` what the service says of it in `x-roles`."""

    service: str
    name: str
    method: str
    path: str
    roles: frozenset[str]
    media_types: tuple[str, ...]
    parameters: tuple[tuple[str, str], ...]
    """(`path` or `query`, name)"""
    needs_version: bool

    def __str__(self) -> str:
        return f"{self.service}.{self.name}"


def operations_of(service: str) -> Iterator[Operation]:
    app, _ = MAKERS[service]("postgresql+asyncpg://nobody@127.0.0.1:1/nothing")
    for path, item in app.openapi()["paths"].items():
        for method, told in item.items():
            parameters = told.get("parameters", [])
            yield Operation(
                service=service,
                name=told["operationId"],
                method=method.upper(),
                path=path,
                roles=frozenset(told["x-roles"]),
                media_types=tuple(told.get("requestBody", {}).get("content", {})),
                parameters=tuple((one["in"], one["name"]) for one in parameters if one["in"] in ("path", "query")),
                needs_version=any(one["name"] == "If-Match" for one in parameters),
            )


OPERATIONS = {str(operation): operation for service in MAKERS for operation in operations_of(service)}
