"""Every field that comes from outside is read by the types of `shared/wording.py`."""

import typing
from collections.abc import Iterator
from datetime import date
from typing import Any

import pytest
from fastapi.dependencies.models import Dependant
from pydantic import BaseModel, BeforeValidator

from shared.policies import api_routes
from shared.wording import NUMBER, _as_day, _as_number
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


def test_the_walk_sees_what_it_looks_for() -> None:
    class Nested(BaseModel):
        plain: int
        read: typing.Annotated[int, NUMBER] | None = None
        days: list[date]

    assert [fault.split(":")[0] for fault in bare(Nested, (int, date), set())] == ["Nested.plain", "Nested.days"]
