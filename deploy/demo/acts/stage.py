"""The people, the size and the progress of the play, which every act has at hand."""

import asyncio
import json
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any, Final, TypeVar
from uuid import UUID, uuid5

import httpx

from deploy.demo.player import Client, Json, Player, PlayFailed, Progress
from deploy.demo.report import Size

Item = TypeVar("Item")

SIDE_BY_SIDE: Final = 12
PATIENCE: Final = 90.0
NAMES: Final = UUID("da70a6ab-0000-4000-8000-000000002021")
"""The namespace of ids that the play chooses, so that something sent twice is recognised."""


def named(*words: object) -> str:
    """The id of what these words name."""
    return str(uuid5(NAMES, " ".join(map(str, words))))


@dataclass(frozen=True)
class Stage:
    """One play on one platform on one day. `reviewer` is the second person of the bureau."""

    one: Player
    size: Size
    on: date
    folder: Path
    tell: Progress

    @property
    def bureau(self) -> Client:
        return self.one.bureau

    @property
    def reviewer(self) -> Client:
        return self.one.person("bureau", subject="bureau-2")

    @property
    def prefix(self) -> str:
        """How references of this play begin in the files of the ledger and the rosters."""
        return f"DT21{self.size.name[0].upper()}"

    def inspector(self, team: str, district: str) -> Client:
        return self.one.person("inspector", subject=f"inspector-{team}", district=district, team=team)

    def operator(self, institution: str) -> Client:
        return self.one.person("operator", subject=f"operator-{institution}", institution=institution)

    def staff(self, school: str) -> Client:
        return self.one.person("school_staff", subject=f"staff-{school}", school=school)

    async def all(self, service: str, path: str, **params: Any) -> list[Json]:
        return [item async for item in self.bureau.pages(service, path, **params)]

    async def each(self, what: str, items: Sequence[Item], do: Callable[[Item], Awaitable[object]]) -> None:
        """All of them, some side by side. The first that fails ends the others."""
        left, done = iter(items), 0
        self.tell(what, 0, len(items))

        async def work() -> None:
            nonlocal done
            for item in left:
                await do(item)
                done += 1
                self.tell(what, done, len(items))

        try:
            async with asyncio.TaskGroup() as group:
                for _ in range(SIDE_BY_SIDE):
                    group.create_task(work())
        except ExceptionGroup as failed:
            raise failed.exceptions[0] from failed

    async def reach(self, what: str, reached: Callable[[], Awaitable[int]], wanted: int) -> None:
        """Wait until one service has heard of what another decided."""
        found = await self.one.wait_for(what, reached, wanted, seconds=max(PATIENCE, self.size.patience))
        if found < wanted:
            raise PlayFailed(f"{what}: {found:,} instead of {wanted:,}")

    async def import_file(self, service: str, kind: str, content: bytes, mapping: Mapping[str, Any] | None) -> None:
        """Hand a file over and wait for its report; rows that are there already change nothing."""
        said = {"kind": kind} | ({} if mapping is None else {"mapping": json.dumps(mapping, ensure_ascii=False)})
        job = await self.bureau.upload(service, "/v1/imports", content, f"{kind}.csv", said)
        while job["state"] in ("queued", "running"):
            await asyncio.sleep(0.1)
            job = await self.bureau.get(service, f"/v1/imports/{job['id']}")
            done = sum(job[outcome] for outcome in ("accepted", "updated", "unchanged", "rejected"))
            self.tell(kind, done, job["total"] or 0)
        if job["state"] != "done" or job["rejected"]:
            raise PlayFailed(f"the import of {kind} ended as {job['state']}, {job['rejected']} rows rejected")


async def unless(code: str, asked: Awaitable[httpx.Response]) -> bool:
    """Whether it was done now; False if it is refused with this code because it was done before."""
    try:
        await asked
    except httpx.HTTPStatusError as error:
        if error.response.json().get("code") != code:
            raise PlayFailed(f"{error.request.url.path}: {error.response.text[:500]}") from error
        return False
    return True


async def once_heard(code: str, ask: Callable[[], Awaitable[httpx.Response]]) -> httpx.Response:
    """Ask again while it is refused with this code, because the service has not heard yet of what another decided."""
    async with asyncio.timeout(PATIENCE):
        while True:
            try:
                return await ask()
            except PlayFailed as error:
                if f'"{code}"' not in str(error):
                    raise
                await asyncio.sleep(0.3)
