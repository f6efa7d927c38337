"""Schemathesis over the four OpenAPI documents: what the documents promise is what the services do.

A small budget by default; `FUZZ_EXAMPLES=140` is the full one, more than 20,000 requests. `FUZZ_SEED` replays a run.
"""

import os
from collections.abc import Callable, Coroutine, Iterator, Mapping
from typing import Any, cast
from urllib.parse import parse_qsl, urlsplit

import hypothesis
import pytest
import schemathesis
from fastapi import FastAPI
from hypothesis import HealthCheck, Phase, settings
from schemathesis.checks import not_a_server_error
from schemathesis.core.result import Ok
from schemathesis.generation import GenerationMode
from schemathesis.python import asgi
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    negative_data_rejection,
    response_schema_conformance,
    status_code_conformance,
)

from shared.process.settings import ServiceSettings
from tests.edge.asks import World
from tests.edge.matrix import MATRIX
from tests.edge.operations import MAKERS, OPERATIONS, Operation
from tests.edge.worlds import world_of
from tests.infrastructure import ScratchDatabase
from tests.services import accept_tokens, token

pytestmark = pytest.mark.slow

EXAMPLES = int(os.environ.get("FUZZ_EXAMPLES", "2"))
ALL_KINDS_FROM = 20
"""With fewer examples each operation gets one kind of request, its neighbour the next kind."""
SEED = int(os.environ.get("FUZZ_SEED", "20260302"))
CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_schema_conformance,
    negative_data_rejection,  # the last: see `_stayed_wrong`
]


class Fuzzed:
    """A service of which Schemathesis has the document, a client in its own event loop, and tokens."""

    def __init__(self, world: World, app: FastAPI, settings: ServiceSettings, client: Any) -> None:
        self.world, self.app, self.settings, self.client = world, app, settings, client
        self.requests = 0
        schema = schemathesis.openapi.from_asgi("/openapi.json", app)
        found = [one.ok() for one in schema.get_all_operations() if isinstance(one, Ok)]
        self.operations: dict[str, Any] = {one.definition.raw["operationId"]: one for one in found}

    def strategies(self, operation: Operation) -> Iterator[Any]:
        """Valid requests about objects that exist, valid ones about objects that do not, and invalid ones."""
        fuzzed = self.operations[operation.name]
        ids = self.world.asks[operation.name].ids
        if ids:
            yield fuzzed.as_strategy(GenerationMode.POSITIVE, path_parameters=dict(ids))
        yield fuzzed.as_strategy(GenerationMode.POSITIVE)
        parameters = fuzzed.definition.raw.get("parameters", [])
        bounded = any({**one["schema"], "title": ""} != {"type": "string", "title": ""} for one in parameters)
        if bounded or operation.media_types or "anonymous" not in operation.roles:
            yield fuzzed.as_strategy(GenerationMode.NEGATIVE)  # elsewhere there is nothing to get wrong

    def check(self, case: Any, tokens: Mapping[str, str]) -> None:
        """Whoever may do it does it; the roles take turns."""
        self.requests += 1
        role = sorted(tokens)[self.requests % len(tokens)]
        response = case.call(session=self.client, headers={"authorization": f"Bearer {tokens[role]}"})
        case.validate_response(response, checks=CHECKS if _stayed_wrong(case, response) else CHECKS[:-1])


def _stayed_wrong(case: Any, response: Any) -> bool:
    """Whether what Schemathesis spoilt was still spoilt when it was sent.

    A query parameter given twice counts as its last value, as FastAPI reads it; a list or an object of one text is on
    the wire that text. A form carries text and leaves empty lists out, so that a list where a truth value was expected
    may arrive as nothing at all.
    """
    names = [name for name, _ in parse_qsl(urlsplit(response.request.url).query, keep_blank_values=True)]
    plain = not any(isinstance(value, (list, dict)) for value in (case.query or {}).values())
    return plain and len(names) == len(set(names)) and case.media_type != "multipart/form-data"


Fuzz = Callable[[str], Coroutine[Any, Any, Fuzzed]]


@pytest.fixture(scope="module")
async def fuzzed(scratch_database: ScratchDatabase) -> Any:
    made: dict[str, Fuzzed] = {}

    async def fuzz(service: str) -> Fuzzed:
        if service not in made:
            url = await scratch_database(service)
            async with world_of(service, url) as world:
                pass  # its objects stay in the database; the application below lives in another event loop
            app, settings = MAKERS[service](url)
            client = asgi.get_client(cast(Any, app))
            client.__enter__()
            made[service] = Fuzzed(world, app, settings, client)
        return made[service]

    yield fuzz
    asgi.shutdown_lifespans()
    print(f"{sum(one.requests for one in made.values())} requests, seed {SEED}")


@pytest.mark.timeout(1800)
@pytest.mark.parametrize("operation", list(OPERATIONS.values()), ids=str)
async def test_fuzz(operation: Operation, fuzzed: Fuzz) -> None:
    target = await fuzzed(operation.service)
    # Schemathesis ends the application's lifespan after every test, and a closed verifier fetches no keys.
    accept_tokens(target.app, target.settings)
    roles = [role for role, answer in MATRIX[str(operation)].items() if not answer.isdigit()]
    tokens = {role: token(operation.service, role, **target.world.claims(role)) for role in roles}
    budget = settings(
        max_examples=EXAMPLES,
        database=None,
        deadline=None,
        suppress_health_check=list(HealthCheck),
        phases=[Phase.explicit, Phase.generate, Phase.shrink],
    )
    strategies = list(target.strategies(operation))
    if EXAMPLES < ALL_KINDS_FROM:
        turn = list(OPERATIONS).index(str(operation)) % len(strategies)
        strategies = strategies[turn : turn + 1]
    for strategy in strategies:

        @hypothesis.seed(SEED)
        @budget
        @hypothesis.given(case=strategy)
        def attempt(case: Any) -> None:
            target.check(case, tokens)

        attempt()
