"""Idempotency-Key: a POST that was sent twice happens once, and the second sender reads the first answer.

The key is claimed by an advisory lock that ends with the transaction, and its row is written together with the
answer. So a row never exists without its answer, whatever dies in between, and no purge of half-done keys is needed.
"""

import hashlib
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

import orjson
from pydantic import BaseModel
from sqlalchemy import (
    JSON,
    Column,
    DateTime,
    Integer,
    LargeBinary,
    PrimaryKeyConstraint,
    Table,
    Text,
    delete,
    func,
    insert,
    select,
)
from sqlalchemy.ext.asyncio import AsyncSession
from starlette.responses import Response

from shared.data.database import shared_metadata
from shared.http.auth import ANONYMOUS, CLAIMS, Principal
from shared.http.problems import EdgeProblem

HEADER = "idempotency-key"
REPLAYED = "idempotency-replayed"
KEPT_HEADERS = ("content-type", "location", "etag")

idempotency_key = Table(
    "idempotency_key",
    shared_metadata,
    Column("caller", Text, nullable=False),
    Column("route", Text, nullable=False),
    Column("key", Text, nullable=False),
    Column("fingerprint", LargeBinary, nullable=False),
    Column("status", Integer, nullable=False),
    Column("headers", JSON, nullable=False),
    Column("body", LargeBinary, nullable=False),
    Column("at", DateTime(timezone=True), nullable=False, index=True),
    PrimaryKeyConstraint("caller", "route", "key"),
)


WITHHELD: Final = frozenset({"phone", "legal_representative"})
"""Members of answers that are personal: a replay tells them as null."""


class PersonalData(BaseModel):
    """An answer about a person: it is never stored, so a repeated request is done, and logged, again."""


@dataclass(frozen=True)
class Claim:
    """One caller's key on one route, and what the request was."""

    caller: str
    route: str
    key: str
    fingerprint: bytes

    def lock(self) -> int:
        digest = hashlib.blake2b("\x1f".join((self.caller, self.route, self.key)).encode(), digest_size=8)
        return int.from_bytes(digest.digest(), "big", signed=True)


def claim_of(caller: Principal, route: str, key: str, fingerprint: bytes) -> Claim:
    """The claim of this caller. All callers without a token share one name, so their requests are told apart by
    content."""
    subject = caller.subject if caller != ANONYMOUS else f"{caller.subject} {fingerprint.hex()}"
    return Claim(subject, route, key, fingerprint)


def valid_key(key: str) -> bool:
    """1 to 255 visible ASCII characters."""
    return 1 <= len(key) <= 255 and all("!" <= character <= "~" for character in key)


def fingerprint(*, method: str, target: bytes, caller: Principal, content_type: str, body: bytes) -> bytes:
    """A hash of what must be equal for two requests to be the same.

    It includes the sender's roles and scope, so that a replay never reveals what would be refused today. The boundary
    of a form is left out, because client libraries choose it anew each time.
    """
    _, _, boundary = content_type.partition("boundary=")
    if boundary:
        body = body.replace(boundary.strip('" ').encode("latin-1"), b"")
    digest = hashlib.sha256()
    who = (caller.subject, *sorted(caller.roles), *(str(getattr(caller, claim)) for claim in CLAIMS))
    for part in (method.encode(), target, "\x1f".join(who).encode(), body):
        digest.update(len(part).to_bytes(8, "big"))
        digest.update(part)
    return digest.digest()


async def claim_or_replay(session: AsyncSession, claim: Claim) -> Response | None:
    """Hold the key until the transaction ends; returns the stored answer if there is one."""
    # Two statements on purpose: the second one's snapshot must begin after the lock was obtained.
    if not await session.scalar(select(func.pg_try_advisory_xact_lock(claim.lock()))):
        raise EdgeProblem(409, "idempotency-key-in-flight", headers={"Retry-After": "1"})
    stored = (
        await session.execute(
            select(idempotency_key).where(
                idempotency_key.c.caller == claim.caller,
                idempotency_key.c.route == claim.route,
                idempotency_key.c.key == claim.key,
            )
        )
    ).one_or_none()
    if stored is None:
        return None
    if stored.fingerprint != claim.fingerprint:
        raise EdgeProblem(422, "idempotency-key-reused")
    return Response(stored.body, stored.status, headers={**stored.headers, REPLAYED: "true"})


async def remember(session: AsyncSession, claim: Claim, response: Response, *, at: datetime) -> None:
    """Store the answer, without personal data, in the transaction that it reports."""
    await session.execute(
        insert(idempotency_key).values(
            caller=claim.caller,
            route=claim.route,
            key=claim.key,
            fingerprint=claim.fingerprint,
            status=response.status_code,
            headers={name: response.headers[name] for name in KEPT_HEADERS if name in response.headers},
            body=_without_persons(bytes(response.body)),
            at=at,
        )
    )


def _without_persons(body: bytes) -> bytes:
    if not any(f'"{name}"'.encode() in body for name in WITHHELD):
        return body
    return orjson.dumps(_withheld(orjson.loads(body)))


def _withheld(told: Any) -> Any:
    if isinstance(told, dict):
        return {name: None if name in WITHHELD else _withheld(value) for name, value in told.items()}
    return [_withheld(one) for one in told] if isinstance(told, list) else told


async def purge(session: AsyncSession, *, before: datetime) -> None:
    """Delete answers older than `before`; callers keep at least seven days."""
    await session.execute(delete(idempotency_key).where(idempotency_key.c.at < before))
