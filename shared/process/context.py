"""Who acts, and under which trace: set at the edges (a request, a record, a job), read by the journal."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

from opentelemetry import trace

SYSTEM = "system"

_actor: ContextVar[str] = ContextVar("actor", default=SYSTEM)
_traceparent: ContextVar[str | None] = ContextVar("traceparent", default=None)


def current_actor() -> str:
    """The token's subject, or `system` if no person acts."""
    return _actor.get()


def current_traceparent() -> str | None:
    """The W3C traceparent of the running span, else the one the caller sent."""
    span = trace.get_current_span().get_span_context()
    if span.is_valid:
        return f"00-{span.trace_id:032x}-{span.span_id:016x}-{int(span.trace_flags):02x}"
    return _traceparent.get()


def set_actor(subject: str) -> None:
    """For an edge whose context ends with the request."""
    _actor.set(subject)


def set_traceparent(value: str | None) -> None:
    _traceparent.set(value)


@contextmanager
def acting_as(subject: str, traceparent: str | None = None) -> Iterator[None]:
    actor, parent = _actor.set(subject), _traceparent.set(traceparent)
    try:
        yield
    finally:
        _actor.reset(actor)
        _traceparent.reset(parent)
