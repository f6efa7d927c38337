"""The database of these worlds sees a change that nobody was told of, in every table of an aggregate."""

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from tests.edge.conftest import Worlds
from tests.edge.unpublished import UNTOLD, aggregates

SERVICES = ("registry", "inspection", "afterschool")


def test_there_are_aggregates_to_watch() -> None:
    assert {service: len(aggregates(service)) > 2 for service in SERVICES} == dict.fromkeys(SERVICES, True)
    known = {table for service in SERVICES for table in aggregates(service)}
    assert set(UNTOLD) <= known, "an exception names a table that is gone"


@pytest.mark.parametrize(
    ("service", "change"),
    [
        ("registry", "UPDATE institution SET name = name || '!'"),
        ("inspection", "UPDATE visit SET team = 'planted'"),
        ("inspection", "UPDATE violation SET team = 'planted'"),
        ("inspection", "UPDATE complaint SET team = 'planted'"),
        ("afterschool", "UPDATE school SET name = name || '!'"),
    ],
)
async def test_a_planted_change_is_refused(worlds: Worlds, service: str, change: str) -> None:
    world = await worlds(service)
    with pytest.raises(DBAPIError, match="untold change"):
        async with world.service.sessions.begin() as session:
            assert (await session.execute(text(change))).rowcount > 0  # type: ignore[attr-defined]  # of an UPDATE
