"""`make campaign`: eighteen teams with three phones each walk a thousand institutions, mostly without a line.

Phones collect what they do, send it late, in pieces, twice, with wrong clocks; two inspectors stand at one door; an app
dies in the middle of an upload. With `--kills` the service dies too, that often. At the end every promise is counted
against what the phones themselves wrote down. Any promise not kept exits 1.
"""

import asyncio
import hashlib
import io
import random
import shutil
import tempfile
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Annotated, Any
from uuid import uuid4

import asyncpg
import httpx
import numpy as np
import typer
from PIL import Image

from deploy.demo import pingcheng
from deploy.demo.dataset import Dataset
from deploy.demo.player import Client, Player
from deploy.local.commands import portal_command
from deploy.local.platform import BrokerKind, Platform
from deploy.local.ports import Ports
from deploy.local.supervisor import Command
from shared.domain.clock import china_date, utc_now
from tests.faults.fleet import Fleet
from tests.inspection.phones import KEY

PHONES_PER_TEAM = 3
SHARED_DOORS = 0.12
"""Of the targets: so many have a visit of the office's, to which two phones go without knowing of each other."""
PHOTOS = 0.15
PART = 2048
"""Bytes a phone sends at once, so that an upload has a middle in which to die."""
PATIENCE = 180.0
FOUND = "（演示）无证点"


@dataclass
class Photo:
    """What a phone holds until the service has it."""

    evidence: str
    content: bytes


@dataclass
class Record:
    """What the phones wrote down, and what they were told: the other side of the comparison."""

    operations: dict[str, dict[str, Any]] = field(default_factory=dict)
    verdicts: dict[str, set[str]] = field(default_factory=dict)
    photos: dict[str, str] = field(default_factory=dict)
    discoveries: int = 0
    resent: int = 0
    broken_uploads: int = 0

    def told(self, operation: str, verdict: str) -> None:
        self.verdicts.setdefault(operation, set()).add(verdict)


