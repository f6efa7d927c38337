"""CloudEvents 1.0 in Kafka's binary mode: attributes in `ce_` headers, the event's JSON as the value.

Headers are written and read here, not by the `cloudevents` library: an event passes through once in the relay and once
in every consumer, and there the library took 18 and 25 µs of the 100 that an event may cost, these lines 4 and 5
(`bench/NOTES.md`). That both say the same is a test (`tests/shared/core/test_envelope.py`).
"""

import re
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from functools import cache
from typing import Final, NamedTuple
from uuid import UUID

TYPE_PREFIX: Final = "org.doublewings."
"""Reverse-DNS prefix of every type on the wire; a city sets its own here and nowhere else."""

TRACEPARENT: Final = re.compile(r"00-(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}")
"""W3C trace context, version 00."""

Headers = Sequence[tuple[str, bytes | None]]
"""As they came: names may be no Unicode (`surrogateescape`), values may be missing."""

LARGEST_SEQUENCE: Final = 2**63 - 1
"""What the database can count to."""

_CONSTANT: Final = [("ce_specversion", b"1.0"), ("content-type", b"application/json")]


class Malformed(ValueError):
    """The record is not one of our CloudEvents; the text says why and holds nothing of the payload."""


class Envelope(NamedTuple):
    """What travels around an event. One is made for each record, and a frozen dataclass takes four times as long."""

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


@cache
def owner_of(topic: str) -> str:
    """The source of every event on a topic: the service after which it is named."""
    return f"/{topic.partition('.')[0]}"


def wrap(envelope: Envelope, payload: bytes) -> tuple[bytes, bytes, list[tuple[str, bytes]]]:
    """An event as a Kafka record: key, value, headers."""
    key = str(envelope.key).encode()
    headers = [
        *_CONSTANT,
        ("ce_id", str(envelope.event_id).encode()),
        ("ce_type", (TYPE_PREFIX + envelope.type).encode()),
        ("ce_source", envelope.source.encode()),
        ("ce_subject", key),
        ("ce_time", envelope.time.astimezone(UTC).isoformat().replace("+00:00", "Z").encode()),
        ("ce_dataschema", f"urn:doublewings:schema:{envelope.type}".encode()),
        ("ce_partitionkey", key),
        ("ce_sequence", str(envelope.sequence).encode()),
        ("ce_actor", envelope.actor.encode()),
    ]
    if envelope.traceparent:
        headers.append(("ce_traceparent", envelope.traceparent.encode()))
    return key, payload, headers


def unwrap(
    headers: Iterable[tuple[str, bytes | None]], value: bytes | None, *, topic: str, partition: int, offset: int
) -> tuple[Envelope, bytes]:
    """A Kafka record as an envelope and its payload; raises `Malformed` for foreign records. Unknown headers are
    ignored."""
    envelope = envelope_of(headers, topic=topic, partition=partition, offset=offset)
    if value is None:
        raise Malformed("the record has no value")
    return envelope, value


def envelope_of(headers: Iterable[tuple[str, bytes | None]], *, topic: str, partition: int, offset: int) -> Envelope:
    """The envelope in the headers; raises `Malformed`, and nothing else, whatever they contain."""
    said = {name: content for name, content in headers if content is not None}
    try:
        if said["ce_specversion"] != b"1.0":
            raise Malformed("the record is no CloudEvent 1.0")
        name = said["ce_type"].decode()
        sequence = said["ce_sequence"]
        envelope = Envelope(
            UUID(said["ce_id"].decode()),
            name.removeprefix(TYPE_PREFIX),
            said["ce_source"].decode(),
            UUID(said["ce_subject"].decode()),
            int(sequence) if sequence.isdigit() and len(sequence) <= 19 else 0,
            datetime.fromisoformat(said["ce_time"].decode()),
            said["ce_actor"].decode(),
            _traceparent(said.get("ce_traceparent")),
            topic,
            partition,
            offset,
        )
    except KeyError as missing:
        raise Malformed(f"the record has no {missing.args[0]}") from None
    except Malformed:
        raise
    except (ValueError, OverflowError) as error:
        raise Malformed("an attribute of the record is malformed") from error
    if not name.startswith(TYPE_PREFIX):
        raise Malformed("the type has another prefix")
    if not 1 <= envelope.sequence <= LARGEST_SEQUENCE or envelope.time.tzinfo is None or "\0" in envelope.actor:
        raise Malformed("an attribute of the record is malformed")
    return envelope


def _traceparent(sent: bytes | None) -> str | None:
    """The trace of the cause; an invalid one counts as missing, and the record is accepted."""
    if sent is None:
        return None
    text = sent.decode("latin-1")
    return text if TRACEPARENT.fullmatch(text) else None
