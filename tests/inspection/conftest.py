"""Inspection at work on a scratch database with two districts, three grids and some institutions."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID

import httpx
import pytest
from sqlalchemy import insert, select, update
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker

from services.inspection.app import create_app
from services.inspection.field.grids.domain import Grid, GridSet
from services.inspection.field.targets.domain import Target
from services.inspection.rounds.visits.domain import Visit
from services.inspection.settings import Settings
from shared.data.database import new_id
from shared.facts.journal import journal
from tests.infrastructure import ScratchDatabase
from tests.services import Service, running, settings_on

AT = datetime(2026, 3, 2, 1, 0, tzinfo=UTC)
PLACES = {"g1": ("140213", "140213050"), "g2": ("140213", "140213051"), "g3": ("140214", "140214001")}


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

    def inspector(self, team: str, **claims: str) -> httpx.AsyncClient:
        return self.service("inspector", team=team, subject=claims.pop("subject", f"inspector-{team}"), **claims)

    def officer(self, district: str) -> httpx.AsyncClient:
        return self.service("district_officer", district=district)

    async def institution(self, grid: str | None = "g1", **more: Any) -> UUID:
        """An institution as the registry's events would have left it here."""
        district, street = PLACES.get(grid or "", ("140213", None))
        row: dict[str, Any] = {
            "institution_id": new_id(),
            "version": 1,
            "name": "晨光",
            "address": "1 号",
            "kind": "subject",
            "status": "active",
            "district": district,
            "street": street,
            "grid": grid,
            "visits": 0,
        }
        async with self.sessions.begin() as session:
            await session.execute(insert(Target), [row | more])
        institution_id: UUID = row["institution_id"]
        return institution_id

    async def visited_on(self, visit: object, day: date) -> None:
        """As if the team had been there on another day."""
        async with self.sessions.begin() as session:
            await session.execute(update(Visit).where(Visit.id == visit).values(visited_on=day))

    async def facts(self, key: object) -> list[tuple[str, int, Any]]:
        """What the journal says of one aggregate."""
        columns = journal.c
        async with self.sessions() as session:
            rows = await session.execute(
                select(columns.type, columns.key_version, columns.payload)
                .where(columns.key == UUID(str(key)))
                .order_by(columns.id)
            )
            return [(row.type, row.key_version, row.payload) for row in rows]


@pytest.fixture
async def world(fresh_database: ScratchDatabase) -> AsyncIterator[World]:
    settings = settings_on(Settings, await fresh_database("inspection"))
    async with running(create_app, settings) as service:
        async with service.sessions.begin() as session:
            grid_set = {"id": new_id(), "version": 1, "number": 1, "valid_from": date(2026, 1, 1), "source": "test"}
            await session.execute(insert(GridSet), [grid_set | {"imported_at": AT, "activated_at": AT}])
            square = {"type": "Polygon", "coordinates": [[[0, 0], [1, 0], [1, 1], [0, 0]]]}
            await session.execute(
                insert(Grid),
                [
                    {"grid_set_id": grid_set["id"], "code": code, "name": code, "geometry": square, "area_km2": 1.0}
                    | {"district": district}
                    for code, (district, _) in PLACES.items()
                ],
            )
        yield World(service)
