"""A service's HTTP edge, put together: `create_service` is the only way a FastAPI application comes to be here.

Outermost first: request id, CORS, the edge (limits of characters, security headers, access line, metrics, the last
catch), then FastAPI with transactional routes. All of it is plain ASGI: BaseHTTPMiddleware would cut contextvars.
"""

import os
import re
import time
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import Any

import fastapi_offline
from asgi_correlation_id import CorrelationIdMiddleware
from asgi_correlation_id.context import correlation_id
from fastapi import APIRouter, FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.openapi.docs import get_swagger_ui_html
from fastapi.responses import HTMLResponse
from fastapi.routing import APIRoute
from fastapi.staticfiles import StaticFiles
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.middleware.cors import CORSMiddleware
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from uvicorn.middleware.proxy_headers import ProxyHeadersMiddleware

from shared.data.database import open_engine, open_sessions
from shared.domain.refusals import Refusal
from shared.facts.envelope import TRACEPARENT
from shared.http.annotations import remember_annotations
from shared.http.auth import ANONYMOUS, KeyRing, TokenVerifier
from shared.http.health import Check, Lifecycle, database_answers, health_router, migrations_at_head
from shared.http.openapi import problems, service_openapi
from shared.http.paging import Cursors
from shared.http.policies import api_routes, ensure_policies, policies_of, public
from shared.http.problems import EdgeProblem, problem_response
from shared.http.reads import ReadPool
from shared.http.throttle import Throttle
from shared.http.transactions import SessionDep, TransactionalRoute, request_session
from shared.process import context, memory
from shared.process.logs import AccessLog, configure_logging
from shared.process.settings import ServiceSettings
from shared.process.telemetry import PROBES, configure_metrics, native_telemetry, observe_request

__all__ = [
    "Resource",
    "SessionDep",
    "TransactionalRoute",
    "create_service",
    "problems",
    "request_session",
    "service_router",
]

Resource = Callable[[FastAPI], AbstractAsyncContextManager[None]]
"""Something that lives as long as the application: opened at start-up, closed at shutdown."""

