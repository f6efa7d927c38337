"""Role by operation by object: each cell of `matrix.py` is asked for in scope, out of scope, and without any scope."""

import re
from collections.abc import Iterator
from typing import Any, NamedTuple

import httpx
import pytest

from shared.http.auth import SCOPE_OF
from shared.http.policies import ROLES as KNOWN_ROLES
from tests.edge.asks import ELSEWHERE, HERE, World
from tests.edge.conftest import Worlds
from tests.edge.matrix import MATRIX, OF_A_STREET, ROLES
from tests.edge.operations import OPERATIONS, Operation

STRANGERS: dict[str, list[dict[str, str]]] = {
    "district_officer": [{"district": ELSEWHERE}, {}],
    "inspector": [{"district": ELSEWHERE, "team": "team-09"}, {"district": HERE}, {}],
    "operator": [{"institution": "00000000-0000-7000-8000-000000000000"}, {"institution": "none of these"}, {}],
    "school_staff": [{"school": "00000000-0000-7000-8000-000000000000"}, {"school": "none of these"}, {}],
    "guardian": [{"subject": "guardian-2"}],
}
"""People of each role who have nothing to do with the objects of a world; the last of a role lacks its scope."""

NEIGHBOUR = {"district": HERE, "street": "140213999"}
"""An officer of another street of the same district."""


class Cell(NamedTuple):
    """One person who asks; `stranger` are the claims of one who has nothing to do with the world's objects."""

    role: str
    answer: str
    stranger: dict[str, str] | None

    @property
    def lacks_scope(self) -> bool:
        claim = SCOPE_OF.get(self.role)
        return self.stranger is not None and claim is not None and claim not in self.stranger

    def __str__(self) -> str:
        whom = "in scope" if self.stranger is None else " ".join(self.stranger.values()) or "without scope"
        return f"{self.role}, {whom}"


def cells(operation: Operation) -> Iterator[Cell]:
    """Whoever is named, in and out of scope."""
    for role, answer in MATRIX[str(operation)].items():
        if answer.isdigit():
            continue
        yield Cell(role, answer, None)
        for stranger in STRANGERS.get(role, ()):
            yield Cell(role, answer, stranger)
        if role == "district_officer":
            yield Cell(role, OF_A_STREET.get(str(operation), "yes"), NEIGHBOUR)


def test_the_table_names_every_operation_and_no_other() -> None:
    assert set(MATRIX) == set(OPERATIONS)
    assert set(ROLES) == KNOWN_ROLES


@pytest.mark.parametrize("operation", list(OPERATIONS.values()), ids=str)
def test_the_service_says_what_the_table_says(operation: Operation) -> None:
    wanted = {role for role, answer in MATRIX[str(operation)].items() if not answer.isdigit()}
    assert operation.roles == ({"anonymous"} if "anonymous" in wanted else wanted)
    assert "anonymous" not in wanted or wanted == set(ROLES), "open to everybody means to everybody"


EXAMPLES = sorted(OPERATIONS.values(), key=lambda one: not one.path.endswith("/withdrawal"))
"""Withdrawals first: what another example enacts would be a later version than theirs."""


@pytest.mark.parametrize("operation", EXAMPLES, ids=str)
async def test_an_example_really_succeeds(operation: Operation, worlds: Worlds) -> None:
    """So that "allowed" below is not another word for "refused for another reason"."""
    world = await worlds(operation.service)
    role = next(role for role, answer in MATRIX[str(operation)].items() if not answer.isdigit())
    answer = await world.client(role).request(**world.request(operation, role))
    assert answer.is_success, answer.text
    if answer.headers.get("content-type") == "application/json":
        mixed = [text for text in texts(answer.json()) if OTHER_INSTANT.fullmatch(text)]
        assert mixed == [], "instants are written with Z"


OTHER_INSTANT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?[+-]\d\d:?\d\d")


def texts(content: Any) -> Iterator[str]:
    """Every text of an answer, however deep."""
    if isinstance(content, str):
        yield content
    elif isinstance(content, dict | list):
        for part in content.values() if isinstance(content, dict) else content:
            yield from texts(part)


@pytest.mark.parametrize("operation", list(OPERATIONS.values()), ids=str)
async def test_whoever_is_not_named_is_refused(operation: Operation, worlds: Worlds) -> None:
    world = await worlds(operation.service)
    for role, answer in MATRIX[str(operation)].items():
        if answer.isdigit():
            refused = await world.client(role).request(**world.request(operation, role))
            _check_refused(refused, int(answer), "role-not-allowed" if answer == "403" else "token-missing")


@pytest.mark.parametrize("operation", list(OPERATIONS.values()), ids=str)
async def test_whoever_is_named_sees_what_is_in_scope(operation: Operation, worlds: Worlds) -> None:
    world = await worlds(operation.service)
    for cell in cells(operation):
        client = world.client(cell.role) if cell.stranger is None else world.service(cell.role, **cell.stranger)
        answer = await client.request(**world.request(operation, cell.role))
        try:
            _check_scope(world, operation, cell, answer)
        except AssertionError as error:
            error.add_note(str(cell))
            raise


def _check_scope(world: World, operation: Operation, cell: Cell, answer: httpx.Response) -> None:
    if cell.lacks_scope and "anonymous" not in operation.roles:
        _check_refused(answer, 403, "scope-missing")
    elif cell.stranger is None or cell.answer in ("yes", "list"):
        assert answer.status_code not in (401, 403, 404), answer.text
        _check_visible(world, operation, cell, answer)
    else:
        _check_refused(answer, 403 if cell.answer == "home" else 404)


def _check_visible(world: World, operation: Operation, cell: Cell, answer: httpx.Response) -> None:
    shows = world.ask(operation, cell.role).shows
    if shows is None:
        return
    if cell.answer == "list" and cell.stranger is not None:
        assert shows not in answer.text
    else:
        assert shows in answer.text


def _check_refused(answer: httpx.Response, status: int, code: str | None = None) -> None:
    assert answer.status_code == status, answer.text
    problem: dict[str, Any] = answer.json()
    assert answer.headers["content-type"] == "application/problem+json"
    assert code is None or problem["code"] == code
