"""Probes and metrics, the same for the API and for the worker's small side server.

An API process is ready without the broker: its writes go to the journal and wait there. A worker is not.
"""

import asyncio
import signal
import threading
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from types import FrameType

import orjson
from alembic.config import Config
from alembic.script import ScriptDirectory
from fastapi import APIRouter, FastAPI
from sqlalchemy import QueuePool, text
from sqlalchemy.ext.asyncio import AsyncEngine
from starlette.responses import Response

from shared import ROOT
from shared.http.policies import public
from shared.process.telemetry import metrics_text

Check = Callable[[], Awaitable[None]]
"""Returns when all is well, raises when not; what it raises is named, never printed."""

CHECK_SECONDS = 2.0


@dataclass
class Lifecycle:
    """Where a process stands between its first and its last request."""

    started: bool = False
    draining: bool = False
    notice: float = 0.0
    """Seconds between turning unready and refusing connections, so that a load balancer can look away."""
    _handlers: list[object] = field(default_factory=list)

    def drain_on_sigterm(self) -> None:
        """Turn unready first, and let the server's own handler act `notice` seconds later.

        uvicorn closes its socket as soon as SIGTERM arrives, so nobody could read a 503 from /readyz.
        """
        if threading.current_thread() is not threading.main_thread():
            return
        server_handler = signal.getsignal(signal.SIGTERM)
        if not callable(server_handler):
            return  # no server has taken the signal (tests, tools): leave it alone
        loop = asyncio.get_running_loop()

        def drain(number: int, frame: FrameType | None) -> None:
            again, self.draining = self.draining, True
            if again or self.notice == 0:
                server_handler(number, frame)
            else:
                loop.call_soon_threadsafe(loop.call_later, self.notice, server_handler, number, frame)

        signal.signal(signal.SIGTERM, drain)


def health_router(lifecycle: Lifecycle, checks: Mapping[str, Check]) -> APIRouter:
    """/livez, /readyz, /startupz and /metrics, outside the OpenAPI document."""
    router = APIRouter(include_in_schema=False, dependencies=[public()])

    @router.get("/livez")
    async def livez() -> Response:
        """The process answers; it asks nobody else."""
        return _json(200, {"status": "alive"})

    @router.get("/startupz")
    async def startupz() -> Response:
        """Start-up is over."""
        return _json(200 if lifecycle.started else 503, {"status": "started" if lifecycle.started else "starting"})

    @router.get("/readyz")
    async def readyz() -> Response:
        """Work may be sent here."""
        names = list(checks)
        results = dict(zip(names, await asyncio.gather(*(_outcome(checks[name]) for name in names)), strict=True))
        if lifecycle.draining:
            results["lifecycle"] = "draining"
        ready = all(result == "ok" for result in results.values())
        return _json(200 if ready else 503, {"status": "ready" if ready else "unready", "checks": results})

    @router.get("/metrics")
    async def metrics() -> Response:
        return Response(metrics_text(), media_type="text/plain; version=0.0.4; charset=utf-8")

    return router


def health_app(lifecycle: Lifecycle, checks: Mapping[str, Check]) -> FastAPI:
    app = FastAPI(openapi_url=None, docs_url=None, redoc_url=None)
    app.include_router(health_router(lifecycle, checks))
    return app


def _busy(engine: AsyncEngine) -> bool:
    """Whether all connections are in use: that is load, which a restart would not remove."""
    pool = engine.pool
    return isinstance(pool, QueuePool) and pool.checkedout() >= pool.size()


def database_answers(engine: AsyncEngine) -> Check:
    async def check() -> None:
        if _busy(engine):
            return
        async with engine.connect() as connection:
            await connection.execute(text("SELECT 1"))

    return check


class BehindMigrations(Exception):
    """The database is older than this code was written for."""


def migrations_at_head(engine: AsyncEngine, service: str) -> Check:
    """Ready on the schema that this code knows, or on a newer one: during a rolling release, old code works on it.

    The revisions are read once. They include all earlier ones, so an unknown revision is a newer one.
    """
    heads: set[str] = set()
    known: set[str] = set()
    verified: list[bool] = []

    async def check() -> None:
        if not heads:
            known_now, heads_now = await asyncio.to_thread(_revisions, service)
            known.update(known_now)
            heads.update(heads_now)
        if verified and _busy(engine):
            return
        async with engine.connect() as connection:
            found = set((await connection.execute(text("SELECT version_num FROM alembic_version"))).scalars())
        if not found or not (found >= heads or found - known):
            raise BehindMigrations
        verified.append(True)

    return check


def _revisions(service: str) -> tuple[list[str], tuple[str, ...]]:
    config = Config(ROOT / "alembic.ini", ini_section=service)
    # The file's paths are relative to the tree; the process may have been started anywhere.
    for option in ("script_location", "version_locations"):
        config.set_main_option(option, str(ROOT / (config.get_main_option(option) or "")))
    tree = ScriptDirectory.from_config(config)
    return [script.revision for script in tree.walk_revisions()], tuple(tree.get_heads())


async def _outcome(check: Check) -> str:
    try:
        async with asyncio.timeout(CHECK_SECONDS):
            await check()
    except Exception as error:  # a probe answers whatever happens
        return type(error).__name__
    return "ok"


def _json(status: int, content: Mapping[str, object]) -> Response:
    return Response(orjson.dumps(content), status, media_type="application/json")
