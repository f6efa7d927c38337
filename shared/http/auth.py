"""Who is calling: OIDC access tokens verified offline against the issuer's published keys (RFC 9068, RFC 8725).

Only asymmetric signatures on a fixed list, one issuer, this service as audience. Keys are cached, rotated, and served
stale while the issuer is down; a verified token is remembered for a minute, because a signature costs more than a read.
"""

import asyncio
import base64
import binascii
import time
import warnings
from collections import OrderedDict
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import httpx
import orjson
from joserfc import jwk, jws
from joserfc.errors import JoseError, SecurityWarning
from starlette.requests import Request

from shared.http.problems import EdgeProblem
from shared.process import context

ALGORITHMS: Mapping[str, str] = {"ES256": "EC", "RS256": "RSA", "EdDSA": "OKP"}
"""Allowed algorithm -> the only key type that may carry it."""
TYPES = frozenset({"at+jwt", "application/at+jwt", "jwt"})
# Each of these lets the sender point at a key of his own.
FORBIDDEN_HEADERS = frozenset({"jku", "jwk", "x5u", "x5c", "crit", "b64", "zip"})
LEEWAY = 30
LIFETIME_CAP = 24 * 3600
MAX_TOKEN_LENGTH = 8192

ROLES = frozenset(
    {
        "bureau",
        "district_officer",
        "inspector",
        "operator",
        "school_staff",
        "guardian",
        "auditor",
        "service",
        "anonymous",
    }
)
CLAIMS = ("district", "street", "team", "school", "institution")
"""Where a role holds."""
_SEES_ALL = frozenset({"bureau", "auditor", "service"})
SCOPE_OF: Mapping[str, str] = {
    "district_officer": "district",
    "inspector": "team",
    "school_staff": "school",
}
"""The claim without which a role reaches nothing: a token that lacks it does not have the role.

An operator without an institution applies for its permit, and reaches what he himself applied for."""


@dataclass(frozen=True, slots=True)
class Principal:
    """Who acts, in which roles, and where. `unscoped` are roles of the token that lack the claim that bounds them."""

    subject: str
    roles: frozenset[str]
    district: str | None = None
    street: str | None = None
    team: str | None = None
    school: str | None = None
    institution: str | None = None
    unscoped: frozenset[str] = frozenset()

    def covers(
        self,
        *,
        district: str | None = None,
        street: str | None = None,
        team: str | None = None,
        school: str | None = None,
        institution: str | None = None,
    ) -> bool:
        """Whether an object at this place is within reach. A value that the object lacks matches no claim.

        A guardian reaches only own records, which the record decides, not a place.
        """
        if self.roles & _SEES_ALL:
            return True
        in_district = _same(self.district, district) and (self.street is None or street in (None, self.street))
        return (
            ("district_officer" in self.roles and in_district)
            or ("inspector" in self.roles and self._inspects(team, in_district=in_district))
            or ("operator" in self.roles and _same(self.institution, institution))
            or ("school_staff" in self.roles and _same(self.school, school))
        )

    def _inspects(self, team: str | None, *, in_district: bool) -> bool:
        """Work with a team belongs to that team; work without a team belongs to the district."""
        if team is not None and self.team is not None:
            return team == self.team
        return in_district


def _same(mine: str | None, theirs: str | None) -> bool:
    return mine is not None and mine == theirs


ANONYMOUS = Principal("anonymous", frozenset({"anonymous"}))


class TokenRefused(Exception):
    """The token proves nothing. The reason is for logs; the caller hears only that it is not valid."""


class IssuerUnreachable(Exception):
    """No key was ever obtained, so nothing can be proven or refused."""


