"""People and files at work while things die. Remembers every write that was acknowledged."""

import asyncio
import json
import random
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from uuid import uuid4

from deploy.demo.player import Client, PlayFailed
from deploy.demo.school_life import SchoolLife

LEDGER_ROWS = 1500
LARGEST_LEDGERS = 20
KILLED_TOO_OFTEN = "attempts-exhausted"
CITY = "140213"


@dataclass
class Acknowledged:
    """What the platform said was done: journal versions by service and key, and rows that imports took."""

    versions: dict[tuple[str, str], int] = field(default_factory=dict)
    rows: dict[str, int] = field(default_factory=dict)
    unknown: int = 0

    def note(self, service: str, key: str, version: int) -> None:
        self.versions[service, key] = max(version, self.versions.get((service, key), 0))

    def note_rows(self, kind: str, number: int) -> None:
        self.rows[kind] = self.rows.get(kind, 0) + number

    @property
    def events(self) -> int:
        """How many events there must be at least."""
        return sum(self.versions.values()) + sum(self.rows.values())


class Load:
    """Writers that go on until told to stop."""

    def __init__(self, bureau: Client, guardian: Client, *, seed: int) -> None:
        self._bureau, self._guardian = bureau, guardian
        self._dice = random.Random(seed)
        self._stop = asyncio.Event()
        self._entered: asyncio.Queue[str] = asyncio.Queue()
        self.acknowledged = Acknowledged()

    async def run(self) -> None:
        """Files and single requests side by side; after `stop`, each ends what it has begun."""
        async with asyncio.TaskGroup() as group:
            for work in (self._ledgers(), self._visits(), self._entries(), self._enrolments()):
                group.create_task(work)

    def stop(self) -> None:
        self._stop.set()

    async def _ledgers(self) -> None:
        """Ledger after ledger, as long as the city is not full."""
        for _ in range(LARGEST_LEDGERS):
            if self._stop.is_set():
                return
            stem = uuid4().hex[:8]
            await self._import("registry", "institutions", _ledger(stem, self._dice), INSTITUTIONS)
            self._entered.put_nowait(stem)

    async def _visits(self) -> None:
        """The visits to the institutions of each ledger, and what they found, once inspection has heard of them."""
        while not self._stop.is_set():
            try:
                stem = await asyncio.wait_for(self._entered.get(), 0.5)
            except TimeoutError:
                continue
            while not await self._known(f"{stem}-{LEDGER_ROWS - 1}"):
                if self._stop.is_set():
                    return
                await asyncio.sleep(0.2)
            await self._import("inspection", "visits", _visits(stem), VISITS)
            await self._import("inspection", "violations", _violations(stem, self._dice), VIOLATIONS)

    async def _import(self, service: str, kind: str, content: str, mapping: Mapping[str, Any]) -> None:
        """Upload the file until an import of it is done: one whose process was killed too often has failed."""
        job: dict[str, Any] = {"state": "failed", "error": KILLED_TOO_OFTEN}
        while job["state"] == "failed" and job["error"] == KILLED_TOO_OFTEN:
            job = await self._bureau.upload(
                service, "/v1/imports", content.encode(), f"{kind}.csv", {"kind": kind, "mapping": json.dumps(mapping)}
            )
            while job["state"] in ("queued", "running"):
                await asyncio.sleep(0.2)
                job = await self._bureau.get(service, f"/v1/imports/{job['id']}")
            self.acknowledged.note_rows(kind, job["accepted"])
        assert job["state"] == "done", job

    async def _known(self, external_ref: str) -> bool:
        """Whether inspection has heard of the last institution of a file: a dry run of one visit says so."""
        content = f"ref,inst,day\n{external_ref}-dry,{external_ref},2026-01-05\n"
        job = await self._bureau.upload(
            "inspection",
            "/v1/imports",
            content.encode(),
            "dry.csv",
            {"kind": "visits", "mapping": json.dumps(VISITS), "dry_run": "true"},
        )
        while job["state"] in ("queued", "running"):
            await asyncio.sleep(0.1)
            job = await self._bureau.get("inspection", f"/v1/imports/{job['id']}")
        return bool(job["accepted"])

    async def _entries(self) -> None:
        """Single institutions, registered and corrected."""
        while not self._stop.is_set():
            answer = await self._bureau.post("registry", "/v1/institutions", _institution())
            entry = answer.json()
            self.acknowledged.note("registry", entry["id"], entry["version"])
            for status in ("suspended", "active"):
                entry = await self._correct(entry, status)
                self.acknowledged.note("registry", entry["id"], entry["version"])

    async def _correct(self, entry: dict[str, Any], status: str) -> dict[str, Any]:
        """A correction whose answer got lost is refused the second time; what stands then is the truth."""
        path = f"/v1/institutions/{entry['id']}"
        try:
            answer = await self._bureau.patch("registry", path, {"status": status}, version=entry["version"])
        except PlayFailed:
            self.acknowledged.unknown += 1
            return dict(await self._bureau.get("registry", path))
        return dict(answer.json())

    async def _enrolments(self) -> None:
        """Offerings that fill up, and children who come and go."""
        school = (
            await self._bureau.post(
                "afterschool",
                "/v1/schools",
                {"code": f"S-{uuid4().hex[:8]}", "name": "第一小学", "stage": "primary", "district": CITY},
            )
        ).json()
        self.acknowledged.note("afterschool", school["id"], 1)
        life = SchoolLife(self._bureau, self._guardian)
        term, school_class = await life.open_term(), await life.form_class(school["id"], grade=3)
        pupils = [await life.admit(school_class, f"学生{number}") for number in range(8)]
        while not self._stop.is_set():
            offering = (
                await self._bureau.post(
                    "afterschool",
                    "/v1/offerings",
                    {
                        "school_id": school["id"],
                        "name": "篮球",
                        "category": "sunshine_sports",
                        "term": term,
                        "capacity": 5,
                        "opens_at": "2020-01-01T00:00:00Z",
                        "closes_at": "2099-01-01T00:00:00Z",
                    },
                )
            ).json()
            self.acknowledged.note("afterschool", offering["id"], 1)
            enrolments = [
                (
                    await self._guardian.post(
                        "afterschool", "/v1/enrolments", {"offering_id": offering["id"], "student_id": pupil}
                    )
                ).json()
                for pupil in pupils
            ]
            for enrolment in enrolments:
                self.acknowledged.note("afterschool", enrolment["id"], 1)
            await self._guardian.post("afterschool", f"/v1/enrolments/{enrolments[0]['id']}/withdrawal", {})
            self.acknowledged.note("afterschool", enrolments[0]["id"], 2)