_REQUEST_ID = re.compile(r"[0-9a-f]{32}|[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_EXPOSED = ("ETag", "Location", "Link", "Retry-After", "X-Request-ID", "Idempotency-Replayed")
_PAGE_POLICY = (
    b"default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
    b"base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
_DOCUMENTATION_POLICY = (
    "default-src 'self'; img-src 'self' data:; style-src 'self' 'unsafe-inline'; "
    "script-src 'self' 'unsafe-inline'; connect-src 'self'; frame-ancestors 'none'"
)
"""Swagger's page configures itself by a script of its own."""
_DATA_POLICY = b"default-src 'none'; frame-ancestors 'none'"


def service_router(*, prefix: str, tags: list[str], **options: Any) -> APIRouter:
    """A slice's router: its routes are transactions."""
    return APIRouter(
        prefix=prefix,
        tags=[*tags],
        route_class=TransactionalRoute,
        generate_unique_id_function=_operation_id,
        **options,
    )


def create_service(
    settings: ServiceSettings,
    *,
    routers: Sequence[APIRouter],
    title: str,
    description: str,
    constraints: Mapping[str, type[Refusal]] | None = None,
    checks: Mapping[str, Check] | None = None,
    resources: Sequence[Resource] = (),
) -> FastAPI:
    """One service as an application. Refuses to build if a route has no policy or two routes share a name.

    `constraints` maps the name of a database constraint to its refusal; `checks` are added to /readyz.
    """
    configure_logging(settings.service, settings.log_level)
    configure_metrics(settings.service)
    remember_annotations()
    app = FastAPI(
        title=title,
        description=description,
        version="1",
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,  # a 307 nobody documented, and one more round trip for a mistake
        lifespan=_lifespan(resources),
        middleware=_middleware(settings),
        generate_unique_id_function=_operation_id,
        telemetry=native_telemetry(),
    )
    _give_state(app, settings, constraints or {})
    for kind in (Refusal, HTTPException, RequestValidationError):
        app.add_exception_handler(kind, _answer)
    engine = app.state.engine
    ready = {
        "database": database_answers(engine),
        "migrations": migrations_at_head(engine, settings.service),
        **(checks or {}),
    }
    for router in routers:
        # `include_router` would analyse every route a second time: that is most of what it takes to build a service.
        app.router.routes.extend(router.routes)
    app.include_router(health_router(app.state.lifecycle, ready))  # last: routes are tried in order
    _serve_documentation(app, settings)
    ensure_policies(app)
    _ensure_routes(app)
    return app


def _give_state(app: FastAPI, settings: ServiceSettings, constraints: Mapping[str, type[Refusal]]) -> None:
    """Set up the state. Everything connects lazily, so an application can be built (for its OpenAPI document)
    without a server."""
    app.state.settings = settings
    app.state.constraints = constraints
    app.state.engine = open_engine(settings)
    app.state.sessions = open_sessions(app.state.engine)
    app.state.reads = ReadPool(settings)
    app.state.verifier = TokenVerifier(KeyRing(settings.jwks_url), issuer=settings.issuer, audience=settings.service)
    app.state.cursors = Cursors(settings.cursor_key.get_secret_value().encode())
    app.state.throttle = Throttle(settings.public_rate)
    app.state.lifecycle = Lifecycle(notice=2.0 if settings.environment == "production" else 0.0)


def _lifespan(resources: Sequence[Resource]) -> Callable[[FastAPI], AbstractAsyncContextManager[None]]:
    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        lifecycle: Lifecycle = app.state.lifecycle
        async with AsyncExitStack() as stack:
            stack.push_async_callback(app.state.engine.dispose)
            stack.push_async_callback(app.state.reads.close)
            stack.push_async_callback(app.state.verifier.close)
            for resource in resources:
                await stack.enter_async_context(resource(app))
            lifecycle.drain_on_sigterm()
            lifecycle.started = True
            memory.freeze()
            yield
            lifecycle.draining = True

    return lifespan


def _middleware(settings: ServiceSettings) -> list[Middleware]:
    cors = (
        [
            Middleware(
                CORSMiddleware,
                allow_origins=list(settings.cors_origins),
                allow_methods=["GET", "POST", "PATCH", "PUT", "DELETE"],
                allow_headers=["Authorization", "Content-Type", "If-Match", "If-None-Match", "Idempotency-Key"],
                expose_headers=list(_EXPOSED),
            )
        ]
        if settings.cors_origins
        else []
    )
    request_id = Middleware(
        CorrelationIdMiddleware,
        generator=lambda: os.urandom(16).hex(),
        validator=lambda value: _REQUEST_ID.fullmatch(value) is not None,
        transformer=None,
        update_request_header=False,
    )
    # Outermost, so that all below, the throttle above all, sees the citizen's address and not the gateway's.
    behind_gateway = (
        [Middleware(ProxyHeadersMiddleware, trusted_hosts=settings.trusted_proxies)] if settings.trusted_proxies else []
    )
    return [*behind_gateway, request_id, *cors, Middleware(Edge, settings=settings)]


async def _answer(request: Request, error: Exception) -> Response:
    return problem_response(request, error, request.app.state.constraints)


def _operation_id(route: APIRoute) -> str:
    return route.name


def _ensure_routes(app: FastAPI) -> None:
    """Route names are operation ids, so they must be unique; policies must be visible to the transactional route."""
    names: set[str] = set()
    for route, path in api_routes(app):
        name = route.name or ""
        if name in names:
            raise RuntimeError(f"{path}: the name {name} is taken; function names are operation ids")
        names.add(name)
        original = route.original_route
        if isinstance(original, TransactionalRoute) and not list(policies_of(original.dependant)):
            raise RuntimeError(f"{path} ({name}): declare the policy on the route, not where its router is included")


def _serve_documentation(app: FastAPI, settings: ServiceSettings) -> None:
    """/docs without the internet: the assets come from a wheel. Disabled in production."""
    app.openapi = lambda: service_openapi(app, settings)  # type: ignore[method-assign]  # FastAPI's documented hook
    if settings.environment == "production":
        app.openapi_url = None
        return
    assets = Path(fastapi_offline.__file__).parent / "static"
    app.mount("/docs/assets", StaticFiles(directory=assets), name="documentation-assets")

    @app.get("/docs", include_in_schema=False, dependencies=[public()])
    async def documentation() -> HTMLResponse:
        page = get_swagger_ui_html(
            openapi_url="/openapi.json",
            title=app.title,
            swagger_js_url="/docs/assets/swagger-ui-bundle.js",
            swagger_css_url="/docs/assets/swagger-ui.css",
            swagger_favicon_url="/docs/assets/favicon.png",
            swagger_ui_parameters={"validatorUrl": None, "persistAuthorization": True},
        )
        page.headers["content-security-policy"] = _DOCUMENTATION_POLICY
        return page


class Edge:
    """What holds for every request, whatever answers it."""

    def __init__(self, app: ASGIApp, *, settings: ServiceSettings) -> None:
        self._app = app
        self._log = AccessLog(settings.service, settings.log_level)
        self._headers = [
            (b"x-content-type-options", b"nosniff"),
            (b"x-frame-options", b"DENY"),
            (b"referrer-policy", b"no-referrer"),
        ]
        if settings.environment == "production":
            self._headers.append((b"strict-transport-security", b"max-age=31536000; includeSubDomains"))

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        started, status, method = time.perf_counter(), 0, scope["method"]
        if method == "HEAD":
            scope["method"], send = "GET", _without_body(send)
        context.set_actor(ANONYMOUS.subject)
        context.set_traceparent(_traceparent(scope))

        async def send_secured(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                message["headers"] = self._secured(list(message["headers"]))
            await send(message)

        try:
            if "\x00" in scope["path"] or b"%00" in scope["query_string"]:
                raise EdgeProblem(400, "path-invalid")
            await self._app(scope, receive, send_secured)
        except _HeadAnswered:
            return
        except Exception as error:
            if status:
                raise  # half an answer is out; only cutting the connection is honest now
            request = Request(scope, receive)
            response = problem_response(request, error, request.app.state.constraints)
            await response(scope, receive, send_secured)
        finally:
            self._tell(scope, method, status or 499, time.perf_counter() - started)

    def _secured(self, headers: list[tuple[bytes, bytes]]) -> list[tuple[bytes, bytes]]:
        present = dict(headers)
        headers += self._headers
        if b"content-security-policy" not in present:
            page = present.get(b"content-type", b"").startswith(b"text/html")
            headers.append((b"content-security-policy", _PAGE_POLICY if page else _DATA_POLICY))
        if b"cache-control" not in present:
            headers.append((b"cache-control", b"private, no-cache"))
        return headers

    def _tell(self, scope: Scope, method: str, status: int, seconds: float) -> None:
        path = scope["path"]
        if path in PROBES:
            return
        # The template, never the path: paths hold ids, and each would be a time series of its own.
        route = getattr(scope.get("route"), "path_format", "unmatched")
        observe_request(method if method in _METHODS else "_OTHER", route, status, seconds)
        self._log.write(method=method, route=route, status=status, seconds=seconds)


class _HeadAnswered(Exception):
    """The headers of a stream that would never end are out, and nobody wants the rest."""


def _without_body(send: Send) -> Send:
    """HEAD is GET without the body (RFC 9110, 9.3.2)."""

    async def send_headers(message: Message) -> None:
        if message["type"] == "http.response.body":
            message = {**message, "body": b""}
        await send(message)
        streams = dict(message.get("headers", ())).get(b"content-type", b"").startswith(b"text/event-stream")
        if streams:
            await send({"type": "http.response.body", "body": b"", "more_body": False})
            raise _HeadAnswered

    return send_headers


_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})


def _traceparent(scope: Scope) -> str:
    """The caller's trace, or a new one with the request id as its trace id."""
    for name, value in scope["headers"]:
        if name == b"traceparent":
            sent: str = value.decode("latin-1")
            if TRACEPARENT.fullmatch(sent):
                return sent
    trace_id = (correlation_id.get() or os.urandom(16).hex()).replace("-", "")
    return f"00-{trace_id}-{os.urandom(8).hex()}-00"
