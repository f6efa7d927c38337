"""A traceback without values: where it happened and what kind of error, never what the error says.

The text of an error is made of what was worked on: PostgreSQL's names the key that exists already, SQLAlchemy's prints
parameters, pydantic's the input, `int()` the word that is no number. Names and telephone numbers must not reach a log.
"""

import traceback
from collections.abc import Iterator
from types import TracebackType

from aiokafka.errors import KafkaError
from pydantic import ValidationError
from sqlalchemy.exc import DBAPIError

from shared.domain.refusals import Refusal

_TELLING = ("sqlstate", "constraint_name", "schema_name", "table_name", "column_name", "data_type_name")
_WRITTEN_BY_US = (KafkaError, ImportError, NameError, AttributeError)
"""Errors about brokers and code: their texts hold names of hosts and attributes."""
LONGEST_CHAIN = 8


def without_values(error: BaseException) -> str:
    """The whole chain of causes, the first one first, as `traceback` prints it but without messages."""
    return "\n\n".join(reversed([_one(one) for one in _chain(error)]))


def _chain(error: BaseException) -> Iterator[BaseException]:
    seen: set[int] = set()
    step: BaseException | None = error
    while step is not None and id(step) not in seen and len(seen) < LONGEST_CHAIN:
        seen.add(id(step))
        yield step
        step = step.__cause__ or (None if step.__suppress_context__ else step.__context__)


def _one(error: BaseException) -> str:
    lines = [*_frames(error.__traceback__), _head(error)]
    if isinstance(error, BaseExceptionGroup):
        lines += [f"  + {line}" for one in error.exceptions for line in without_values(one).splitlines()]
    return "\n".join(lines)


def _frames(trace: TracebackType | None) -> list[str]:
    return [line.rstrip("\n") for line in traceback.format_tb(trace)]


def _head(error: BaseException) -> str:
    kind = f"{type(error).__module__}.{type(error).__qualname__}"
    if isinstance(error, Refusal):
        return f"{kind}: {error.code}"
    if isinstance(error, ValidationError):
        problems = [
            f"{_place(one['loc'])} {one['type']}" for one in error.errors(include_input=False, include_url=False)
        ]
        return f"{kind}: {'; '.join(problems[:20])}"
    if isinstance(error, OSError):
        return f"{kind}: {error.strerror or error.errno}"
    if isinstance(error, DBAPIError):
        return f"{kind}: connection_invalidated={error.connection_invalidated}"
    told = [f"{name}={value}" for name in _TELLING if isinstance(value := getattr(error, name, None), str)]
    if told:
        return f"{kind}: {' '.join(told)}"
    return f"{kind}: {error}" if isinstance(error, _WRITTEN_BY_US) else kind


def _place(loc: tuple[int | str, ...]) -> str:
    """The first step only: deeper steps may be keys from the input."""
    return str(loc[0]) if loc else "model"