class KeyRing:
    """The issuer's public keys, by kid. Who comes with a key that is known never waits for the issuer."""

    refresh_after = 300.0
    """A key taken out of the set stops being accepted this many seconds later, as soon as the issuer answers."""
    pause = 30.0
    """The same unknown kid may cause a fetch only this often. The pause is each kid's own, so that a new key is used at
    once, whatever others invent."""
    pace = 1.0
    """Seconds between two fetches: who asks meanwhile waits for the next one and shares it."""
    remembered = 10_000
    """Unknown kids whose pause is remembered."""
    deadline = 5.0
    """Seconds for a whole fetch, however slowly its bytes drip."""
    largest = 256 * 1024
    """Bytes of a key set."""

    def __init__(
        self,
        url: str,
        *,
        transport: httpx.AsyncBaseTransport | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._url = url
        # The key set is never fetched through a proxy taken from the environment: it decides who is let in.
        self._client = httpx.AsyncClient(timeout=self.deadline, transport=transport, trust_env=False)
        self._clock = clock
        self._keys: dict[str, jwk.Key] = {}
        self._tried_at = float("-inf")
        self._asked_for: dict[str, float] = {}
        self._fetching: asyncio.Task[None] | None = None

    async def key(self, kid: str) -> jwk.Key:
        if kid in self._keys:
            if self._clock() - self._tried_at >= self.refresh_after:
                self._fetch()
            return self._keys[kid]
        if self._may_ask_for(kid):
            began_before = self._fetching is not None
            await asyncio.shield(self._fetch())
            if began_before and kid not in self._keys:  # it may have been published since
                await asyncio.shield(self._fetch())
        if not self._keys:
            raise IssuerUnreachable
        try:
            return self._keys[kid]
        except KeyError:
            raise TokenRefused("unknown kid") from None

    def _may_ask_for(self, kid: str) -> bool:
        """Whether an unknown key id may cause a fetch now; afterwards there is a pause."""
        now = self._clock()
        if self._keys and now - self._asked_for.get(kid, float("-inf")) < self.pause:
            return False
        self._asked_for.pop(kid, None)
        self._asked_for[kid] = now
        if len(self._asked_for) > self.remembered:
            del self._asked_for[next(iter(self._asked_for))]
        return True

    def _fetch(self) -> "asyncio.Task[None]":
        """The fetch under way, or a new one, so that all who wait share it."""
        if self._fetching is None:
            self._fetching = asyncio.create_task(self._refresh())
            self._fetching.add_done_callback(self._fetched)
        return self._fetching

    def _fetched(self, _: "asyncio.Task[None]") -> None:
        self._fetching = None

    async def _refresh(self) -> None:
        early = self._tried_at + self.pace - self._clock()
        if early > 0:
            await asyncio.sleep(early)
        self._tried_at = self._clock()
        try:
            async with asyncio.timeout(self.deadline), self._client.stream("GET", self._url) as answer:
                answer.raise_for_status()
                body = b""
                async for piece in answer.aiter_bytes():
                    body += piece
                    if len(body) > self.largest:
                        return
            keys = _public_keys(orjson.loads(body))
        except (httpx.HTTPError, TimeoutError, ValueError, KeyError, TypeError, AttributeError):
            return  # the old keys stay: an issuer that is down must not close every service
        if keys:
            self._keys = keys

    async def close(self) -> None:
        if self._fetching is not None:
            self._fetching.cancel()
        await self._client.aclose()


def _public_keys(document: Mapping[str, Any]) -> dict[str, jwk.Key]:
    """Signature keys of the allowed types; all others in the set are ignored, as RFC 7517 asks."""
    found: dict[str, jwk.Key] = {}
    for entry in document["keys"]:
        if entry.get("kty") in ALGORITHMS.values() and entry.get("use", "sig") == "sig" and "kid" in entry:
            try:
                key = jwk.import_key(entry, entry["kty"])
            except (JoseError, ValueError, KeyError):
                continue
            found[str(entry["kid"])] = key
    return found


class TokenVerifier:
    """Turns a bearer token into a Principal, or refuses it."""

    remembered = 4096
    remembered_for = 60.0

    def __init__(self, keys: KeyRing, *, issuer: str, audience: str, clock: Callable[[], float] = time.time) -> None:
        self._keys = keys
        self._issuer = issuer
        self._audience = audience
        self._clock = clock
        self._verified: OrderedDict[str, tuple[float, Principal]] = OrderedDict()
        self._registry = jws.JWSRegistry(algorithms=list(ALGORITHMS))

    async def verify(self, token: str) -> Principal:
        known = self._verified.get(token)
        if known is not None and known[0] > self._clock():
            self._verified.move_to_end(token)
            return known[1]
        claims = await self._proven_claims(token)
        expires = self._check_claims(claims)
        principal = _principal(claims)
        self._verified[token] = (min(expires, self._clock() + self.remembered_for), principal)
        if len(self._verified) > self.remembered:
            self._verified.popitem(last=False)
        return principal

    async def close(self) -> None:
        await self._keys.close()

    async def _proven_claims(self, token: str) -> Mapping[str, Any]:
        if len(token) > MAX_TOKEN_LENGTH or token.count(".") != 2:
            raise TokenRefused("not a compact token")
        header = _header(token)
        algorithm, kid = header.get("alg"), header.get("kid")
        if not isinstance(algorithm, str) or algorithm not in ALGORITHMS or not isinstance(kid, str):
            raise TokenRefused("algorithm or kid")
        if FORBIDDEN_HEADERS & header.keys() or str(header.get("typ", "")).lower() not in TYPES:
            raise TokenRefused("header")
        key = await self._keys.key(kid)
        if key.key_type != ALGORITHMS[algorithm] or key.get("alg", algorithm) != algorithm:
            raise TokenRefused("algorithm does not fit the key")
        try:
            with warnings.catch_warnings():
                # joserfc warns at each use that RFC 9864 prefers the name Ed25519; issuers still write EdDSA.
                warnings.simplefilter("ignore", SecurityWarning)
                proven = jws.deserialize_compact(token, key, registry=self._registry)
            claims = orjson.loads(proven.payload or b"")
        except (JoseError, ValueError) as error:
            raise TokenRefused(type(error).__name__) from None
        if not isinstance(claims, dict):
            raise TokenRefused("payload")
        return claims

    def _check_claims(self, claims: Mapping[str, Any]) -> float:
        """When the token ends; raises unless it is for this service and in force."""
        now = self._clock()
        expires, issued = _instant(claims, "exp"), _instant(claims, "iat")
        begins = _instant(claims, "nbf") if "nbf" in claims else issued
        audience = claims.get("aud")
        audiences = audience if isinstance(audience, list) else [audience]
        if claims.get("iss") != self._issuer or self._audience not in audiences:
            raise TokenRefused("issuer or audience")
        if now >= expires + LEEWAY or max(begins, issued) > now + LEEWAY:
            raise TokenRefused("not in force")
        if not 0 < expires - issued <= LIFETIME_CAP:
            raise TokenRefused("lifetime")
        return expires


def _header(token: str) -> Mapping[str, Any]:
    try:
        part = token.partition(".")[0]
        header = orjson.loads(base64.b64decode(part + "=" * (-len(part) % 4), altchars=b"-_", validate=True))
    except (binascii.Error, ValueError):
        raise TokenRefused("header is unreadable") from None
    if not isinstance(header, dict):
        raise TokenRefused("header is not an object")
    return header


def _instant(claims: Mapping[str, Any], name: str) -> float:
    value = claims.get(name)
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise TokenRefused(name)
    return float(value)


def _principal(claims: Mapping[str, Any]) -> Principal:
    subject, roles = claims.get("sub"), claims.get("roles")
    if not isinstance(subject, str) or not 1 <= len(subject) <= 255 or "\x00" in subject:
        raise TokenRefused("sub")
    if not isinstance(roles, list) or not all(isinstance(role, str) for role in roles):
        raise TokenRefused("roles")
    places = {name: claims.get(name) for name in CLAIMS}
    if not all(place is None or (isinstance(place, str) and place) for place in places.values()):
        raise TokenRefused("place")
    claimed = (frozenset(roles) & ROLES) - {"anonymous"}
    unscoped = frozenset(role for role in claimed if role in SCOPE_OF and places[SCOPE_OF[role]] is None)
    return Principal(subject, claimed - unscoped, unscoped=unscoped, **places)


async def authenticate(request: Request) -> Principal:
    """The caller of this request; 401 with an RFC 6750 challenge. Also sets the actor that the journal records."""
    known: Principal | None = getattr(request.state, "principal", None)
    if known is not None:
        return known
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not token:
        raise EdgeProblem(401, "token-missing", headers={"WWW-Authenticate": "Bearer"})
    verifier: TokenVerifier = request.app.state.verifier
    try:
        principal = await verifier.verify(token.strip())
    except TokenRefused:
        challenge = {"WWW-Authenticate": 'Bearer error="invalid_token"'}
        raise EdgeProblem(401, "token-invalid", headers=challenge) from None
    except IssuerUnreachable:
        raise EdgeProblem(503, "identity-unavailable", headers={"Retry-After": "5"}) from None
    request.state.principal = principal
    context.set_actor(principal.subject)
    return principal
