"""A route that says nothing about who may use it is a mistake found at start-up."""

import pytest
from fastapi import APIRouter, Depends

from shared.policies import allow, public
from shared.web import service_router
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
            answer = await client.get("/v1/x", headers={"authorization": f"Bearer {token(roles=[role])}"})
            assert answer.status_code == status, role
