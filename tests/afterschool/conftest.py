"""After-school at work on a scratch database with two schools in two districts."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest
from sqlalchemy import text

from services.afterschool.app import create_app
from services.afterschool.settings import Settings
from shared.domain.clock import utc_now
from tests.infrastructure import ScratchDatabase
from tests.services import Service, running, settings_on

NOW = utc_now()
OPEN = {"opens_at": (NOW - timedelta(days=1)).isoformat(), "closes_at": (NOW + timedelta(days=9)).isoformat()}
CLOSED = {"opens_at": (NOW - timedelta(days=9)).isoformat(), "closes_at": (NOW - timedelta(days=1)).isoformat()}
SCHEDULED = {"opens_at": (NOW + timedelta(days=1)).isoformat(), "closes_at": (NOW + timedelta(days=9)).isoformat()}

_UNTRUE = text(
    """
    SELECT offering.id FROM offering
    LEFT JOIN LATERAL (
        SELECT count(*) FILTER (WHERE state = 'enrolled') AS enrolled,
               count(*) FILTER (WHERE state = 'waiting') AS waiting, count(*) AS asked
        FROM enrolment WHERE offering_id = offering.id
    ) held ON true
    WHERE offering.enrolled <> held.enrolled OR offering.waiting <> held.waiting OR offering.asked <> held.asked
       OR offering.enrolled > capacity OR (offering.waiting > 0 AND offering.enrolled + held_back < capacity)
    """
)
_UNTOLD = text(
    """
    SELECT enrolment.id FROM enrolment
    LEFT JOIN LATERAL (
        SELECT count(*) AS facts, max(key_version) AS last FROM journal WHERE key = enrolment.id
    ) told ON true
    LEFT JOIN journal ON journal.key = enrolment.id AND journal.key_version = told.last
    WHERE told.facts <> enrolment.version OR told.last IS DISTINCT FROM enrolment.version
       OR state <> CASE split_part(journal.type, '.', 3)
                   WHEN 'enrolled' THEN 'enrolled' WHEN 'promoted' THEN 'enrolled'
                   WHEN 'waitlisted' THEN 'waiting' ELSE 'withdrawn' END
    """
)
_UNSENT = text("SELECT id FROM journal WHERE id NOT IN (SELECT journal_id FROM outbox_pending)")


@dataclass
class World:
    """The service, and the ways of tests to look behind its routes."""

    service: Service
    schools: dict[str, str] = field(default_factory=dict)
    """District -> the id of its school."""

    @property
    def bureau(self) -> httpx.AsyncClient:
        return self.service("bureau")

    def guardian(self, subject: str = "guardian-1") -> httpx.AsyncClient:
        return self.service("guardian", subject=subject)

    def officer(self, district: str) -> httpx.AsyncClient:
        return self.service("district_officer", district=district)

    def staff(self, district: str = "140213") -> httpx.AsyncClient:
        return self.service("school_staff", school=self.schools[district])

    async def school(self, district: str, **more: str) -> str:
        body = {"code": uuid4().hex[:12], "name": "第一小学", "stage": "primary", "district": district, **more}
        answer = await self.bureau.post("/v1/schools", json=body)
        assert answer.status_code == 201, answer.text
        return str(answer.json()["id"])

    async def offering(self, capacity: int = 20, district: str = "140213", **more: Any) -> dict[str, Any]:
        body = {
            "school_id": self.schools[district],
            "name": "合唱",
            "category": "artistic_cultivation",
            "term": "2026-autumn",
            "capacity": capacity,
            **OPEN,
            **more,
        }
        answer = await self.staff(district).post("/v1/offerings", json=body)
        assert answer.status_code == 201, answer.text
        made: dict[str, Any] = answer.json()
        return made

    async def enrol(self, offering: str, count: int, prefix: str = "g") -> list[dict[str, Any]]:
        """One child each of so many guardians, one after the other."""
        return [await self.ask(offering, f"{prefix}-{number}") for number in range(count)]

    async def ask(self, offering: str, guardian: str, *, key: bool = False) -> dict[str, Any]:
        """With a key the decision is part of the request's transaction; without, it stands alone."""
        body = {"offering_id": offering, "student_id": str(uuid4())}
        headers = {"idempotency-key": str(uuid4())} if key else {}
        answer = await self.guardian(guardian).post("/v1/enrolments", json=body, headers=headers)
        assert answer.status_code == 201, answer.text
        made: dict[str, Any] = {**answer.json(), "guardian": guardian}
        return made

    async def ask_at_once(self, offering: str, count: int) -> list[dict[str, Any]]:
        asking = [self.ask(offering, f"rush-{number}", key=number % 2 == 0) for number in range(count)]
        return list(await asyncio.gather(*asking))

    async def state(self, offering: str) -> dict[str, Any]:
        found: dict[str, Any] = (await self.bureau.get(f"/v1/offerings/{offering}")).json()
        return found

    async def queue(self, offering: str) -> list[str]:
        answer = await self.bureau.get("/v1/waitlists", params={"offering": offering, "limit": 200})
        items = answer.json()["items"]
        assert [item["position"] for item in items] == list(range(1, len(items) + 1))
        return [item["enrolment_id"] for item in items]

    async def facts(self, key: str) -> list[tuple[str, dict[str, Any]]]:
        """The event types and payloads about one thing, in order."""
        async with self.service.sessions() as session:
            rows = await session.execute(
                text("SELECT type, payload FROM journal WHERE key = :key ORDER BY key_version"), {"key": UUID(key)}
            )
            return [(row.type, row.payload) for row in rows]

    async def check_invariants(self) -> None:
        """Counters count, nobody waits for a free place, and the journal tells every step and says it outside."""
        async with self.service.sessions() as session:
            assert (await session.execute(_UNTRUE)).all() == []
            assert (await session.execute(_UNTOLD)).all() == []
            assert (await session.execute(_UNSENT)).all() == []


@pytest.fixture
async def world(fresh_database: ScratchDatabase) -> AsyncIterator[World]:
    settings = settings_on(Settings, await fresh_database("afterschool"), pool_wait=30.0)
    async with running(create_app, settings) as service:
        world = World(service)
        for district in ("140213", "140214"):
            world.schools[district] = await world.school(district, street=f"{district}050")
        yield world
