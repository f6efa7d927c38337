"""Which roles may use a route. Every route says so, or the service does not start.

A policy decides role × route; whether the object itself is within reach is `Principal.covers`, answered with 404.
"""

from collections.abc import Iterable, Iterator
from typing import Any

from fastapi import Depends, FastAPI, Request
from fastapi.dependencies.models import Dependant
from fastapi.routing import APIRoute, RouteContext, iter_route_contexts

from shared.http.auth import ANONYMOUS, ROLES, Principal, authenticate
from shared.http.problems import EdgeProblem

__all__ = ["ANONYMOUS", "ROLES", "Policy", "Principal", "allow", "public"]


class Policy:
    """A dependency that admits the named roles and gives the caller to the handler."""

    def __init__(self, *roles: str) -> None:
        unknown = set(roles) - ROLES
        if unknown or not roles:
            raise ValueError(f"no such roles: {sorted(unknown)}" if unknown else "a policy names its roles")
        self.roles = frozenset(roles)

    async def __call__(self, request: Request) -> Principal:
        if "anonymous" in self.roles:
            if request.scope["path"].startswith("/v1/") and not hasattr(request.state, "admitted"):
                request.app.state.throttle.admit(request)
                request.state.admitted = True  # FastAPI asks again for the handler: one request counts once
            return ANONYMOUS
        # The route asks before it reads the body, FastAPI again for the handler: one look at the token serves both.
        principal: Principal | None = getattr(request.state, "principal", None)
        if principal is None:
            principal = request.state.principal = await authenticate(request)
        if not self.roles & principal.roles:
            raise EdgeProblem(403, "scope-missing" if self.roles & principal.unscoped else "role-not-allowed")
        return principal


def allow(*roles: str) -> Any:  # Any, as fastapi.Depends itself: it stands in Annotated and in `dependencies=`
    """`caller: Annotated[Principal, allow("bureau", "inspector")]`, or in the decorator's `dependencies=`."""
    if "anonymous" in roles:
        raise ValueError("use public()")
    return Depends(Policy(*roles))


def public() -> Any:  # Any, as above
    """Open the route to everybody. Allowed only under /v1/public and outside /v1."""
    return Depends(Policy("anonymous"))


def policies_of(dependant: Dependant | None) -> Iterator[Policy]:
    """Every policy that a route depends on, at any depth; the caller must satisfy all of them."""
    for dependency in dependant.dependencies if dependant else ():
        if isinstance(dependency.call, Policy):
            yield dependency.call
        yield from policies_of(dependency)


def roles_admitted(policies: Iterable[Policy]) -> list[str]:
    first, *others = policies
    return sorted(first.roles.intersection(*(policy.roles for policy in others)))


def api_routes(app: FastAPI) -> Iterator[tuple[RouteContext, str]]:
    """Every API route with its full path; `app.routes` alone no longer lists those of included routers."""
    for context in iter_route_contexts(app.routes):
        if isinstance(context.original_route, APIRoute):
            yield context, context.path_format or ""


def ensure_policies(app: FastAPI) -> None:
    """Deny by default, at start-up: a route without a policy is a mistake, not public."""
    for context, path in api_routes(app):
        policies = list(policies_of(context.dependant))
        if not policies:
            raise RuntimeError(f"{path} ({context.name}) declares no policy")
        roles = roles_admitted(policies)
        if not roles:
            raise RuntimeError(f"{path} ({context.name}) admits nobody")
        if "anonymous" in roles and path.startswith("/v1/") and not path.startswith("/v1/public/"):
            raise RuntimeError(f"{path} ({context.name}) may not be public")
