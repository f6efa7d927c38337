"""Every field that comes from outside is read by the types of `shared/domain/wording.py`."""

import typing
from collections.abc import Iterator
from datetime import date
from importlib import import_module
from typing import Any

import pytest
from fastapi.dependencies.models import Dependant
from pydantic import BaseModel, BeforeValidator
from sqlalchemy import CheckConstraint, Table, Text

from shared.domain.wording import NUMBER, _as_day, _as_number
from shared.http.policies import api_routes
from tests.edge.operations import MAKERS

SERVICES = ("registry", "inspection", "afterschool", "metrics")


def bare(annotation: Any, kinds: tuple[type, ...], seen: set[type], metadata: tuple[Any, ...] = ()) -> Iterator[str]:
    """Numbers and days in an annotation, models within it included, that nothing of ours reads."""
    if annotation in kinds:
        readers = {one.func for one in metadata if isinstance(one, BeforeValidator)}
        if not readers & {_as_number, _as_day}:
            yield str(annotation)
    elif isinstance(annotation, type) and issubclass(annotation, BaseModel):
        if annotation not in seen:
            seen.add(annotation)
            for name, field in annotation.model_fields.items():
                for found in bare(field.annotation, kinds, seen, tuple(field.metadata)):
                    yield f"{annotation.__name__}.{name}: {found}"
    elif typing.get_origin(annotation) is typing.Annotated:
        inner, *more = typing.get_args(annotation)
        yield from bare(inner, kinds, seen, (*metadata, *more))
    else:
        for part in typing.get_args(annotation):
            yield from bare(part, kinds, seen, metadata)


def flat(dependant: Dependant) -> Iterator[Dependant]:
    yield dependant
    for one in dependant.dependencies:
        yield from flat(one)


@pytest.mark.parametrize("service", SERVICES)
def test_numbers_and_days_are_read_by_ours(service: str) -> None:
    app, _ = MAKERS[service]("postgresql+asyncpg://nobody@127.0.0.1/nothing")
    found, seen = set(), set[type]()
    for context, path in api_routes(app):
        dependant = getattr(context.original_route, "dependant", None)
        for one in flat(dependant) if dependant else ():
            for field in (*one.query_params, *one.path_params, *one.header_params, *one.body_params):
                info = field.field_info
                for fault in bare(info.annotation, (int, float, date), seen, tuple(info.metadata)):
                    found.add(f"{path} {field.name} {fault}")
    assert found == set()


IDENTITIES = frozenset({"code", "number", "external_ref", "permit_no", "hotline_no"})
"""Columns by which people name a thing."""
NOT_WRITTEN_BY_PEOPLE = frozenset({
    "grid_succession.code",  # of a grid
    "quality_dismissal.code",  # of a finding of ours
    "sync_operation.code", "sync_unreadable.code", "attendance_mark.code",  # of refusals
    "target.permit_no", "provider_permit.number",  # as the registry told them
    "named.code", "map_grid.code",  # as events told them
})  # fmt: skip


@pytest.mark.parametrize("service", SERVICES)
def test_the_database_holds_identities_in_their_normal_form(service: str) -> None:
    MAKERS[service]("postgresql+asyncpg://nobody@127.0.0.1/nothing")
    tables = import_module(f"services.{service}.orm").Base.metadata.sorted_tables
    named = {
        (table, column.name)
        for table in tables
        for column in table.columns
        if column.name in IDENTITIES and isinstance(column.type, Text)
    }
    written = {(table, column) for table, column in named if f"{table.name}.{column}" not in NOT_WRITTEN_BY_PEOPLE}
    held = {(table, column) for table, column in written if f"ck_{table.name}_{column}_is_normal" in checks(table)}
    assert {f"{table.name}.{column}" for table, column in written - held} == set()


def checks(table: Table) -> set[str]:
    return {str(one.name) for one in table.constraints if isinstance(one, CheckConstraint)}


def test_the_walk_sees_what_it_looks_for() -> None:
    class Nested(BaseModel):
        plain: int
        read: typing.Annotated[int, NUMBER] | None = None
        days: list[date]

    assert [fault.split(":")[0] for fault in bare(Nested, (int, date), set())] == ["Nested.plain", "Nested.days"]
