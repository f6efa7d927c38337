"""Schemathesis over the four OpenAPI documents: what the documents promise is what the services do.

A small budget by default; `FUZZ_EXAMPLES=120` is the full one (more than 20,000 requests). `FUZZ_SEED` replays a run.
"""

import os
from collections import Counter
from itertools import cycle
from typing import Any

import hypothesis
import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, settings
from schemathesis.checks import not_a_server_error
from schemathesis.config import SchemathesisConfig
from schemathesis.generation import GenerationMode
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    negative_data_rejection,
    response_schema_conformance,
    status_code_conformance,
)

from shared.auth import TokenVerifier
from tests.edge.matrix import MATRIX
from tests.edge.operations import MAKERS, OPERATIONS, Operation
from tests.edge.worlds import World, world_of
from tests.infrastructure import ScratchDatabase
from tests.services import ISSUER, keys_of_tests, token

EXAMPLES = int(os.environ.get("FUZZ_EXAMPLES", "8"))
SEED = int(os.environ.get("FUZZ_SEED", "20260302"))
CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_schema_conformance,
    negative_data_rejection,
]