class Phone:
    """One inspector's app. `pending` is what it did and nobody has answered for."""

    def __init__(self, http: Client, team: str, person: str, dice: random.Random, record: Record) -> None:
        self._http, self.team, self.person, self._dice, self._record = http, team, person, dice, record
        self.device = str(uuid4())
        self._clock_off = timedelta(minutes=dice.choice((0, 0, 3, -7, 600, -100_000, 500_000)))
        self._cursor: str | None = None
        self.assignments: dict[str, Any] = {}
        self.visits: dict[str, Any] = {}
        self.pending: list[dict[str, Any]] = []
        self.sent: list[dict[str, Any]] = []
        self.photos: list[Photo] = []
        self._hours_ago = 0.0
        self._shut: set[str] = set()

    async def enrol(self) -> None:
        await self._http.post("inspection", "/v1/devices", {"id": self.device, "label": "手机", "public_key": KEY})

    def _does(self, kind: str, entity: str, base: int | None, after: Sequence[str], content: dict[str, Any]) -> str:
        """Something done in the street, some hours before it is sent."""
        self._hours_ago = max(0.0, self._hours_ago - self._dice.uniform(0.01, 0.2))
        at = utc_now() - timedelta(hours=self._hours_ago) + self._clock_off
        operation: dict[str, Any] = {
            "id": str(uuid4()), "kind": kind, "entity_id": entity, "base_version": base, "after": list(after),
            "at": at.isoformat(), "content": content,
        }  # fmt: skip
        self.pending.append(operation)
        self._record.operations[operation["id"]] = operation
        return str(operation["id"])

    def visit(self, campaign: str, institution: str, known: dict[str, Any] | None) -> None:
        """Go there: to the visit the office planned, or to one of one's own."""
        after: list[str] = []
        if known is None:
            visit, base = str(uuid4()), 1
            plan = {"institution_id": institution, "campaign_id": campaign}
            after = [self._does("plan_visit", visit, None, (), plan)]
        else:
            visit, base = known["visit_id"], known["version"]
        started = self._does("start_visit", visit, base, after, {})
        # Doors that stay closed for three days are for longer campaigns: here somebody opens the second time.
        shut = 0 if institution in self._shut else 10
        outcome = self._dice.choices(
            ("inspected", "closed_door", "moved", "refused", "duplicate"), (82, shut, 3, 3, 2)
        )[0]
        if outcome == "closed_door":
            self._shut.add(institution)
        said: dict[str, Any] = {"outcome": outcome}
        if outcome == "inspected":
            said["score"] = self._dice.randint(60, 100)
            if self._dice.random() < 0.3:
                said["violations"] = [{"severity": "low", "description": f"{self.person} {uuid4()}"}]
        self._does("submit_visit", visit, base + 1, [started], said)
        if self._dice.random() < PHOTOS:
            self._take_photo(visit, after)

    def discover(self, campaign: str) -> None:
        """An institution that no list knew."""
        visit = str(uuid4())
        grid = next(one["grid"] for one in self.assignments.values())
        planned = self._does("plan_visit", visit, None, (), {"campaign_id": campaign, "grid": grid})
        started = self._does("start_visit", visit, 1, [planned], {})
        found = {
            "name": f"{FOUND} {visit[:8]}",
            "address": f"演示路{self._dice.randint(1, 300)}号",
            "kind": "subject",
        }
        self._does("submit_visit", visit, 2, [started], {"outcome": "newly_found", "discovery": found})
        self._record.discoveries += 1

    def _take_photo(self, visit: str, after: Sequence[str]) -> None:
        noise = np.random.default_rng(self._dice.randrange(2**32)).integers(0, 255, (48, 64, 3), dtype=np.uint8)
        buffer = io.BytesIO()
        Image.fromarray(noise).save(buffer, "JPEG")
        photo = Photo(str(uuid4()), buffer.getvalue())
        said = {
            "subject_kind": "visit", "subject_id": visit, "media_type": "image/jpeg", "size": len(photo.content),
            "sha256": hashlib.sha256(photo.content).hexdigest(),
            "captured_at": (utc_now() + self._clock_off).isoformat(),
            "position": {"lon": 113.3, "lat": 40.08},
        }  # fmt: skip
        self._does("announce_evidence", photo.evidence, None, after, said)
        self.photos.append(photo)

    async def pull(self) -> None:
        """What changed for the team; a phone that was away reads page by page."""
        while True:
            asked = {"device": self.device, "limit": 200} | ({"cursor": self._cursor} if self._cursor else {})
            page = await self._http.get("inspection", "/v1/sync", **asked)
            if page["reset"]:
                self.assignments, self.visits = {}, {}
            self.assignments |= {one["target_id"]: one for one in page["assignments"]}
            self.visits |= {one["visit_id"]: one for one in page["visits"]}
            for one in page["operations"]:
                self._record.told(one["operation_id"], one["verdict"])
            self._cursor = page["next_cursor"]
            if not page["more"]:
                return

    async def push(self) -> None:
        """A line at last: everything, in pieces out of order, some of it again."""
        pieces = [self.pending[start : start + 25] for start in range(0, len(self.pending), 25)]
        if self._dice.random() < 0.3:
            self._dice.shuffle(pieces)
        for piece in pieces:
            await self._send(piece)
            if self._dice.random() < 0.25:  # the answer never came: as far as the phone knows
                self._record.resent += len(piece)
                await self._send(piece)
        self.sent += self.pending
        self.pending = []
        if self.sent and self._dice.random() < 0.4:
            again = self._dice.sample(self.sent, min(len(self.sent), 30))
            self._record.resent += len(again)
            await self._send(again)
        await self._upload()

    async def _send(self, operations: Sequence[dict[str, Any]]) -> None:
        batch = {
            "device_id": self.device, "sent_at": (utc_now() + self._clock_off).isoformat(),
            "operations": list(operations),
        }  # fmt: skip
        answer = (await self._http.post("inspection", "/v1/sync", batch)).json()
        for told in answer["verdicts"]:
            self._record.told(told["operation_id"], told["verdict"])

    async def _upload(self) -> None:
        """Part by part; now and then the app dies in the middle, and asks where it was."""
        waiting, self.photos = self.photos, []
        for photo in waiting:
            url = f"/v1/evidence/{photo.evidence}"
            while True:
                try:
                    known = await self._http.get("inspection", url)
                except Exception:  # not announced yet: its visit is held, or in conflict
                    self.photos.append(photo)
                    break
                offset = known["received_bytes"]
                if known["state"] != "announced":
                    self._record.photos[photo.evidence] = hashlib.sha256(photo.content).hexdigest()
                    break
                if self._dice.random() < 0.1:
                    self._record.broken_uploads += 1
                    self.photos.append(photo)
                    break
                await self._part(url, photo.content[offset : offset + PART], offset)

    async def _part(self, url: str, content: bytes, offset: int) -> None:
        headers = {"Authorization": f"Bearer {self._http.token}", "upload-offset": str(offset)}
        try:
            await self._http.http.patch(
                self._http.place.url("inspection") + f"{url}/content", content=content, headers=headers
            )
        except httpx.TransportError:
            return  # what came of it is asked for before the next part

    async def day(self, campaign: str, doors: Sequence[str]) -> None:
        """Read the list, be away for hours, come back."""
        await self.pull()
        self._hours_ago = self._dice.uniform(1, 9)
        planned = {one["institution_id"]: one for one in self.visits.values() if one["state"] == "planned"}
        for institution in doors:
            known = planned.get(institution)
            self.visit(campaign, institution, known)
        await asyncio.sleep(self._dice.uniform(0.0, 0.3))
        await self.push()


