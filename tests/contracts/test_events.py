"""The published language keeps its word: a sample of every event ever published is understood by today's classes."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from jsonschema import Draft202012Validator

from deploy.contracts import incompatible, language
from shared.events import Event
from shared.events.catalogue import EVENTS
from shared.facts.asyncapi import HEADERS, event_schema
from shared.facts.envelope import TYPE_PREFIX, Envelope, owner_of, unwrap, wrap

SAMPLES = Path(__file__).parent / "samples"
TYPES = sorted(EVENTS)


def sample(name: str) -> dict[str, Any]:
    content: dict[str, Any] = json.loads((SAMPLES / f"{name}.json").read_text(encoding="utf-8"))
    return content


def valid(instance: object, schema: dict[str, Any]) -> bool:
    return bool(Draft202012Validator(schema, format_checker=Draft202012Validator.FORMAT_CHECKER).is_valid(instance))


def test_every_event_has_a_sample_and_every_sample_an_event() -> None:
    assert sorted(path.stem for path in SAMPLES.glob("*.json")) == TYPES


@pytest.mark.parametrize("name", TYPES)
def test_todays_class_reads_the_sample(name: str) -> None:
    kept = sample(name)
    event = EVENTS[name].model_validate_json(json.dumps(kept["value"]))
    assert kept["topic"] == event.topic
    written = event.model_dump(mode="json")
    assert {field: written[field] for field in kept["value"]} == kept["value"], "nothing a sample says is lost"


@pytest.mark.parametrize("name", TYPES)
def test_the_sample_fits_its_schema(name: str) -> None:
    kept, schema = sample(name), event_schema(EVENTS[name])
    Draft202012Validator.check_schema(schema)
    assert valid(kept["value"], schema)
    assert valid({**kept["value"], "a_field_of_tomorrow": 1}, schema)
    assert not valid({**kept["value"], "at": None}, schema)


@pytest.mark.parametrize("name", TYPES)
def test_the_sample_travels_as_a_cloud_event(name: str) -> None:
    kept = sample(name)
    assert valid(kept["headers"], HEADERS)
    value = json.dumps(kept["value"]).encode()
    headers = [(header, content.encode()) for header, content in kept["headers"].items()]
    envelope, payload = unwrap(headers, value, topic=kept["topic"], partition=0, offset=7)
    assert (envelope.type, str(envelope.key), payload) == (name, kept["key"], value)
    key, sent, again = wrap(envelope, payload)
    assert (key.decode(), sent) == (kept["key"], value)
    assert {header: content.decode() for header, content in again} == kept["headers"]


@pytest.mark.parametrize("name", TYPES)
def test_the_payload_says_whom_the_fact_is_about(name: str) -> None:
    kept, event = sample(name), EVENTS[name]
    field = event.aggregate_field()
    assert field is not None
    assert kept["value"][field] == kept["key"]
    assert kept["headers"]["ce_source"] == owner_of(event.topic)


def test_wrapping_gives_every_header_the_document_names() -> None:
    envelope = Envelope(
        UUID(int=1), TYPES[0], "/x", UUID(int=2), 1, datetime(2026, 3, 1, tzinfo=UTC), "a", f"00-{'1' * 32}"
    )
    _, _, headers = wrap(envelope, b"{}")
    assert {name for name, _ in headers} == set(HEADERS["properties"])
    assert dict(headers)["ce_type"].decode() == TYPE_PREFIX + TYPES[0]


@pytest.mark.parametrize("service", sorted(language().received))
def test_every_listener_knows_what_it_listens_to(service: str) -> None:
    assert all(EVENTS.get(event.type) is event for event in language().received[service])


def test_schemas_grow_by_addition_only() -> None:
    assert list(incompatible()) == []


class Before(Event):
    type = "test.thing.done.v1"
    topic = "test.things.v1"
    thing_id: UUID
    note: str | None
    at: datetime


class WithMore(Before):
    amount: int | None = None


class Retyped(Before):
    thing_id: int  # type: ignore[assignment]  # what must be found


class Dropped(Event):
    type, topic = Before.type, Before.topic
    thing_id: UUID
    at: datetime


@pytest.mark.parametrize(("after", "allowed"), [(Before, True), (WithMore, True), (Retyped, False), (Dropped, False)])
def test_an_incompatible_change_is_found(tmp_path: Path, after: type[Event], allowed: bool) -> None:
    folder = tmp_path / "docs/schemas"
    folder.mkdir(parents=True)
    (folder / f"{Before.type}.json").write_text(json.dumps(event_schema(Before)), encoding="utf-8")
    assert list(incompatible({after.type: after}, tmp_path)) == ([] if allowed else [after.type])
