"""CloudEvents 1.0 in Kafka's binary mode: attributes in `ce_` headers, the event's JSON as the value."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from cloudevents.core.base import BaseCloudEvent
from cloudevents.core.bindings.kafka import KafkaMessage, from_binary, to_binary
from cloudevents.core.formats.base import Format
from cloudevents.core.v1.event import CloudEvent

TYPE_PREFIX: Final = "org.doublewings."
"""Reverse-DNS prefix of every type on the wire; a city sets its own here and nowhere else."""

Headers = Sequence[tuple[str, bytes]]


class Malformed(ValueError):
    """The record is not one of our CloudEvents; the text says why and holds nothing of the payload."""


@dataclass(frozen=True, slots=True)
class Envelope:
    """What travels around an event."""

    event_id: UUID
    type: str
    source: str
    key: UUID
    sequence: int
    """The aggregate's version after this fact: consecutive from 1 for each key."""
    time: datetime
    actor: str
    traceparent: str | None
    topic: str = ""
    partition: int = -1
    offset: int = -1


class _Bytes(Format):
    """The journal already holds the event's JSON: the value passes through as it is."""

    def write_data(self, data: Any, datacontenttype: str | None) -> bytes:
        return bytes(data)

    def read_data(self, body: bytes, datacontenttype: str | None) -> bytes:
        return body

    def read(self, event_factory: Any, data: str | bytes) -> BaseCloudEvent:
        raise ValueError("structured mode is not used")

    def write(self, event: BaseCloudEvent) -> bytes:
        raise ValueError("structured mode is not used")

    def get_content_type(self) -> str:
        return "application/json"


_FORMAT = _Bytes()


def wrap(envelope: Envelope, payload: bytes) -> tuple[bytes, bytes, list[tuple[str, bytes]]]:
    """An event as a Kafka record: key, value, headers."""
    attributes: dict[str, Any] = {
        "specversion": "1.0",
        "id": str(envelope.event_id),
        "type": TYPE_PREFIX + envelope.type,
        "source": envelope.source,
        "subject": str(envelope.key),
        "time": envelope.time,
        "datacontenttype": "application/json",
        "dataschema": f"urn:doublewings:schema:{envelope.type}",
        "partitionkey": str(envelope.key),
        "sequence": str(envelope.sequence),
        "actor": envelope.actor,
    }
    if envelope.traceparent:
        attributes["traceparent"] = envelope.traceparent
    message = to_binary(CloudEvent(attributes=attributes, data=payload), _FORMAT)
    return str(envelope.key).encode(), message.value, list(message.headers.items())


_UNDERSTOOD: Final = frozenset(
    f"ce_{name}"
    for name in ("specversion", "id", "type", "source", "subject", "time", "sequence", "actor", "traceparent")
) | {"content-type"}


def unwrap(
    headers: Iterable[tuple[str, bytes]], value: bytes | None, *, topic: str, partition: int, offset: int
) -> tuple[Envelope, bytes]:
    """A Kafka record as an envelope and its payload; `Malformed` if it is not one of ours.

    Foreign headers are dropped first: the library decodes every header as UTF-8.
    """
    ours = {name.lower(): content for name, content in headers if name.lower() in _UNDERSTOOD}
    if value is None:
        raise Malformed("the record has no value")
    try:
        event = from_binary(KafkaMessage(headers=ours, key=None, value=value), _FORMAT)
        extensions = {name: event.get_extension(name) for name in ("sequence", "actor", "traceparent")}
        time = event.get_time()
        if time is None:
            raise Malformed("the record has no time")
        envelope = Envelope(
            event_id=UUID(event.get_id()),
            type=_without_prefix(event.get_type()),
            source=event.get_source(),
            key=UUID(event.get_subject() or ""),
            sequence=int(extensions["sequence"] or 0),
            time=time,
            actor=extensions["actor"] or "",
            traceparent=extensions["traceparent"],
            topic=topic,
            partition=partition,
            offset=offset,
        )
    except Malformed:
        raise
    except Exception as error:
        raise Malformed(f"not a CloudEvent of this platform: {type(error).__name__}") from error
    if envelope.sequence < 1:
        raise Malformed("the record has no sequence")
    data = event.get_data()
    assert isinstance(data, bytes)
    return envelope, data


def _without_prefix(name: str) -> str:
    if not name.startswith(TYPE_PREFIX):
        raise Malformed("the type has another prefix")
    return name.removeprefix(TYPE_PREFIX)