class Street:
    """The whole campaign, from the launch to the counting."""

    def __init__(self, platform: Platform, http: httpx.AsyncClient, dice: random.Random) -> None:
        self._platform, self._http, self._dice = platform, http, dice
        self.player = Player(platform, http, lambda *_: None)
        self.bureau = self._person("bureau", subject="bureau-1")
        self.record = Record()
        self.campaign = ""
        self.teams: dict[str, list[Phone]] = {}
        self.undecided = -1

    def _person(self, role: str, **claims: str) -> Client:
        return Client(self._platform, self._platform.token(role, **claims), self._http, patience=PATIENCE)

    async def prepare(self, dataset: Dataset, institutions: int) -> int:
        """Grids, a ledger, teams, a launched campaign, and the office's own visits; the length of the list."""
        await self.player.import_grids(dataset)
        for number, grid in enumerate(sorted(pingcheng.STREETS), 1):
            team = {"code": f"team-{number:02}", "name": pingcheng.STREETS[grid], "district": pingcheng.DISTRICT}
            await self.bureau.post("inspection", "/v1/teams", team | {"grids": [grid]})
        await self.player.import_file("registry", "institutions", dataset)
        await self.player.wait_for("placed", self._known, institutions, seconds=PATIENCE)
        scope = {"grids": sorted(pingcheng.STREETS)}
        days = {"starts_on": str(china_date(utc_now())), "ends_on": str(china_date(utc_now()) + timedelta(days=30))}
        planned = (
            await self.bureau.post("inspection", "/v1/campaigns", {"name": "拉网排查", "scope": scope, **days})
        ).json()
        self.campaign = planned["id"]
        launched = (await self.bureau.post("inspection", f"/v1/campaigns/{self.campaign}/launch", None)).json()
        for number in range(1, len(pingcheng.STREETS) + 1):
            code = f"team-{number:02}"
            self.teams[code] = [
                Phone(
                    self._person("inspector", team=code, district=pingcheng.DISTRICT, subject=f"{code}-{place}"),
                    code,
                    f"{code}-{place}",
                    random.Random(self._dice.random()),
                    self.record,
                )
                for place in range(PHONES_PER_TEAM)
            ]
        return int(launched["targets_total"])

    async def _known(self) -> int:
        spots = await self.bureau.get("inspection", "/v1/blind-spots")
        return int(spots["placed"] + spots["unplaced"])

    async def walk(self) -> None:
        """All teams at once, until no team has an open target on its list."""
        await asyncio.gather(*(phone.enrol() for phones in self.teams.values() for phone in phones))
        await asyncio.gather(*(self._walk(phones) for phones in self.teams.values()))

    async def _walk(self, phones: list[Phone]) -> None:
        first, dice = phones[0], phones[0]._dice
        await first.pull()
        if not first.assignments:
            return  # too few institutions for every street to have one
        begun = [one["institution_id"] for one in first.assignments.values()]
        shared = dice.sample(begun, min(len(begun), max(1, int(len(begun) * SHARED_DOORS))))
        for institution in shared:
            plan = {"institution_id": institution, "campaign_id": self.campaign, "team": first.team}
            await self.bureau.post("inspection", "/v1/visits", plan)
        first.discover(self.campaign)
        while True:
            await first.pull()
            still_open = [one["institution_id"] for one in first.assignments.values() if one["state"] == "open"]
            if not still_open:
                break
            away = [one for one in still_open if one not in shared]
            mine = [away[place :: len(phones)][:15] for place in range(len(phones))]
            # Two phones go to each shared door, and neither knows.
            both = [one for one in shared if one in still_open][:4]
            for place in (0, 1):
                mine[place] = mine[place] + both
            await asyncio.gather(*(phone.day(self.campaign, doors) for phone, doors in zip(phones, mine, strict=True)))
        for phone in phones:
            while phone.pending or phone.photos:
                await phone.push()

    async def settle(self) -> None:
        """Once more everything, from every phone: nothing may change. Then officers decide what is in conflict."""
        for phones in self.teams.values():
            for phone in phones:
                for start in range(0, len(phone.sent), 400):
                    await phone._send(phone.sent[start : start + 400])
        officer = self._person("district_officer", district=pingcheng.DISTRICT, subject="officer-1")
        for kind in ("submit_visit", "start_visit"):  # the start is decided with its submission
            open_ones = officer.pages("inspection", "/v1/sync/operations", verdict="hard_conflict", unresolved="true")
            for conflict in [one async for one in open_ones if one["kind"] == kind]:
                await officer.post(
                    "inspection",
                    f"/v1/sync/operations/{conflict['id']}/resolution",
                    {"choice": "server", "reason": "先到者为准"},
                )
        open_ones = officer.pages("inspection", "/v1/sync/operations", verdict="hard_conflict", unresolved="true")
        self.undecided = len([one async for one in open_ones])

    async def lose_an_operation(self) -> None:
        """Take away what one phone did, as a bug would: whoever counts must see it."""
        connection = await asyncpg.connect(self._platform.database_url("inspection", driver=None))
        await connection.execute(
            "DELETE FROM sync_operation WHERE id = (SELECT id FROM sync_operation WHERE verdict = 'applied' LIMIT 1)"
        )
        await connection.close()

    async def promises(self, targets: int) -> "list[Promise]":
        """What was promised, against what the phones wrote down."""
        record = self.record
        kept = {one["id"]: one async for one in self.bureau.pages("inspection", "/v1/sync/operations")}
        coverage = await self.bureau.get("inspection", f"/v1/campaigns/{self.campaign}/coverage")
        visits = {one["id"]: one async for one in self.bureau.pages("inspection", "/v1/visits")}
        violations = Counter([one["description"] async for one in self.bureau.pages("inspection", "/v1/violations")])
        verdicts = Counter(one["verdict"] for one in kept.values())
        done = {"applied", "soft_conflict"}
        submitted = [one for one in kept.values() if one["kind"] == "submit_visit" and one["verdict"] in done]
        said = Counter(
            finding["description"]
            for one in submitted
            if one["code"] != "said-already"
            for finding in one["content"].get("violations", ())
        )
        planned = {one["entity_id"] for one in kept.values() if one["kind"] == "plan_visit" and one["verdict"] in done}
        ended = {one["entity_id"] for one in submitted}
        evidence = await self._evidence()
        announced = {
            one["entity_id"] for one in kept.values() if one["kind"] == "announce_evidence" and one["verdict"] in done
        }
        await self.player.wait_for("discoveries in the ledger", self._unlicensed, record.discoveries, seconds=PATIENCE)
        closed = (await self.bureau.post("inspection", f"/v1/campaigns/{self.campaign}/closure", None)).json()
        changed = [
            operation
            for operation, told in record.verdicts.items()
            if not consistent(told, kept[operation]["verdict"] if operation in kept else "")
        ]
        ended_at_all = sum(one["outcome"] is not None for one in visits.values())
        print(f"  verdicts: {dict(sorted(verdicts.items()))}")
        return [
            Promise("targets with a reason", targets, coverage["closed"]),
            Promise("operations with one verdict", len(record.operations), len(kept)),
            Promise("operations answered", len(record.operations), len(record.verdicts)),
            Promise("verdicts that changed", 0, len(changed)),
            Promise("operations still held or refused", 0, verdicts["held"] + verdicts["refused"]),
            Promise("conflicts that nobody decided", 0, self.undecided),
            Promise("visits made by phones", len(planned), len(planned & set(visits))),
            Promise("visits ended once", len(ended), sum(visits[one]["outcome"] is not None for one in ended)),
            Promise("violations found", said.total(), sum(violations[one] for one in said)),
            Promise("violations found twice", 0, sum(number > 1 for number in violations.values())),
            Promise("photos announced", len(announced), len(evidence)),
            Promise("photos kept as recorded", len(announced), sum(one["state"] == "kept" for one in evidence)),
            Promise("photos whose hash differs", 0, self._differing(evidence)),
            Promise("discoveries", record.discoveries, coverage["discoveries"]),
            Promise("discoveries in the ledger", record.discoveries, await self._unlicensed()),
            Promise("the campaign closed", 1, int(closed["state"] == "closed")),
            Promise("visits counted by metrics", ended_at_all, await self._counted()),
        ]

    async def _evidence(self) -> list[dict[str, Any]]:
        """Once the worker has looked at everything, or patience ends."""
        end = time.monotonic() + PATIENCE
        while True:
            found = [one async for one in self.bureau.pages("inspection", "/v1/evidence")]
            if all(one["state"] in ("kept", "refused") for one in found) or time.monotonic() > end:
                return found
            await asyncio.sleep(1)

    def _differing(self, evidence: Sequence[dict[str, Any]]) -> int:
        return sum(self.record.photos.get(one["id"], one["sha256"]) != one["sha256"] for one in evidence)

    async def _unlicensed(self) -> int:
        listed = self.bureau.pages("registry", "/v1/institutions", status="unlicensed")
        return len([one async for one in listed if one["name"].startswith(FOUND)])

    async def _counted(self) -> int:
        visits = [one async for one in self.bureau.pages("inspection", "/v1/visits")]
        wanted = sum(one["state"] in ("done", "reviewed") for one in visits)
        number = 0

        async def counted() -> int:
            nonlocal number
            card = await self.bureau.get("metrics", "/v1/scorecard", scope="city")
            number = int(next(one["numerator"] for one in card["values"] if one["code"] == "inspection.visits"))
            return number

        await self.player.wait_for("visits counted", counted, wanted, seconds=PATIENCE)
        return number


