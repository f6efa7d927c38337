"""`docs/events.md`: the published language as a page people read, written from the same classes."""

from collections.abc import Iterator, Mapping
from typing import Any

from shared.events import Event
from shared.facts.asyncapi import HEADERS, Language, meaning

_INTRODUCTION = """\
# Events

Written by `make openapi` from `shared/events/`; change the classes, not this page. For machines: one
JSON Schema per event in [schemas/](schemas), and the AsyncAPI document in `.local/documents/`, once `make openapi` ran.

Every record is a CloudEvent 1.0 in Kafka's binary mode: attributes in headers, the event's JSON as the value. The
record key is the id of the thing the event is about, so facts about one thing stay in order, and `ce_sequence` counts
them from 1 without gaps. Delivery is at least once: `ce_id` is the same after every repetition. The language grows by
addition: ignore fields you do not know; a breaking change is a new event with a higher version. Children appear by
pseudonymous id only.
"""


def events_page(language: Language) -> str:
    return "\n".join([_INTRODUCTION, *_headers(), *_topics(language), *_events(language)]).rstrip() + "\n"


def _headers() -> Iterator[str]:
    yield from ("## Headers", "", "| header | meaning |", "| --- | --- |")
    for name, header in HEADERS["properties"].items():
        optional = "" if name in HEADERS["required"] else " (optional)"
        yield f"| `{name}` | {header['description']}{optional} |"
    yield ""


def _topics(language: Language) -> Iterator[str]:
    yield from ("## Topics", "", "| topic | partitions | published by | heard by |", "| --- | --- | --- | --- |")
    for topic, events in language.topics().items():
        producer = next(service for service, sent in language.sent.items() if events[0] in sent)
        listeners = [name for name, wanted in language.received.items() if {*events} & {*wanted}]
        heard = ", ".join(listeners) or "other systems"
        yield f"| [{topic}](#{topic.replace('.', '')}) | {language.partitions[topic]} | {producer} | {heard} |"
    yield ""


def _events(language: Language) -> Iterator[str]:
    for topic, events in language.topics().items():
        yield from (f"## {topic}", "")
        for event in events:
            yield from _event(event)


def _event(event: type[Event]) -> Iterator[str]:
    yield from (f"### {event.type}", "", meaning(event), "", f"Schema: [{event.type}](schemas/{event.type}.json)", "")
    yield from ("| field | type |", "| --- | --- |")
    schema = event.model_json_schema(mode="serialization")
    for name, field in schema["properties"].items():
        optional = "" if name in schema.get("required", ()) else ", absent in older events"
        yield f"| `{name}` | {_type(field)}{optional} |"
    yield ""


def _type(field: Mapping[str, Any]) -> str:
    if "anyOf" in field:
        return " or ".join(_type(option) for option in field["anyOf"])
    if "$ref" in field:
        return str(field["$ref"]).rpartition("/")[2]
    if field.get("type") == "array":
        return f"list of {_type(field['items'])}"
    return str(field.get("format") or field.get("type", "anything"))
