"""What the ledger page is held against: the least that could answer it, and the way it is usually written.

`python -m uvicorn --factory bench.rivals:bare` and `…:idiom`, with DATABASE_URL.
"""

import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Annotated

import asyncpg
from fastapi import Depends, FastAPI, Query
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker, create_async_engine
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from services.registry.ledger.institutions.domain import Institution
from services.registry.ledger.institutions.queries import Filters, ledger_page
from services.registry.ledger.institutions.routes import InstitutionOut
from shared.http.paging import Page

LIMIT = 50


def bare() -> Starlette:
    """Starlette and asyncpg: the same statement, the same bytes, no identity, no checks, no log."""

    @asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncIterator[None]:
        app.state.pool = await asyncpg.create_pool(
            os.environ["DATABASE_URL"].replace("+asyncpg", ""), min_size=1, max_size=8
        )
        yield
        await app.state.pool.close()

    async def page(request: Request) -> Response:
        wanted = request.query_params
        filters = Filters(district=wanted.get("district"), kind=wanted.get("kind"))
        statement, values = ledger_page(filters, after=None, limit=LIMIT)
        rows = await request.app.state.pool.fetch(statement, *values)
        items = ",".join([row["body"] for row in rows[:LIMIT]])
        return Response(f'{{"items":[{items}],"next_cursor":"{rows[-1]["id"]}"}}', media_type="application/json")

    return Starlette(routes=[Route("/v1/institutions", page)], lifespan=lifespan)


def idiom() -> FastAPI:
    """FastAPI, ORM entities and a response model: what the documentation's own examples look like."""
    engine = create_async_engine(os.environ["DATABASE_URL"], pool_size=8)
    sessions = async_sessionmaker(engine, expire_on_commit=False)

    async def open_session() -> AsyncIterator[AsyncSession]:
        async with sessions() as session:
            yield session

    app = FastAPI()

    @app.get("/v1/institutions", response_model=Page[InstitutionOut])
    async def page(
        session: Annotated[AsyncSession, Depends(open_session)],
        district: Annotated[str | None, Query()] = None,
        kind: Annotated[str | None, Query()] = None,
    ) -> object:
        wanted = select(Institution).order_by(Institution.id).limit(LIMIT + 1)
        if district is not None:
            wanted = wanted.where(Institution.district == district)
        if kind is not None:
            wanted = wanted.where(Institution.kind == kind)
        rows = (await session.scalars(wanted)).all()
        return {"items": rows[:LIMIT], "next_cursor": str(rows[LIMIT - 1].id)}

    return app