def consistent(told: set[str], kept: str) -> bool:
    """Held may become anything; what was decided stays, and is `already_applied` when it is sent again."""
    allowed = {kept, "held"} | ({"already_applied"} if kept in ("applied", "soft_conflict") else set())
    return told <= allowed


@dataclass(frozen=True)
class Promise:
    """A line of the closing table."""

    what: str
    wanted: int
    found: int

    @property
    def kept(self) -> bool:
        return self.wanted == self.found


async def torment(fleet: Fleet, kills: int, dice: random.Random, work: "asyncio.Task[None]") -> None:
    """Kill the service under the phones, so often, as long as they walk."""
    while fleet.kills.total() < kills and not work.done():
        await asyncio.sleep(dice.uniform(0.2, 0.8))
        await fleet.kill(dice.choice(("inspection.api", "inspection.api", "inspection.worker")))


async def run(
    institutions: int, kills: int, broker: BrokerKind = "embedded", seed: int = 20261125, *, plant: bool = False
) -> bool:
    folder = Path(tempfile.mkdtemp(prefix="double-wings-campaign-"))
    dice = random.Random(seed)
    try:
        data = folder / "pingcheng"
        pingcheng.write(data, institutions=institutions, on=china_date(utc_now()))
        async with (
            Platform(folder, ports=Ports.free(), broker=broker, commands=_portal_alone, quiet=True) as platform,
            httpx.AsyncClient(timeout=60, trust_env=False, limits=httpx.Limits(max_connections=80)) as http,
        ):
            fleet = Fleet(platform)
            await fleet.start()
            try:
                street = Street(platform, http, dice)
                return await _campaign(street, fleet, Dataset.of(data), institutions, kills, dice, plant=plant)
            finally:
                await fleet.stop()
    finally:
        shutil.rmtree(folder, ignore_errors=True)


