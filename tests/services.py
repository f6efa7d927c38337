"""Any service in a test: its application on a scratch database, and people with tokens it accepts."""

import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any, TypeVar

import httpx
from fastapi import FastAPI
from joserfc import jwk, jwt
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker

from shared.http.auth import KeyRing, TokenVerifier
from shared.process.settings import ServiceSettings

ISSUER = "http://issuer.test"
KEY = jwk.ECKey.generate_key("P-256", {"kid": "tests", "use": "sig", "alg": "ES256"})

SettingsOf = TypeVar("SettingsOf", bound=ServiceSettings)


def settings_on(kind: type[SettingsOf], database_url: str, **more: Any) -> SettingsOf:
    """Settings of a service whose database is this one and which reaches nothing else."""
    return kind(
        database_url=database_url,
        kafka_bootstrap_servers="127.0.0.1:1",
        issuer=ISSUER,
        jwks_url=f"{ISSUER}/jwks",
        log_level="WARNING",
        **more,
    )


class Service:
    """An application at work. `service("inspector", team="t1")` is such a person's client; without a role, nobody's."""

    def __init__(self, app: FastAPI, name: str) -> None:
        self.app = app
        self.sessions: async_sessionmaker[AsyncSession] = app.state.sessions
        self._name = name
        self._transport = httpx.ASGITransport(app)
        self._clients: list[httpx.AsyncClient] = []

    def __call__(self, *roles: str, **claims: str) -> httpx.AsyncClient:
        headers = {"accept-language": "en"}
        if roles:
            headers["authorization"] = f"Bearer {token(self._name, *roles, **claims)}"
        client = httpx.AsyncClient(transport=self._transport, base_url="http://service.test", headers=headers)
        self._clients.append(client)
        return client

    async def close(self) -> None:
        for client in self._clients:
            await client.aclose()


@asynccontextmanager
async def running(create_app: Callable[[SettingsOf], FastAPI], settings: SettingsOf) -> AsyncIterator[Service]:
    """A service as its application runs it, with the keys of these tests."""
    app = create_app(settings)
    accept_tokens(app, settings)
    service = Service(app, settings.service)
    async with app.router.lifespan_context(app):
        yield service
        await service.close()


def accept_tokens(app: FastAPI, settings: ServiceSettings) -> None:
    """Let the application believe the tokens made here."""
    keys = httpx.MockTransport(lambda _: httpx.Response(200, json={"keys": [KEY.as_dict(private=False)]}))
    app.state.verifier = TokenVerifier(
        KeyRing(settings.jwks_url, transport=keys), issuer=ISSUER, audience=settings.service
    )


def version_of(answer: httpx.Response) -> int:
    """The version that an answer's ETag names."""
    return int(answer.headers["etag"].strip('"').partition("-")[0])


def token(audience: str, *roles: str, **claims: str) -> str:
    """An access token as the issuer would make it."""
    now = int(time.time())
    payload = {
        "iss": ISSUER,
        "aud": audience,
        "sub": claims.pop("subject", f"{roles[0]}-1"),
        "roles": list(roles),
        "iat": now,
        "exp": now + 7200,  # a slow machine takes an hour for all tests
        **claims,
    }
    header = {"alg": "ES256", "kid": "tests", "typ": "at+jwt"}
    return jwt.encode(header, payload, KEY, algorithms=["ES256"], default_type=None)
