"""An example request, and the world it is about: a service at work and the people in scope of its objects.

In scope: district 140213, street 140213050, team-01, institution and school of the world, guardian-1.
"""

from collections.abc import Callable, Coroutine, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import httpx

from shared.data.database import new_id
from shared.domain.clock import utc_now
from tests.edge.operations import Operation
from tests.services import Service

NOW = utc_now()
HERE, ELSEWHERE = "140213", "140214"
STREET = "140213050"


@dataclass(frozen=True)
class Ask:
    """A request that succeeds for somebody in scope; `shows` is an id its answer then contains.

    `instead`: by role, the fields of this request that people of that role fill differently.
    """

    ids: Mapping[str, str] = field(default_factory=dict)
    query: Mapping[str, str] = field(default_factory=dict)
    body: Any = None
    files: Mapping[str, tuple[str, bytes]] | None = None
    content: bytes | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
    shows: str | None = None
    instead: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)


@dataclass
class World:
    """A service at work, an example request for each of its operations, and who is in scope of them."""

    service: Service
    asks: dict[str, Ask]
    school: str = field(default_factory=lambda: str(new_id()))
    institution: str = field(default_factory=lambda: str(new_id()))

    def claims(self, role: str) -> dict[str, str]:
        """What the token of a person in scope says."""
        return {
            "district_officer": {"district": HERE},
            "inspector": {"district": HERE, "team": "team-01"},
            "operator": {"institution": self.institution},
            "school_staff": {"school": self.school},
            "guardian": {"subject": "guardian-1"},
        }.get(role, {})

    def client(self, role: str) -> httpx.AsyncClient:
        """A person in scope."""
        return self.service() if role == "anonymous" else self.service(role, **self.claims(role))

    def ask(self, operation: Operation, role: str) -> Ask:
        """The example, as people of this role fill it."""
        ask = self.asks[operation.name]
        return replace(ask, **ask.instead.get(role, {}))

    def request(self, operation: Operation, role: str) -> dict[str, Any]:
        """The example as keywords of `httpx.AsyncClient.request`."""
        ask = self.ask(operation, role)
        request: dict[str, Any] = {
            "method": operation.method, "url": operation.path.format(**ask.ids), "params": dict(ask.query)
        }  # fmt: skip
        if ask.body is not None:
            request["json"] = ask.body
        if ask.files is not None:
            request["files"] = ask.files
        if ask.content is not None:
            request["content"] = ask.content
        request["headers"] = {**ask.headers, **({"if-match": '"1"'} if operation.needs_version else {})}
        return request


Build = Callable[[Service], Coroutine[Any, Any, World]]


async def made(client: httpx.AsyncClient, url: str, **request: Any) -> str:
    answer = await client.post(url, **request)
    assert answer.status_code in (200, 201, 202), answer.text
    return str(answer.json()["id"])


def imports(started: str, queued: str, content: Mapping[str, tuple[str, bytes]]) -> dict[str, Ask]:
    return {
        "start_import": Ask(files=content),
        "get_import": Ask({"import_id": started}, shows=started),
        "list_import_rows": Ask({"import_id": started}),
        "cancel_import": Ask({"import_id": queued}),
    }
