"""A route that says nothing about who may use it is a mistake found at start-up."""

from typing import Any

import pytest
from fastapi import APIRouter, Depends

from shared.http.auth import SCOPE_OF
from shared.http.policies import allow, public
from shared.http.web import service_router
from tests.shared.edge_example import client_of, example_app, token


def _router(path: str, *dependencies: object) -> APIRouter:
    router = service_router(prefix=path, tags=["x"])
    router.add_api_route("", lambda: None, name="x", dependencies=list(dependencies))  # type: ignore[arg-type]
    return router


@pytest.mark.parametrize(
    ("path", "dependencies", "says"),
    [
        ("/v1/x", [], "no policy"),
        ("/v1/x", [Depends(lambda: None)], "no policy"),
        ("/v1/x", [public()], "may not be public"),
        ("/v1/publications", [public()], "may not be public"),
        ("/v1/x", [allow("bureau"), allow("operator")], "admits nobody"),
    ],
)
def test_start_is_refused(path: str, dependencies: list[object], says: str) -> None:
    with pytest.raises(RuntimeError, match=says):
        example_app(None, _router(path, *dependencies))


@pytest.mark.parametrize("roles", [(), ("king",), ("anonymous",)])
def test_policies_name_known_roles(roles: tuple[str, ...]) -> None:
    with pytest.raises(ValueError):
        allow(*roles)


async def test_roles_decide_and_all_policies_must_agree() -> None:
    app = example_app(None, _router("/v1/x", allow("bureau", "operator"), allow("operator", "inspector")))
    async with client_of(app) as client:
        assert (await client.get("/openapi.json")).json()["paths"]["/v1/x"]["get"]["x-roles"] == ["operator"]
        for role, status in [("bureau", 403), ("operator", 200), ("inspector", 403), ("guardian", 403)]:
            scope: dict[str, Any] = {SCOPE_OF[role]: "mine"} if role in SCOPE_OF else {}
            answer = await client.get("/v1/x", headers={"authorization": f"Bearer {token(roles=[role], **scope)}"})
            assert answer.status_code == status, role


@pytest.mark.parametrize("role", SCOPE_OF)
async def test_a_scoped_role_without_its_scope_is_refused_at_the_door(role: str) -> None:
    claims = {"district", "street", "team", "school", "institution"} - {SCOPE_OF[role]}
    others: dict[str, Any] = dict.fromkeys(claims, "mine")
    app = example_app(None, _router("/v1/x", allow(role, "bureau")))
    async with client_of(app) as client:
        for roles, status in (([role], 403), ([role, "bureau"], 200)):
            headers = {"authorization": f"Bearer {token(roles=roles, **others)}"}
            answer = await client.get("/v1/x", headers=headers)
            assert answer.status_code == status
            assert status == 200 or answer.json()["code"] == "scope-missing"
