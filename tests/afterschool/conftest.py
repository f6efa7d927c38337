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
from tests.afterschool.roster import enter_child, tell_calendar
from tests.infrastructure import ScratchDatabase
from tests.services import Service, running, settings_on

NOW = utc_now()
OPEN = {"opens_at": (NOW - timedelta(days=1)).isoformat(), "closes_at": (NOW + timedelta(days=9)).isoformat()}
CLOSED = {"opens_at": (NOW - timedelta(days=9)).isoformat(), "closes_at": (NOW - timedelta(days=1)).isoformat()}
SCHEDULED = {"opens_at": (NOW + timedelta(days=1)).isoformat(), "closes_at": (NOW + timedelta(days=9)).isoformat()}

TERM = "2026-autumn"

_UNTRUE = text(
    """
    SELECT pool.offering_id, pool."group" FROM seat_pool pool
    JOIN offering ON offering.id = pool.offering_id
    CROSS JOIN LATERAL (
        SELECT count(*) FILTER (WHERE state = 'enrolled' AND pool = pool."group") AS enrolled,
               count(*) FILTER (WHERE state = 'offered' AND pool = pool."group") AS offered,
               count(*) FILTER (WHERE state = 'waiting' AND pool."group" IN ('general', reserve)) AS waiting,
               count(*) AS asked
        FROM enrolment WHERE offering_id = pool.offering_id
    ) held
    WHERE (pool.enrolled, pool.offered, pool.waiting) <> (held.enrolled, held.offered, held.waiting)
       OR offering.asked <> held.asked OR pool.enrolled + pool.offered > pool.size
       OR (pool.waiting > 0 AND pool.enrolled + pool.offered + pool.held_back < pool.size)
    """
)
_UNPLACED = text(
    """
    -- A child is where its seats are, and nowhere else.
    SELECT enrolment.student_id FROM enrolment
    JOIN offering ON offering.id = enrolment.offering_id
    JOIN offering_period period ON period.offering_id = offering.id
    CROSS JOIN unnest(offering.halves) AS half
    LEFT JOIN occupation ON occupation.holder_id = enrolment.student_id AND occupation.term_id = offering.term_id
        AND occupation.weekday = period.weekday AND occupation.number = period.number AND occupation.half = half.half
    WHERE (state IN ('enrolled', 'offered')) <> (occupation.offering_id IS NOT DISTINCT FROM offering.id)
      AND NOT EXISTS (SELECT FROM enrolment other WHERE other.student_id = enrolment.student_id
                      AND other.offering_id = offering.id AND other.id <> enrolment.id)
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
                   WHEN 'enrolled' THEN 'enrolled' WHEN 'promoted' THEN 'enrolled' WHEN 'offered' THEN 'offered'
                   WHEN 'promotion-chosen' THEN state WHEN 'waitlisted' THEN 'waiting' WHEN 'returned' THEN 'waiting'
                   WHEN 'passed-over' THEN 'passed' ELSE 'ended' END
    """
)
_UNSENT = text("SELECT id FROM journal WHERE id NOT IN (SELECT journal_id FROM outbox_pending)")


@dataclass
class World:
    """The service, and the ways of tests to look behind its routes."""

    service: Service
    schools: dict[str, str] = field(default_factory=dict)
    """District -> the id of its school."""
    classes: dict[tuple[str, int], str] = field(default_factory=dict)
    """(Id of a school, grade) -> the id of a class."""
    entering: asyncio.Lock = field(default_factory=asyncio.Lock)
    children: dict[str, str] = field(default_factory=dict)
    """Subject of a guardian -> the id of the child."""

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
            "term": TERM,
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

    async def child(self, guardian: str, district: str = "140213", *, grade: int = 3, group: str | None = None) -> str:
        """The child of a guardian, made when it is first asked for; `group` is one with reserved seats."""
        async with self.entering:
            if guardian not in self.children:
                school_class = await self.school_class(self.schools[district], grade)
                async with self.service.sessions.begin() as session:
                    self.children[guardian] = await enter_child(session, school_class, guardian, group=group)
        return self.children[guardian]

    async def school_class(self, school: str, grade: int) -> str:
        if (school, grade) not in self.classes:
            body = {"school_id": school, "code": f"{grade}-1", "name": f"{grade}.1", "grade": grade}
            answer = await self.bureau.post("/v1/classes", json=body | {"school_year": 2026})
            assert answer.status_code == 201, answer.text
            self.classes[school, grade] = answer.json()["id"]
        return self.classes[school, grade]

    async def ask(self, offering: str, guardian: str, *, key: bool = False, accepts: bool = True) -> dict[str, Any]:
        """With a key the decision is part of the request's transaction; without, it stands alone."""
        answer = await self.request(offering, guardian, key=key, accepts=accepts)
        assert answer.status_code == 201, answer.text
        made: dict[str, Any] = {**answer.json(), "guardian": guardian}
        return made

    async def request(self, offering: str, guardian: str, *, key: bool = False, accepts: bool = True) -> httpx.Response:
        student = await self.child(guardian)
        body = {"offering_id": offering, "student_id": student, "accepts_promotion": accepts}
        headers = {"idempotency-key": str(uuid4())} if key else {}
        return await self.guardian(guardian).post("/v1/enrolments", json=body, headers=headers)

    async def ask_at_once(self, offering: str, count: int) -> list[dict[str, Any]]:
        for number in range(count):
            await self.child(f"rush-{number}")
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
            assert (await session.execute(_UNPLACED)).all() == []
            assert (await session.execute(_UNTOLD)).all() == []
            assert (await session.execute(_UNSENT)).all() == []


@pytest.fixture
async def world(fresh_database: ScratchDatabase) -> AsyncIterator[World]:
    settings = settings_on(Settings, await fresh_database("afterschool"), pool_wait=30.0)
    async with running(create_app, settings) as service:
        await tell_calendar(service)
        world = World(service)
        for district in ("140213", "140214"):
            world.schools[district] = await world.school(district, street=f"{district}050")
        yield world
