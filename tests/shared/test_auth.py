"""Tokens: more than forty forged ones, rotation of keys, an issuer that is down, and who covers what."""

import asyncio
import base64
import json
import time
from collections.abc import AsyncIterator, Callable
from typing import Any

import httpx
import pytest
from cryptography.hazmat.primitives import hashes, hmac, serialization
from joserfc import jwk

from shared.http.auth import IssuerUnreachable, KeyRing, Principal, TokenRefused, TokenVerifier
from tests.shared.edge_example import ISSUER, KEY, client_of, example_app, key_set, token

OTHER = jwk.ECKey.generate_key("P-256", {"kid": "one"})
RSA = jwk.RSAKey.generate_key(2048, {"kid": "rsa", "use": "sig"})
ED = jwk.OKPKey.generate_key("Ed25519", {"kid": "ed", "use": "sig"})


def now() -> int:
    """Asked when a token is made: the session may be many minutes older than this file's import."""
    return int(time.time())


def _b64(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def _raw(header: Any, payload: Any, signature: bytes = b"x" * 64) -> str:
    return ".".join([_b64(json.dumps(header).encode()), _b64(json.dumps(payload).encode()), _b64(signature)])


def _hs256_with(secret: bytes) -> str:
    claims = {"iss": ISSUER, "aud": "example", "sub": "u", "roles": ["bureau"], "iat": now(), "exp": now() + 60}
    signed = _raw({"alg": "HS256", "kid": "one", "typ": "at+jwt"}, claims).rpartition(".")[0]
    mac = hmac.HMAC(secret, hashes.SHA256())
    mac.update(signed.encode())
    return f"{signed}.{_b64(mac.finalize())}"


def _pem() -> bytes:
    public: Any = KEY.public_key
    return bytes(public.public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo))


