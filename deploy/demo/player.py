"""Plays a data set through the HTTP APIs, as the bureau and its street teams would."""

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import date
from typing import Any, Protocol
from uuid import uuid4

import httpx
import stamina
import stamina.instrumentation

from deploy.demo.dataset import Dataset

# A retry is what this client is for; each is not news.
stamina.instrumentation.set_on_retry_hooks([])

Json = Any
Progress = Callable[[str, int, int], None]
"""What is under way, how much is done, how much there is."""


class Place(Protocol):
    """Where the platform answers, and whose tokens it takes."""

    def url(self, service: str) -> str: ...

    def token(self, *roles: str, **claims: str) -> str: ...


class PlayFailed(Exception):
    """The platform refused what it should have taken."""


def _busy(error: Exception) -> bool:
    """Worth asking again: no answer, or an honest 503. A POST carries its Idempotency-Key, so it happens once."""
    if isinstance(error, httpx.HTTPStatusError):
        return error.response.status_code in (409, 503) and (
            error.response.status_code == 503 or "in-flight" in error.response.text
        )
    return isinstance(error, httpx.TransportError)


@dataclass
class Client:
    """One person's HTTP client; everything is tried again until it is answered."""

    place: Place
    token: str
    http: httpx.AsyncClient
    patience: float = 90.0

    async def get(self, service: str, path: str, **params: Any) -> Json:
        return (await self._ask("GET", service, path, params=params)).json()

    async def post(self, service: str, path: str, body: Json, **options: Any) -> httpx.Response:
        return await self._ask("POST", service, path, json=body, **options)

    async def put(self, service: str, path: str, body: Json) -> httpx.Response:
        return await self._ask("PUT", service, path, json=body)

    async def patch(self, service: str, path: str, body: Json, *, version: int) -> httpx.Response:
        """A change to what stands at `version`; where it stands there already (an answer got lost), what stands."""
        return await self._ask("PATCH", service, path, json=body, headers={"If-Match": f'"{version}"'})

    async def send_part(self, service: str, path: str, content: bytes, offset: int) -> Json:
        """The next part of an upload."""
        headers = {"Upload-Offset": str(offset), "Content-Type": "application/octet-stream"}
        return (await self._ask("PATCH", service, path, content=content, headers=headers)).json()

    async def pages(self, service: str, path: str, **params: Any) -> AsyncIterator[Json]:
        """Every item of a list, page by page."""
        cursor: str | None = None
        while True:
            page = await self.get(service, path, limit=200, **({"cursor": cursor} if cursor else {}), **params)
            for item in page["items"]:
                yield item
            cursor = page["next_cursor"]
            if cursor is None:
                return

    async def upload(self, service: str, path: str, content: bytes, filename: str, data: Mapping[str, str]) -> Json:
        files = {"file": (filename, content)}
        return (await self._ask("POST", service, path, files=files, data=dict(data))).json()

    async def _ask(self, method: str, service: str, path: str, **options: Any) -> httpx.Response:
        headers = {"Authorization": f"Bearer {self.token}", **options.pop("headers", {})}
        if method == "POST":
            headers["Idempotency-Key"] = str(uuid4())
        async for attempt in stamina.retry_context(
            on=_busy, attempts=None, timeout=self.patience, wait_initial=0.05, wait_max=1.0
        ):
            with attempt:
                answer = await self.http.request(method, self.place.url(service) + path, headers=headers, **options)
                if answer.status_code in (409, 503):
                    answer.raise_for_status()
        if answer.is_error:
            raise PlayFailed(f"{method} {path} answered {answer.status_code}: {answer.text[:500]}")
        return answer


@dataclass
class Findings:
    """What a played campaign must have left behind."""

    campaign_id: str
    targets: int
    visits: int = 0
    violations: dict[str, int] = field(default_factory=lambda: {"low": 0, "moderate": 0, "high": 0})
    closed: int = 0


