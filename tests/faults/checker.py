"""What must be true afterwards, read from the four databases."""

from collections import Counter, defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

import asyncpg
import orjson

from deploy.local.platform import Platform
from deploy.local.ports import SERVICES
from services.metrics.projections.domain import DIMENSIONS, Coordinates, moved
from services.metrics.projections.facts import PROJECTIONS
from services.registry.subscriptions import INBOX as REGISTRY_INBOX
from shared.events.catalogue import EVENTS
from shared.events.registry.institutions import InstitutionEvent
from tests.faults.load import Acknowledged


@dataclass
class Verdict:
    """Counts; everything but `events` should be zero."""

    events: int = 0
    unrelayed: int = 0
    acknowledged_lost: int = 0
    effects_lost: int = 0
    duplicated: int = 0
    reordered: int = 0
    phantoms: int = 0
    wrong_cells: int = 0
    parked: int = 0
    notes: list[str] = field(default_factory=list)

    @property
    def clean(self) -> bool:
        return self.events > 0 and not any(
            (
                self.unrelayed, self.acknowledged_lost, self.effects_lost, self.duplicated, self.reordered,
                self.phantoms, self.wrong_cells, self.parked,
            )
        )  # fmt: skip

    def line(self) -> str:
        return (
            f"events {self.events:,}, acknowledged writes lost {self.acknowledged_lost}, "
            f"effects lost {self.effects_lost}, duplicated {self.duplicated}, reordered {self.reordered}, "
            f"phantoms {self.phantoms}, wrong cells {self.wrong_cells}, parked {self.parked}"
        )


Journal = list[asyncpg.Record]


async def check(platform: Platform, acknowledged: Acknowledged) -> Verdict:
    """Hold every journal against every effect."""
    verdict = Verdict()
    connections = {service: await asyncpg.connect(platform.database_url(service, driver=None)) for service in SERVICES}
    try:
        journals = {
            service: await connection.fetch(
                "SELECT event_id, topic, type, key, key_version, payload::text AS payload FROM journal ORDER BY id"
            )
            for service, connection in connections.items()
        }
        verdict.events = sum(map(len, journals.values()))
        for connection in connections.values():
            verdict.unrelayed += await connection.fetchval("SELECT count(*) FROM outbox_pending")
            verdict.parked += await connection.fetchval("SELECT count(*) FROM parked")
        verdict.acknowledged_lost = _lost_writes(journals, acknowledged)
        await _check_metrics(connections["metrics"], journals, verdict)
        await _check_files(connections["registry"], journals["inspection"], verdict)
        await _check_targets(connections["inspection"], journals["registry"], verdict)
    finally:
        for connection in connections.values():
            await connection.close()
    return verdict


def _lost_writes(journals: Mapping[str, Journal], acknowledged: Acknowledged) -> int:
    newest: dict[tuple[str, str], int] = {}
    types: Counter[str] = Counter()
    for service, journal in journals.items():
        for row in journal:
            newest[service, str(row["key"])] = row["key_version"]  # in id order the last is the newest of its key
            types[row["type"]] += 1
    lost = sum(newest.get(key, 0) < version for key, version in acknowledged.versions.items())
    named = {
        "institutions": "registry.institution.registered.v1",
        "visits": "inspection.visit.recorded.v1",
        "violations": "inspection.violation.reported.v1",
    }
    return lost + sum(max(0, rows - types[named[kind]]) for kind, rows in acknowledged.rows.items())


async def _check_metrics(metrics: Any, journals: Mapping[str, Journal], verdict: Verdict) -> None:
    expected: set[tuple[UUID, str, UUID]] = set()
    standing: dict[tuple[str, UUID], Coordinates] = {}
    for journal in journals.values():
        for row in journal:
            kind = EVENTS[row["type"]]
            if kind in PROJECTIONS:
                for change in PROJECTIONS[kind](kind.model_validate_json(row["payload"])):
                    expected.add((row["event_id"], change.noun, change.id))
                    member = (change.noun, change.id)
                    standing[member] = moved(change.noun, standing.get(member), change.says, change.marks)
    keys = {row["event_id"]: row["key"] for journal in journals.values() for row in journal}
    receipts = await metrics.fetch("SELECT event_id, noun, member_id, topic, sequence FROM receipt ORDER BY id")
    found = Counter((row["event_id"], row["noun"], row["member_id"]) for row in receipts)
    verdict.effects_lost += len(expected - found.keys())
    verdict.phantoms += len(found.keys() - expected)
    verdict.duplicated += sum(times - 1 for times in found.values())
    last: dict[tuple[str, UUID | None, str, UUID], int] = defaultdict(int)
    for row in receipts:
        # Order is promised per key: an officer's assignment and the institution it marks have different ones.
        told = (row["topic"], keys.get(row["event_id"]), row["noun"], row["member_id"])
        verdict.reordered += row["sequence"] < last[told]
        last[told] = row["sequence"]
    cells = await metrics.fetch(f"SELECT noun, {', '.join(DIMENSIONS)}, members FROM cell WHERE members <> 0")
    verdict.wrong_cells = len(
        set(Counter(standing.values()).items()) ^ {(tuple(row.values())[:-1], row["members"]) for row in cells}
    )


async def _check_files(registry: Any, inspection: Journal, verdict: Verdict) -> None:
    wanted = {event.type for event in REGISTRY_INBOX.wanted}
    expected = {
        row["event_id"]
        for row in inspection
        if row["type"] in wanted and orjson.loads(row["payload"]).get("institution_id") is not None
    }
    filed = {row["event_id"] for row in await registry.fetch("SELECT event_id FROM file_entry")}
    verdict.effects_lost += len(expected - filed)
    verdict.phantoms += len(filed - expected)


async def _check_targets(inspection: Any, registry: Journal, verdict: Verdict) -> None:
    """The copy says what the newest event said."""
    told = (row for row in registry if issubclass(EVENTS[row["type"]], InstitutionEvent))
    newest = {row["key"]: orjson.loads(row["payload"]) for row in told}
    copied = {row["institution_id"]: row for row in await inspection.fetch("SELECT * FROM target")}
    verdict.effects_lost += len(newest.keys() - copied.keys())
    verdict.phantoms += len(copied.keys() - newest.keys())
    verdict.wrong_cells += sum(
        copied[key]["status"] != state["status"] for key, state in newest.items() if key in copied
    )
