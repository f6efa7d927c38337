"""Keep the names that events say; in the worker, by a consumer of its own, whose offsets a rebuild leaves alone."""

import asyncio
from collections.abc import Sequence
from typing import Any, Final

from sqlalchemy import func
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession, async_sessionmaker

from services.metrics.names.domain import Kind, MapGrid, Named, WithdrawnGrids
from services.metrics.names.facts import GRIDS, NAMES, Told
from shared.events.inspection.grids import GridPublished, GridSetWithdrawn
from shared.facts.consumer import Consumer
from shared.facts.inbox import Delivery, Inbox
from shared.process.settings import ServiceSettings


async def keep_names(session: AsyncSession, deliveries: Sequence[Delivery]) -> None:
    told: dict[tuple[Kind, str], Told] = {}
    for event, _ in deliveries:
        said = NAMES[type(event)](event) if type(event) in NAMES else None
        if said is not None:
            before = told.get((said.kind, said.code))
            told[said.kind, said.code] = said if before is None else _over(before, said)
    # In one order, so that batches of two partitions never wait for one another in a circle.
    if rows := [told[one]._asdict() for one in sorted(told)]:
        statement = insert(Named)
        kept = {
            "zh": statement.excluded.zh,
            "district": func.coalesce(statement.excluded.district, Named.district),
            "street": func.coalesce(statement.excluded.street, Named.street),
        }
        await session.execute(statement.on_conflict_do_update(index_elements=["kind", "code"], set_=kept), rows)
    await _keep_grids(session, [event for event, _ in deliveries if isinstance(event, GRIDS)])


def _over(before: Told, said: Told) -> Told:
    return said._replace(district=said.district or before.district, street=said.street or before.street)


async def _keep_grids(session: AsyncSession, events: Sequence[Any]) -> None:
    grids = [
        {
            "grid_set_id": event.grid_set_id,
            "code": event.code,
            "number": event.number,
            "valid_from": event.valid_from,
            "zh": event.name,
            "en": event.name_en,
            "district": event.district,
            "polygon": event.polygon,
        }
        for event in events
        if isinstance(event, GridPublished)
    ]
    withdrawn = [{"grid_set_id": event.grid_set_id} for event in events if isinstance(event, GridSetWithdrawn)]
    for table, rows in ((MapGrid, grids), (WithdrawnGrids, withdrawn)):
        if rows:
            await session.execute(insert(table).on_conflict_do_nothing(), rows)


INBOX: Final = Inbox.of("metrics.names", wanted=[*NAMES, *GRIDS], handle=keep_names)


class NameKeeper:
    """Follows what has a name."""

    def __init__(
        self, settings: ServiceSettings, engine: AsyncEngine, sessions: async_sessionmaker[AsyncSession]
    ) -> None:
        self._consumer = Consumer(settings, engine, sessions, INBOX)

    async def run(self, stop: asyncio.Event) -> None:
        await self._consumer.run(stop)