class Player:
    """The bureau's officer with the street teams at hand."""

    def __init__(self, place: Place, http: httpx.AsyncClient, progress: Progress) -> None:
        self._place, self._http, self._progress = place, http, progress
        self.bureau = self.person("bureau", subject="bureau-1")
        self.guardian = self.person("guardian", subject="guardian-1")

    def person(self, role: str, **claims: str) -> Client:
        """Somebody of that role."""
        return Client(self._place, self._place.token(role, **claims), self._http)

    async def import_grids(self, dataset: Dataset) -> Json:
        """Put the polygons in force."""
        grids = dataset.manifest["grids"]
        self._progress("grids", 0, 1)
        answer = await self.bureau.post(
            "inspection",
            "/v1/grids/import",
            dataset.grids(),
            params={"code_property": grids["code_property"], "name_property": grids["name_property"]},
        )
        self._progress("grids", 1, 1)
        return answer.json()

    async def form_teams(self, codes: Sequence[str], district: str | None = None) -> Mapping[str, str]:
        """One team for each grid; the team's code by the grid's."""
        teams = {}
        for number, code in enumerate(codes, start=1):
            team = f"team-{number:02d}"
            formed = {"code": team, "name": f"{code} team", "grids": [code], "district": district}
            await self.bureau.post("inspection", "/v1/teams", formed)
            teams[code] = team
            self._progress("teams", number, len(codes))
        return teams

    async def import_file(self, service: str, kind: str, dataset: Dataset) -> Json:
        """Hand a file over and wait until every row has its report."""
        job = await self.bureau.upload(
            service,
            "/v1/imports",
            dataset.path(kind).read_bytes(),
            dataset.path(kind).name,
            {"kind": kind, "mapping": json.dumps(dataset.mapping(kind), ensure_ascii=False)},
        )
        while job["state"] in ("queued", "running"):
            await asyncio.sleep(0.1)
            job = await self.bureau.get(service, f"/v1/imports/{job['id']}")
            done = job["accepted"] + job["updated"] + job["unchanged"] + job["rejected"]
            self._progress(kind, done, job["total"] or 0)
        if job["state"] != "done":
            raise PlayFailed(f"the import of {kind} failed: {job['error']}")
        return job

    async def wait_for(self, what: str, reached: Callable[[], Awaitable[int]], wanted: int, *, seconds: float) -> int:
        """Poll until a count has arrived; the count reached when patience ends."""
        loop = asyncio.get_running_loop()
        end = loop.time() + seconds
        while True:
            found = await reached()
            self._progress(what, min(found, wanted), wanted)
            if found >= wanted or loop.time() > end:
                return found
            await asyncio.sleep(0.2)

    async def play_campaign(self, teams: Mapping[str, str], grids: Sequence[str], *, on: date) -> Findings:
        """A live campaign: every target visited by its team, one violation in four visits, some verified."""
        scope = {"grids": list(grids)}
        created = await self.bureau.post(
            "inspection",
            "/v1/campaigns",
            {
                "name": "（演示）排查行动",
                "purpose": "全覆盖排查",
                "scope": scope,
                "starts_on": f"{on}",
                "ends_on": f"{on}",
            },
        )
        campaign_id = created.json()["id"]
        await self.bureau.post("inspection", f"/v1/campaigns/{campaign_id}/launch", {})
        targets = [item async for item in self.bureau.pages("inspection", f"/v1/campaigns/{campaign_id}/targets")]
        found = Findings(campaign_id, len(targets))
        queue = asyncio.Queue[tuple[int, Json]]()
        for numbered in enumerate(targets):
            queue.put_nowait(numbered)
        inspectors = {
            team: self.person("inspector", subject=f"inspector-{team}", team=team) for team in set(teams.values())
        }
        await asyncio.gather(*(self._walk(queue, inspectors, teams, found) for _ in range(4)))
        await self.bureau.post("inspection", f"/v1/campaigns/{campaign_id}/closure", {})
        return found

    async def _walk(
        self,
        queue: "asyncio.Queue[tuple[int, Json]]",
        inspectors: Mapping[str, Client],
        teams: Mapping[str, str],
        found: Findings,
    ) -> None:
        while not queue.empty():
            number, target = queue.get_nowait()
            await self._visit(inspectors[teams[target["grid"]]], number, target, found)
            self._progress("campaign visits", found.visits, found.targets)

    async def _visit(self, inspector: Client, number: int, target: Json, found: Findings) -> None:
        """Plan, start, submit; every fourth visit finds something, and every second finding is put right."""
        planned = await inspector.post(
            "inspection",
            "/v1/visits",
            {"institution_id": target["institution_id"], "campaign_id": found.campaign_id},
        )
        visit_id = planned.json()["id"]
        await inspector.post("inspection", f"/v1/visits/{visit_id}/start", {})
        severity = ("low", "moderate", "high")[number // 4 % 3]
        violations = [{"severity": severity, "description": "（演示）检查中发现的问题"}] if number % 4 == 0 else []
        await inspector.post(
            "inspection",
            f"/v1/visits/{visit_id}/submission",
            {"outcome": "inspected", "score": 90, "violations": violations},
        )
        found.visits += 1
        if violations:
            found.violations[severity] += 1
            if number % 8 == 0:
                await self._put_right(inspector, visit_id)
                found.closed += 1

    async def _put_right(self, inspector: Client, visit_id: str) -> None:
        listed = await self.bureau.get("inspection", "/v1/violations", visit=visit_id)
        path = f"/v1/violations/{listed['items'][0]['id']}"
        await self.bureau.post("inspection", f"{path}/rectification-order", {"requirement": "（演示）限期整改"})
        await inspector.post("inspection", f"{path}/rectification", {"statement": "（演示）已整改"})
        await inspector.post("inspection", f"{path}/verification", {"holds": True, "note": "复查属实"})


@asynccontextmanager
async def player(place: Place, progress: Progress = lambda *_: None) -> AsyncIterator[Player]:
    limits = httpx.Limits(max_connections=16)
    async with httpx.AsyncClient(timeout=60, limits=limits) as http:
        yield Player(place, http, progress)
