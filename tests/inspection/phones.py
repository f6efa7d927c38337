"""A phone in a test: it works without a line, keeps what it did, and sends it when it can."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import httpx

from shared.domain.clock import utc_now

KEY = {"kty": "OKP", "crv": "Ed25519", "x": "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}
"""The public key of RFC 8037, appendix A."""
IDS = {
    "institutions": "institution_id",
    "assignments": "target_id",
    "visits": "visit_id",
    "violations": "violation_id",
    "operations": "operation_id",
    "departures": "institution_id",
}
LISTS = tuple(IDS)


class Phone:
    """One person's phone, whose clock may be off."""

    def __init__(self, client: httpx.AsyncClient, *, clock_off: timedelta = timedelta(0)) -> None:
        self.client = client
        self.id = str(uuid4())
        self.clock_off = clock_off
        self.cursor: str | None = None
        self.known: dict[str, dict[str, Any]] = {name: {} for name in LISTS}

    def now(self) -> datetime:
        """What its clock shows."""
        return utc_now() + self.clock_off

    async def enrol(self) -> None:
        enrolled = await self.client.post("/v1/devices", json={"id": self.id, "label": "手机", "public_key": KEY})
        assert enrolled.status_code in (200, 201), enrolled.text

    def operation(self, kind: str, entity: str, *, base: int | None = None, **more: Any) -> dict[str, Any]:
        """Something done now, to be sent later."""
        return {
            "id": str(more.pop("id", uuid4())),
            "kind": kind,
            "entity_id": entity,
            "base_version": base,
            "after": [one["id"] for one in more.pop("after", ())],
            "at": more.pop("at", self.now()).isoformat(),
            "content": more,
        }

    async def post(self, operations: Sequence[dict[str, Any]]) -> httpx.Response:
        batch = {"device_id": self.id, "sent_at": self.now().isoformat(), "operations": list(operations)}
        return await self.client.post("/v1/sync", json=batch)

    async def push(self, *operations: dict[str, Any]) -> list[str]:
        """The verdicts, in order; then those released."""
        answer = await self.post(operations)
        assert answer.status_code == 200, answer.text
        told = answer.json()["verdicts"]
        assert [one["operation_id"] for one in told[: len(operations)]] == [one["id"] for one in operations]
        return [one["verdict"] for one in told]

    async def pull(self, limit: int = 1000) -> dict[str, list[Any]]:
        """Read on to the end, as an app would; what came."""
        came: dict[str, list[Any]] = {name: [] for name in LISTS}
        while True:
            asked = {"device": self.id, "limit": str(limit)} | ({"cursor": self.cursor} if self.cursor else {})
            answer = await self.client.get("/v1/sync", params=asked)
            assert answer.status_code == 200, answer.text
            page = answer.json()
            if page["reset"]:
                self.known = {name: {} for name in LISTS}
            for name in LISTS:
                came[name] += page[name]
                self.known[name].update({one[IDS[name]]: one for one in page[name]})
            for one in page["departures"]:
                self.known["institutions"].pop(one["institution_id"], None)
            self.cursor = page["next_cursor"]
            if not page["more"]:
                return came


def ids(items: Sequence[dict[str, Any]], name: str) -> set[UUID]:
    return {UUID(one[IDS[name]]) for one in items}
