"""The wire: what we write is what the CloudEvents library reads, and the other way round."""

from datetime import UTC, datetime, timedelta, timezone

import pytest
from cloudevents.core.bindings.kafka import KafkaMessage, from_binary, to_binary
from cloudevents.core.formats.json import JSONFormat
from cloudevents.core.v1.event import CloudEvent

from shared.data.database import new_id
from shared.facts.envelope import TYPE_PREFIX, Envelope, Malformed, unwrap, wrap

ENVELOPE = Envelope(
    event_id=new_id(),
    type="example.thing.happened.v1",
    source="/example",
    key=new_id(),
    sequence=7,
    time=datetime(2026, 11, 24, 9, 30, 0, 123000, tzinfo=timezone(timedelta(hours=8))),
    actor="officer-7",
    traceparent="00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
)


def back(envelope: Envelope) -> tuple[Envelope, bytes]:
    _, value, headers = wrap(envelope, b'{"number": 1}')
    return unwrap(headers, value, topic="t", partition=3, offset=9)


def test_a_record_comes_back_as_it_was() -> None:
    found, payload = back(ENVELOPE)
    assert payload == b'{"number": 1}'
    assert (found.topic, found.partition, found.offset) == ("t", 3, 9)
    for name in ("event_id", "type", "source", "key", "sequence", "time", "actor", "traceparent"):
        assert getattr(found, name) == getattr(ENVELOPE, name)


def test_the_library_reads_what_we_write() -> None:
    key, value, headers = wrap(ENVELOPE, b'{"number": 1}')
    event = from_binary(KafkaMessage(dict(headers), key.decode(), value), JSONFormat(), CloudEvent)
    assert event.get_data() == {"number": 1}
    assert event.get_id() == str(ENVELOPE.event_id)
    assert event.get_type() == TYPE_PREFIX + ENVELOPE.type
    assert event.get_source() == ENVELOPE.source
    assert event.get_subject() == event.get_extension("partitionkey") == str(ENVELOPE.key)
    assert event.get_time() == ENVELOPE.time
    assert event.get_datacontenttype() == "application/json"
    assert event.get_extension("sequence") == "7"
    assert event.get_extension("actor") == "officer-7"
    assert event.get_extension("traceparent") == ENVELOPE.traceparent


def test_we_read_what_the_library_writes() -> None:
    event = CloudEvent(
        attributes={
            "specversion": "1.0",
            "id": str(ENVELOPE.event_id),
            "type": TYPE_PREFIX + ENVELOPE.type,
            "source": ENVELOPE.source,
            "subject": str(ENVELOPE.key),
            "time": ENVELOPE.time,
            "datacontenttype": "application/json",
            "sequence": "7",
            "actor": "officer-7",
        },
        data={"number": 1},
    )
    message = to_binary(event, JSONFormat())
    found, _ = unwrap(list(message.headers.items()), message.value, topic="t", partition=0, offset=0)
    assert (found.event_id, found.sequence, found.traceparent) == (ENVELOPE.event_id, 7, None)
    assert found.time == ENVELOPE.time


@pytest.mark.parametrize(
    ("header", "content"),
    [
        ("ce_specversion", b"0.3"),
        ("ce_id", b"no uuid"),
        ("ce_type", b"com.example.other.v1"),
        ("ce_type", b"\xff"),
        ("ce_subject", b""),
        ("ce_sequence", b"0"),
        ("ce_sequence", b"many"),
        ("ce_time", b"yesterday"),
        ("ce_time", b"2026-11-24T09:30:00"),
        ("ce_id", None),
        ("ce_actor", None),
    ],
)
def test_what_is_not_ours_is_malformed(header: str, content: bytes | None) -> None:
    _, value, headers = wrap(ENVELOPE, b"{}")
    changed = [
        (name, was if name != header else content) for name, was in headers if name != header or content is not None
    ]
    with pytest.raises(Malformed):
        unwrap(changed, value, topic="t", partition=0, offset=0)


def test_foreign_headers_are_ignored_and_a_tombstone_is_malformed() -> None:
    _, value, headers = wrap(ENVELOPE, b"{}")
    unwrap([("foreign", b"\xff\xfe"), *headers], value, topic="t", partition=0, offset=0)
    with pytest.raises(Malformed):
        unwrap(headers, None, topic="t", partition=0, offset=0)


def test_times_travel_in_utc() -> None:
    _, _, headers = wrap(ENVELOPE, b"{}")
    assert dict(headers)["ce_time"] == ENVELOPE.time.astimezone(UTC).isoformat().replace("+00:00", "Z").encode()
