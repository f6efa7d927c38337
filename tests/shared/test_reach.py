"""Reach: one record is judged as a list is, and one beyond it does not exist."""

from itertools import product
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import Select, Text, Uuid, literal, select
from sqlalchemy.ext.asyncio import create_async_engine
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from shared.domain.refusals import NotFound
from shared.http.policies import Principal
from shared.http.reach import ReachColumns, reachable, reaches, within_reach
from tests.infrastructure import DatabaseServer

OURS, THEIRS = uuid4(), uuid4()


class Base(DeclarativeBase):
    pass


class Thing(Base):
    __tablename__ = "thing"

    id: Mapped[int] = mapped_column(primary_key=True)
    district: Mapped[str | None]
    street: Mapped[str | None]
    team: Mapped[str | None]
    institution_id: Mapped[UUID | None]


class ThingNotFound(NotFound):
    """There is no such thing."""

    code = "thing-not-found"
    zh = "没有。"


REACH: ReachColumns = {
    "district": Thing.district,
    "street": Thing.street,
    "team": Thing.team,
    "institution": Thing.institution_id,
}
CALLERS = [
    Principal("b", frozenset({"bureau"})),
    Principal("d", frozenset({"district_officer"}), district="1"),
    Principal("s", frozenset({"district_officer"}), district="1", street="11"),
    Principal("n", frozenset({"district_officer"})),
    Principal("i", frozenset({"inspector"}), district="1"),
    Principal("t", frozenset({"inspector"}), district="1", team="a"),
    Principal("o", frozenset({"operator"}), institution=str(OURS)),
    Principal("x", frozenset({"operator"}), institution="no id"),
    Principal("g", frozenset({"guardian"})),
]
THINGS = [
    Thing(district=district, street=street, team=team, institution_id=institution)
    for district, street, team, institution in product(
        (None, "1", "2"), (None, "11", "12"), (None, "a", "b"), (None, OURS, THEIRS)
    )
]


def listed(caller: Principal, thing: Thing) -> Select[Any]:
    """Whether a list would show a row like this one."""
    condition = within_reach(
        caller,
        district=literal(thing.district, Text),
        street=literal(thing.street, Text),
        team=literal(thing.team, Text),
        institution=literal(thing.institution_id, Uuid),
    )
    return select(condition.is_(True))


async def test_a_list_shows_what_can_be_read_one_by_one(postgres: DatabaseServer) -> None:
    engine = create_async_engine(postgres.url("postgres"))
    try:
        async with engine.connect() as connection:
            for caller, thing in product(CALLERS, THINGS):
                shown = await connection.scalar(listed(caller, thing))
                assert shown == reaches(caller, thing, **REACH), (caller, thing.district, thing.street, thing.team)
    finally:
        await engine.dispose()


def test_what_is_beyond_reach_is_not_found() -> None:
    officer, thing = CALLERS[1], Thing(district="1")
    assert reachable(thing, officer, ThingNotFound, **REACH) is thing
    for found in (None, Thing(district="2")):
        with pytest.raises(ThingNotFound):
            reachable(found, officer, ThingNotFound, **REACH)


def test_a_column_that_is_not_named_says_nothing() -> None:
    assert reaches(CALLERS[2], Thing(district="1", street="12"), district=Thing.district)
    assert not reaches(CALLERS[6], Thing(institution_id=OURS), district=Thing.district)
