"""The registry at work on a scratch database."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import httpx
import pytest
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker

from services.registry.app import create_app
from services.registry.settings import Settings
from shared.facts.journal import journal
from tests.infrastructure import ScratchDatabase
from tests.services import Service, running, settings_on

AT = datetime(2026, 3, 2, 1, 0, tzinfo=UTC)
USCC, OTHER_USCC = "91350100M000100Y43", "91110105771583283D"
"""Two codes whose check characters hold."""


@dataclass
class World:
    """The service, and the ways of tests to look behind its routes."""

    service: Service

    @property
    def sessions(self) -> async_sessionmaker[AsyncSession]:
        return self.service.sessions

    @property
    def bureau(self) -> httpx.AsyncClient:
        return self.service("bureau")

    def officer(self, district: str = "140213") -> httpx.AsyncClient:
        return self.service("district_officer", district=district)

    async def institution(self, name: str = "晨光", **more: Any) -> dict[str, Any]:
        body = {"name": name, "kind": "subject", "address": "1 号", "district": "140213", **more}
        answer = await self.bureau.post("/v1/institutions", json=body)
        assert answer.status_code == 201, answer.text
        made: dict[str, Any] = answer.json()
        return made

    async def know_calendar(self, year: int) -> None:
        """This year's calendar and the next one's are known, whenever these tests run; made up where they were not."""
        for known in (year, year + 1):
            new_year = {"on": f"{known}-01-01", "kind": "public_holiday", "name": "元旦"}
            body = {"year": known, "source": "made up for a test", "days": [new_year]}
            answer = await self.bureau.post("/v1/calendar/years", json=body)
            assert answer.status_code in (201, 409), answer.text

    async def facts(self, key: object | None = None) -> list[tuple[str, int, Any]]:
        """What the journal says, of one aggregate or of all, without what came with the database."""
        columns = journal.c
        wanted = select(columns.type, columns.key_version, columns.payload).order_by(columns.id)
        wanted = wanted.where(columns.actor != "migration")
        if key is not None:
            wanted = wanted.where(columns.key == UUID(str(key)))
        async with self.sessions() as session:
            return [(row.type, row.key_version, row.payload) for row in await session.execute(wanted)]


@pytest.fixture
async def world(fresh_database: ScratchDatabase) -> AsyncIterator[World]:
    async with running(create_app, settings_on(Settings, await fresh_database("registry"))) as service:
        yield World(service)
