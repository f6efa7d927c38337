import subprocess
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest
from joserfc import jwt
from joserfc.jwk import KeySet

from deploy.local import tokens
from deploy.local.portal import create_portal
from deploy.local.ports import Ports
from shared.http.auth import LIFETIME_CAP
from shared.http.auth import ROLES as KNOWN_ROLES

ROOT = Path(__file__).parents[2]


@pytest.fixture
async def portal(tmp_path: Path) -> AsyncIterator[httpx.AsyncClient]:
    away = httpx.AsyncClient(transport=httpx.MockTransport(lambda _: httpx.Response(503)))
    app = create_portal(tmp_path, Ports(8100), away)
    async with away, httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://portal") as http:
        yield http


async def claims_of(portal: httpx.AsyncClient, token: str) -> dict[str, object]:
    keys = KeySet.import_key_set((await portal.get("/jwks")).json())
    decoded = jwt.decode(token, keys, algorithms=["ES256"])
    assert decoded.header["typ"] == "at+jwt"
    return decoded.claims


async def test_a_token_carries_what_was_asked_for(portal: httpx.AsyncClient) -> None:
    form = {"role": ["inspector, auditor", "bureau"], "team": "t-1", "district": "", "lifetime": "60"}
    answer = await portal.post("/token", data=form)
    assert answer.status_code == 200
    assert (answer.json()["token_type"], answer.json()["expires_in"]) == ("Bearer", 60)
    claims = await claims_of(portal, answer.json()["access_token"])
    assert claims["roles"] == ["inspector", "auditor", "bureau"]
    assert claims["team"] == "t-1"
    assert "district" not in claims
    assert claims["iss"] == "http://127.0.0.1:8100"
    assert claims["aud"] == ["registry", "inspection", "afterschool", "metrics"]
    assert int(str(claims["exp"])) - int(str(claims["iat"])) == 60
    assert claims["jti"]


@pytest.mark.parametrize("form", [{"role": "mayor"}, {"role": ""}, {"role": "anonymous"}, {}])
async def test_an_unknown_role_is_refused(portal: httpx.AsyncClient, form: dict[str, str]) -> None:
    assert (await portal.post("/token", data=form)).status_code == 422


async def test_the_private_key_stays_inside(portal: httpx.AsyncClient) -> None:
    (key,) = (await portal.get("/jwks")).json()["keys"]
    assert "d" not in key
    assert {"kid", "x", "y", "alg", "use"} <= key.keys()


async def test_discovery_names_the_endpoints(portal: httpx.AsyncClient) -> None:
    found = (await portal.get("/.well-known/openid-configuration")).json()
    assert found["jwks_uri"] == f"{found['issuer']}/jwks"
    assert found["token_endpoint"] == f"{found['issuer']}/token"


async def test_the_page_shows_every_service_and_asks_nobody_else(portal: httpx.AsyncClient) -> None:
    page = (await portal.get("/")).text
    for port in range(8101, 8105):
        assert f"http://127.0.0.1:{port}/docs" in page
        assert f"http://127.0.0.1:{port}/openapi.json" in page
    assert page.count("未就绪 / not ready") == 8
    assert "src=" not in page
    assert "https://" not in page


def test_a_token_survives_a_restart_of_the_issuer(tmp_path: Path) -> None:
    first = tokens.signing_key(tmp_path)
    assert tokens.signing_key(tmp_path).as_dict(private=True) == first.as_dict(private=True)
    assert (tmp_path / "issuer.json").stat().st_mode & 0o077 == 0
    assert [path.name for path in tmp_path.iterdir()] == ["issuer.json"]


def test_the_issuer_knows_the_roles_and_the_longest_lifetime_of_the_services() -> None:
    assert set(tokens.ROLES) | {"anonymous"} == KNOWN_ROLES
    assert tokens.LONGEST_LIFETIME <= LIFETIME_CAP


def token_command(*options: str) -> "subprocess.CompletedProcess[str]":
    command = [sys.executable, "-m", "deploy.local", "token", *options]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)


def test_the_command_prints_a_token_and_nothing_else(tmp_path: Path) -> None:
    said = token_command("--role=inspector", "--team=t-1", f"--folder={tmp_path}")
    assert (said.returncode, said.stderr) == (0, "")
    token = said.stdout.removesuffix("\n")
    claims = jwt.decode(token, tokens.signing_key(tmp_path), algorithms=["ES256"]).claims
    assert (claims["roles"], claims["team"]) == (["inspector"], "t-1")


def test_the_command_refuses_an_unknown_role_in_one_sentence(tmp_path: Path) -> None:
    said = token_command("--role=mayor", f"--folder={tmp_path}")
    assert (said.returncode, said.stdout) == (1, "")
    assert said.stderr.startswith("Unknown role 'mayor'; the roles are: bureau, ")