def _institution() -> dict[str, Any]:
    return {
        "name": "压测机构",
        "kind": "non_subject",
        "address": "某路1号",
        "district": CITY,
        "external_ref": uuid4().hex,
        "lon": 113.3,
        "lat": 40.08,
    }


INSTITUTIONS = {
    "columns": {"external_ref": "ref", "name": "name", "address": "address", "lon": "lon", "lat": "lat"},
    "constants": {"kind": "subject", "district": CITY},
}
VISITS = {"columns": {"external_ref": "ref", "institution_ref": "inst", "visited_on": "day"}}
VIOLATIONS = {
    "columns": {"external_ref": "ref", "visit_ref": "visit", "severity": "severity"},
    "constants": {"description": "found"},
}


def _ledger(stem: str, dice: random.Random) -> str:
    rows = [
        f"{stem}-{number},机构{number},某路{number}号,"
        f"{dice.uniform(113.22, 113.39):.5f},{dice.uniform(40.0, 40.15):.5f}"
        for number in range(LEDGER_ROWS)
    ]
    return "\n".join(["ref,name,address,lon,lat", *rows])


def _visits(stem: str) -> str:
    rows = [f"{stem}-{number}-v,{stem}-{number},2026-03-0{number % 9 + 1}" for number in range(LEDGER_ROWS)]
    return "\n".join(["ref,inst,day", *rows])


def _violations(stem: str, dice: random.Random) -> str:
    rows = [
        f"{stem}-{number}-p,{stem}-{number}-v,{dice.choice(('low', 'moderate', 'high'))}"
        for number in range(LEDGER_ROWS)
    ]
    return "\n".join(["ref,visit,severity", *rows])
