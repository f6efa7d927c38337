"""Logs: one JSON object a line on stdout, for our own words and for every library's.

What a line may hold is decided here: who, which route, which outcome, how long; never a body, a header or a query.
"""

import logging
import sys
from collections.abc import MutableMapping
from types import TracebackType
from typing import TextIO

import orjson
import structlog
from asgi_correlation_id.context import correlation_id
from structlog.typing import EventDict, Processor, WrappedLogger

from shared.process import context
from shared.process.tracebacks import without_values

# Their own lines repeat ours (uvicorn.access) or tell each statement and each record.
_QUIET = {
    "uvicorn.access": logging.CRITICAL,
    "asgi_correlation_id": logging.ERROR,
    "sqlalchemy.engine": logging.WARNING,
    "aiokafka": logging.CRITICAL,  # a dozen lines a second while a broker is away; relay and consumer say it once
    "httpx": logging.WARNING,
}


def configure_logging(service: str, level: str, stream: TextIO | None = None) -> None:
    """Make everything written through `logging` or structlog leave as JSON, on stdout by default; call it once per
    process."""
    shared_processors: list[Processor] = [
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.stdlib.PositionalArgumentsFormatter(),
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        _with_context,
        _without_values,
        _named,
    ]
    _SERVICE["service"] = service
    if not _CONFIGURED:  # loggers keep the processors they met first
        _configure_structlog(shared_processors)
        _CONFIGURED.append(True)
    handler = logging.StreamHandler(stream or sys.stdout)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared_processors,
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, _as_json],
        )
    )
    sys.excepthook = _tell_the_last
    root = logging.getLogger()
    root.handlers = [handler]
    root.setLevel(level.upper())
    for name in ("uvicorn", "uvicorn.error", "uvicorn.access"):
        logger = logging.getLogger(name)
        logger.handlers, logger.propagate = [], True
    for name, quiet in _QUIET.items():
        logging.getLogger(name).setLevel(quiet)


def _configure_structlog(processors: list[Processor]) -> None:
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            *processors,
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=True,
    )


def _with_context(_: WrappedLogger, __: str, event: EventDict) -> EventDict:
    request_id, traceparent = correlation_id.get(), context.current_traceparent()
    if request_id:
        event.setdefault("request_id", request_id)
    if traceparent:
        event.setdefault("trace_id", traceparent[3:35])
    event.setdefault("actor", context.current_actor())
    return event


def _without_values(_: WrappedLogger, __: str, event: EventDict) -> EventDict:
    """Tracebacks without the messages of errors. asyncio repeats an exception in its message, of which one line
    stays."""
    told = event.pop("exc_info", None)
    if told is True:
        told = sys.exc_info()
    error = told[1] if isinstance(told, tuple) else told
    if isinstance(error, BaseException):
        event["exception"] = without_values(error)
    if event.get("logger") == "asyncio":
        event["event"] = str(event.get("event", "")).partition("\n")[0]
    return event


def _tell_the_last(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
    """Log what ends the process, like everything else."""
    if issubclass(kind, KeyboardInterrupt):
        sys.__excepthook__(kind, error, trace)
    else:
        logging.getLogger("process").critical("the process ends by an error", exc_info=(kind, error, trace))


_SERVICE = {"service": ""}
_CONFIGURED: list[bool] = []


def _named(_: WrappedLogger, __: str, event: EventDict) -> EventDict:
    event.update(_SERVICE)
    return event


def _as_bytes(event: object, **_: object) -> bytes:
    return orjson.dumps(event, default=str)


def _as_json(_: WrappedLogger, __: str, event: MutableMapping[str, object]) -> str:
    return orjson.dumps(event, default=str).decode()


class AccessLog:
    """One line per request, written straight to stdout: 6 µs, where the stdlib chain took 21."""

    def __init__(self, service: str, level: str) -> None:
        self._logger = structlog.wrap_logger(
            structlog.BytesLogger(sys.stdout.buffer),
            processors=[
                structlog.processors.TimeStamper(fmt="iso", utc=True),
                _with_context,
                structlog.processors.JSONRenderer(serializer=_as_bytes),
            ],
            wrapper_class=structlog.make_filtering_bound_logger(level),
        ).bind(level="info", logger="access", service=service)

    def write(self, *, method: str, route: str, status: int, seconds: float) -> None:
        self._logger.info("request", method=method, route=route, status=status, duration_ms=round(seconds * 1000, 2))
