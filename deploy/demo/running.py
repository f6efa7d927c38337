"""The platform that `make run` keeps up, as a play sees it."""

from dataclasses import dataclass
from pathlib import Path
from typing import Self

import httpx
from joserfc.jwk import ECKey

from deploy.failures import StartFailed
from deploy.local import tokens
from deploy.local.ports import SERVICES, Ports
from deploy.local.processes import HOST


@dataclass(frozen=True)
class RunningPlatform:
    """The platform that `make run` keeps up, as the player wants to see it."""

    ports: Ports
    key: ECKey

    @classmethod
    def of(cls, folder: Path) -> Self:
        """The platform on this folder, and the key that its portal signs with."""
        return cls(Ports.from_environment(), tokens.signing_key(folder))

    def url(self, service: str) -> str:
        return f"http://{HOST}:{self.ports.api(service)}"

    def token(self, *roles: str, **claims: str) -> str:
        return tokens.mint(self.key, f"http://{HOST}:{self.ports.portal}", roles, claims)


async def require_running(place: RunningPlatform) -> None:
    """Raises `StartFailed`."""
    async with httpx.AsyncClient(trust_env=False, timeout=5) as http:
        for service in SERVICES:
            try:
                (await http.get(f"{place.url(service)}/readyz")).raise_for_status()
            except httpx.HTTPError as error:
                raise StartFailed("The platform is not running: start it with make run first.") from error