def _flip(text: str, at: int) -> str:
    parts = text.split(".")
    raw = bytearray(base64.urlsafe_b64decode(parts[at] + "=="))
    raw[len(raw) // 2] ^= 1
    parts[at] = _b64(bytes(raw))
    return ".".join(parts)


def _good() -> dict[str, Any]:
    return {"iss": ISSUER, "aud": "example", "sub": "u", "roles": ["bureau"], "iat": now(), "exp": now() + 60}


_head = {"alg": "ES256", "kid": "one", "typ": "at+jwt"}

FORGED: dict[str, Callable[[], str]] = {
    "empty": lambda: "",
    "one part": lambda: "abc",
    "two parts": lambda: "a.b",
    "four parts": lambda: token() + ".x",
    "five parts (encrypted)": lambda: "a.b.c.d.e",
    "too long": lambda: token(padding="x" * 9000),
    "header not base64": lambda: "!!!" + token()[3:],
    "header not an object": lambda: _raw([1], _good()),
    "header not JSON": lambda: _b64(b"{") + ".e30.eA",
    "alg none, no signature": lambda: _raw({**_head, "alg": "none"}, _good(), b""),
    "alg None": lambda: _raw({**_head, "alg": "None"}, _good(), b""),
    "alg nOnE": lambda: _raw({**_head, "alg": "nOnE"}, _good()),
    "alg null": lambda: _raw({**_head, "alg": None}, _good()),
    "alg missing": lambda: _raw({"kid": "one", "typ": "at+jwt"}, _good()),
    "alg a list": lambda: _raw({**_head, "alg": ["ES256"]}, _good()),
    "HS256 with the public PEM": lambda: _hs256_with(_pem()),
    "HS256 with the kid": lambda: _hs256_with(b"one"),
    "HS256 with an empty key": lambda: _hs256_with(b""),
    "ES384 not on the list": lambda: _raw({**_head, "alg": "ES384"}, _good(), b"x" * 96),
    "PS256 not on the list": lambda: _raw({**_head, "alg": "PS256"}, _good(), b"x" * 256),
    "RS256 with the EC key's kid": lambda: token(RSA, {"alg": "RS256"}),
    "signed by another key": lambda: token(OTHER),
    "unknown kid": lambda: token(header={"kid": "two"}),
    "kid missing": lambda: token(header={"kid": ...}),
    "kid a path": lambda: token(header={"kid": "../../dev/null"}),
    "kid with SQL": lambda: token(header={"kid": "one' OR '1'='1"}),
    "kid a number": lambda: _raw({**_head, "kid": 1}, _good()),
    "jku": lambda: token(header={"jku": "http://evil.test/jwks"}),
    "x5u": lambda: token(header={"x5u": "http://evil.test/cert"}),
    "x5c": lambda: token(header={"x5c": ["MIIB"]}),
    "own jwk": lambda: token(OTHER, {"jwk": OTHER.as_dict(private=False)}),
    "crit": lambda: _raw({**_head, "crit": ["exp"]}, _good()),
    "b64 false": lambda: _raw({**_head, "b64": False}, _good()),
    "typ of an id token": lambda: token(header={"typ": "id+jwt"}),
    "typ of a logout token": lambda: token(header={"typ": "logout+jwt"}),
    "typ missing": lambda: token(header={"typ": ...}),
    "payload changed": lambda: _flip(token(), 1),
    "signature changed": lambda: _flip(token(), 2),
    "signature of zeros": lambda: ".".join([*token().split(".")[:2], _b64(bytes(64))]),
    "signature missing": lambda: token().rpartition(".")[0] + ".",
    "issuer missing": lambda: token(iss=...),
    "issuer other": lambda: token(iss="http://evil.test"),
    "issuer with a slash more": lambda: token(iss=ISSUER + "/"),
    "audience missing": lambda: token(aud=...),
    "audience other": lambda: token(aud="registry"),
    "audience a list of others": lambda: token(aud=["registry", "metrics"]),
    "audience a prefix": lambda: token(aud="example2"),
    "exp missing": lambda: token(exp=...),
    "exp past": lambda: token(iat=now() - 600, exp=now() - 60),
    "exp text": lambda: token(exp=str(now() + 60)),
    "exp true": lambda: token(exp=True),
    "exp null": lambda: token(exp=None),
    "iat missing": lambda: token(iat=...),
    "iat in the future": lambda: token(iat=now() + 300),
    "nbf in the future": lambda: token(nbf=now() + 300),
    "nbf text": lambda: token(nbf="soon"),
    "lives two days": lambda: token(exp=now() + 2 * 86400),
    "ends before it begins": lambda: token(iat=now() + 20, exp=now() + 10),
    "sub missing": lambda: token(sub=...),
    "sub empty": lambda: token(sub=""),
    "sub a number": lambda: token(sub=7),
    "sub with NUL": lambda: token(sub="a\x00b"),
    "roles missing": lambda: token(roles=...),
    "roles a text": lambda: token(roles="bureau"),
    "roles of numbers": lambda: token(roles=[1]),
    "district a list": lambda: token(district=["a"]),
}


def _verifier(*keys: jwk.Key) -> TokenVerifier:
    transport = httpx.MockTransport(lambda _: httpx.Response(200, json=key_set(*keys)))
    return TokenVerifier(KeyRing(f"{ISSUER}/jwks", transport=transport), issuer=ISSUER, audience="example")


@pytest.mark.parametrize("name", FORGED)
async def test_forged_tokens_are_refused(name: str) -> None:
    verifier = _verifier(KEY, RSA, ED)
    with pytest.raises(TokenRefused):
        await verifier.verify(FORGED[name]())


async def test_forged_tokens_are_401_over_http() -> None:
    async with client_of(example_app()) as client:
        for name, forge in FORGED.items():
            answer = await client.get("/v1/notes", headers={"authorization": f"Bearer {forge()}"})
            assert answer.status_code == 401, name
            assert answer.headers["www-authenticate"].startswith("Bearer")
        for scheme in ("Basic abc", "Bearer", token(), f"Token {token()}"):
            assert (await client.get("/v1/notes", headers={"authorization": scheme})).status_code == 401


@pytest.mark.parametrize(("key", "algorithm"), [(KEY, "ES256"), (RSA, "RS256"), (ED, "EdDSA")])
@pytest.mark.filterwarnings("ignore::joserfc.errors.SecurityWarning")  # signing here, not verifying
async def test_genuine_tokens_give_a_principal(key: jwk.Key, algorithm: str) -> None:
    header = {"alg": algorithm, "kid": key.kid, "typ": "JWT"}
    genuine = token(
        key, header, aud=["other", "example"], district="370102", roles=["district_officer", "inspector", "king"]
    )
    principal = await _verifier(KEY, RSA, ED).verify(genuine)
    assert principal == Principal(
        "u1", frozenset({"district_officer"}), district="370102", unscoped=frozenset({"inspector"})
    )


class Issuer:
    """Counts fetches, and can rotate or fail."""

    def __init__(self) -> None:
        self.keys: list[jwk.Key] = [KEY]
        self.fetched, self.down, self.now = 0, False, 1000.0
        self.ring = KeyRing(f"{ISSUER}/jwks", transport=httpx.MockTransport(self.answer), clock=lambda: self.now)

    def answer(self, _: httpx.Request) -> httpx.Response:
        self.fetched += 1
        return httpx.Response(500) if self.down else httpx.Response(200, json=key_set(*self.keys))


async def refused(ring: KeyRing, kid: str) -> None:
    with pytest.raises(TokenRefused):
        await ring.key(kid)


async def test_unknown_kids_share_fetches_and_each_pauses_by_itself() -> None:
    issuer = Issuer()
    await issuer.ring.key("one")
    issuer.now += 2
    await asyncio.gather(*(refused(issuer.ring, f"invented-{number}") for number in range(10_000)))
    fetched = issuer.fetched
    assert fetched <= 3, "those who ask while a fetch is under way share the next one"
    issuer.now += 2
    await asyncio.gather(*(refused(issuer.ring, f"invented-{number}") for number in range(10_000)))
    assert issuer.fetched == fetched, "they were asked for, and are not asked for again"
    issuer.keys = [KEY, RSA]
    assert (await issuer.ring.key("rsa")).kid == "rsa", "a new key is used at once, whatever was invented"
    issuer.now += 31
    await refused(issuer.ring, "invented-9999")
    assert issuer.fetched == fetched + 2


async def test_who_asks_soon_waits_for_the_next_fetch() -> None:
    issuer = Issuer()
    issuer.ring.pace = 0.02
    await issuer.ring.key("one")
    issuer.keys = [RSA]
    assert (await issuer.ring.key("rsa")).kid == "rsa"


async def test_rotation_is_followed_and_a_withdrawn_key_is_dropped() -> None:
    issuer = Issuer()
    await issuer.ring.key("one")
    issuer.keys, issuer.now = [RSA], issuer.now + 31
    assert (await issuer.ring.key("rsa")).kid == "rsa"
    await refused(issuer.ring, "one")


async def test_an_issuer_that_is_down_closes_nothing() -> None:
    issuer = Issuer()
    await issuer.ring.key("one")
    issuer.down, issuer.now = True, issuer.now + 3600
    assert (await issuer.ring.key("one")).kid == "one"


class Dripping(httpx.AsyncByteStream):
    """A key set whose bytes never end."""

    def __init__(self, pause: float) -> None:
        self._pause = pause

    async def __aiter__(self) -> AsyncIterator[bytes]:
        while True:
            await asyncio.sleep(self._pause)
            yield b" " * 1024


@pytest.mark.parametrize("pause", [0.01, 0.0], ids=["slow", "large"])
async def test_a_key_set_that_never_ends_hangs_nobody(pause: float) -> None:
    """Whoever has a known key does not wait at all; whoever has not waits no longer than the deadline."""
    issuer = Issuer()
    await issuer.ring.key("one")
    dripping = httpx.MockTransport(lambda _: httpx.Response(200, stream=Dripping(pause)))
    issuer.ring._client = httpx.AsyncClient(transport=dripping)
    issuer.ring.deadline, issuer.now = 0.3, issuer.now + 3600
    began = asyncio.get_running_loop().time()
    assert [(await issuer.ring.key("one")).kid for _ in range(100)] == ["one"] * 100
    assert asyncio.get_running_loop().time() - began < 0.2
    async with asyncio.timeout(5):
        await refused(issuer.ring, "new")
    await issuer.ring.close()


async def test_without_any_key_nothing_is_proven() -> None:
    issuer = Issuer()
    issuer.down = True
    with pytest.raises(IssuerUnreachable):
        await issuer.ring.key("one")
    issuer.down, issuer.now = False, issuer.now + 2
    assert (await issuer.ring.key("one")).kid == "one"


async def test_a_remembered_token_still_ends() -> None:
    start = now()
    at = float(start)
    transport = httpx.MockTransport(lambda _: httpx.Response(200, json=key_set(KEY)))
    ring = KeyRing(f"{ISSUER}/jwks", transport=transport)
    verifier = TokenVerifier(ring, issuer=ISSUER, audience="example", clock=lambda: at)
    short = token(iat=start, exp=start + 10)
    await verifier.verify(short)
    at += 5
    await verifier.verify(short)
    at += 40
    with pytest.raises(TokenRefused):
        await verifier.verify(short)


@pytest.mark.parametrize(
    ("principal", "place", "covered"),
    [
        (Principal("a", frozenset({"bureau"})), {}, True),
        (Principal("a", frozenset({"auditor"})), {"district": "x"}, True),
        (Principal("a", frozenset({"service"})), {"school": "x"}, True),
        (Principal("a", frozenset({"district_officer"}), district="x"), {"district": "x"}, True),
        (Principal("a", frozenset({"district_officer"}), district="x"), {"district": "y"}, False),
        (Principal("a", frozenset({"district_officer"}), district="x"), {}, False),
        (Principal("a", frozenset({"district_officer"})), {}, False),
        (
            Principal("a", frozenset({"district_officer"}), district="x", street="s"),
            {"district": "x", "street": "t"},
            False,
        ),
        (Principal("a", frozenset({"inspector"}), team="t", district="x"), {"team": "t", "district": "y"}, True),
        (Principal("a", frozenset({"inspector"}), team="t", district="x"), {"team": "u", "district": "x"}, False),
        (Principal("a", frozenset({"inspector"}), team="t", district="x"), {"district": "x"}, True),
        (Principal("a", frozenset({"operator"}), institution="i"), {"institution": "i"}, True),
        (Principal("a", frozenset({"operator"}), institution="i"), {"institution": "j", "district": "x"}, False),
        (Principal("a", frozenset({"school_staff"}), school="s"), {"school": "s"}, True),
        (Principal("a", frozenset({"school_staff"})), {}, False),
        (Principal("a", frozenset({"guardian"}), district="x"), {"district": "x"}, False),
        (Principal("a", frozenset()), {"district": "x"}, False),
    ],
)
def test_reach(principal: Principal, place: dict[str, str], covered: bool) -> None:
    assert principal.covers(**place) is covered