async def _campaign(
    street: Street,
    fleet: Fleet,
    dataset: Dataset,
    institutions: int,
    kills: int,
    dice: random.Random,
    *,
    plant: bool,
) -> bool:
    targets = await street.prepare(dataset, institutions)
    phones = sum(len(phones) for phones in street.teams.values())
    print(f"{len(street.teams)} teams, {phones} phones, {targets} targets, {kills} kills planned", flush=True)
    began = time.monotonic()
    work = asyncio.create_task(street.walk())
    if kills:
        await torment(fleet, kills, dice, work)
    await work
    await fleet.ready()
    await street.settle()
    if plant:
        await street.lose_an_operation()
    lines = await street.promises(targets)
    record = street.record
    print(
        f"  {len(record.operations)} operations, {record.resent} sent again, {record.broken_uploads} uploads broken, "
        f"{fleet.kills.total()} kills, {time.monotonic() - began:.1f} s"
    )
    for line in lines:
        print(f"  {'kept  ' if line.kept else 'BROKEN'}  {line.what}: {line.found} of {line.wanted}")
    broken = [line for line in lines if not line.kept]
    if fleet.kills.total() < kills:
        print(f"  short: {kills} kills were planned, {fleet.kills.total()} happened")
    print(f"{len(lines)} promises kept" if not broken else f"{len(broken)} promises broken", flush=True)
    return not broken and fleet.kills.total() >= kills


def _portal_alone(platform: Platform) -> list[Command]:
    """The fleet runs the services; the platform keeps its engines and the issuer."""
    return [portal_command(platform)]


def main(
    institutions: Annotated[int, typer.Option(help="Synthetic institutions in the real outline.")] = 1000,
    kills: Annotated[int, typer.Option(help="How often the service is killed in a second round.")] = 40,
    broker: Annotated[str, typer.Option(help="embedded or apache")] = "embedded",
    seed: Annotated[int, typer.Option(help="Replays a run.")] = 20261125,
    plant_loss: Annotated[bool, typer.Option(help="Take one operation away, which must turn the result red.")] = False,
) -> None:
    """The campaign in peace, then with the service killed again and again."""
    kind: BrokerKind = "apache" if broker == "apache" else "embedded"
    rounds = (0, kills) if kills else (0,)
    kept = [asyncio.run(run(institutions, number, kind, seed, plant=plant_loss)) for number in rounds]
    raise typer.Exit(0 if all(kept) else 1)


if __name__ == "__main__":
    typer.run(main)
