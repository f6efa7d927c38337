"""The AsyncAPI 3.0 document and the JSON Schemas of the published language, written from the event classes themselves.

Who sends and who receives is passed in: the document knows services by name only.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from shared.events import Event
from shared.facts.envelope import TYPE_PREFIX

Schema = dict[str, Any]
_DIALECT: Final = "https://json-schema.org/draft/2020-12/schema"
_COMPONENTS: Final = "#/components/schemas/"


@dataclass(frozen=True)
class Language:
    """What the document tells: which service says what, which one listens to what, and each topic's partitions."""

    sent: Mapping[str, Sequence[type[Event]]]
    received: Mapping[str, Iterable[type[Event]]]
    partitions: Mapping[str, int]

    def events(self) -> list[type[Event]]:
        return [event for events in self.sent.values() for event in events]

    def topics(self) -> dict[str, list[type[Event]]]:
        """Each topic with its events, in the order of the producers' modules."""
        topics: dict[str, list[type[Event]]] = {}
        for event in self.events():
            topics.setdefault(event.topic, []).append(event)
        return topics


def event_schema(event: type[Event]) -> Schema:
    """The event's JSON Schema. Unknown fields are allowed, because events grow by addition."""
    schema = event.model_json_schema(mode="serialization")
    _open(schema)
    return {"$schema": _DIALECT, "$id": schema_id(event), **schema}


def schema_id(event: type[Event]) -> str:
    return f"urn:doublewings:schema:{event.type}"


def _open(schema: Schema) -> None:
    for described in (schema, *schema.get("$defs", {}).values()):
        if described.get("type") == "object":
            described["additionalProperties"] = True


def asyncapi(language: Language) -> Schema:
    schemas: dict[str, Schema] = {"CloudEventHeaders": HEADERS}
    messages = {event.type: _message(event, schemas) for event in language.events()}
    return {
        "asyncapi": "3.0.0",
        "info": {
            "title": "Double Wings events",
            "version": "1",
            "description": (
                "CloudEvents 1.0 in Kafka's binary mode. The record key is the aggregate's id, so facts about one "
                "thing stay in order; `ce_sequence` counts them from 1. Additive only: ignore fields you do not know. "
                "No personal data of children, ids only."
            ),
            "license": {"name": "Apache-2.0"},
        },
        "defaultContentType": "application/json",
        "channels": {topic: _channel(topic, events, language) for topic, events in language.topics().items()},
        "operations": _operations(language),
        "components": {"messages": messages, "schemas": schemas},
    }


def _channel(topic: str, events: Sequence[type[Event]], language: Language) -> Schema:
    return {
        "address": topic,
        "messages": {event.type: {"$ref": f"#/components/messages/{event.type}"} for event in events},
        "bindings": {"kafka": {"topic": topic, "partitions": language.partitions[topic], "bindingVersion": "0.5.0"}},
    }


def _operations(language: Language) -> dict[str, Schema]:
    told = {("send", service): list(events) for service, events in language.sent.items()}
    heard = {
        ("receive", service): [event for event in language.events() if event in set(wanted)]
        for service, wanted in language.received.items()
    }
    operations: dict[str, Schema] = {}
    for (action, service), events in {**told, **heard}.items():
        for topic in dict.fromkeys(event.topic for event in events):
            operations[f"{service}.{action}.{topic}"] = {
                "action": action,
                "channel": {"$ref": f"#/channels/{topic}"},
                "summary": f"{service} {'publishes' if action == 'send' else 'listens to'} these facts.",
                "tags": [{"name": service}],
                "messages": [
                    {"$ref": f"#/channels/{topic}/messages/{event.type}"} for event in events if event.topic == topic
                ],
            }
    return operations


def _message(event: type[Event], schemas: dict[str, Schema]) -> Schema:
    """The message; its payload and the schemas that this uses are added to `schemas`."""
    payload = event.model_json_schema(mode="serialization", ref_template=f"{_COMPONENTS}{{model}}")
    _open(payload)
    for name, part in {**payload.pop("$defs", {}), event.type: payload}.items():
        if schemas.setdefault(name, part) != part:
            raise ValueError(f"two different models of the published language are called {name}")
    return {
        "name": event.type,
        "title": event.__name__,
        "summary": meaning(event),
        "contentType": "application/json",
        "headers": {"$ref": f"{_COMPONENTS}CloudEventHeaders"},
        "payload": {"$ref": f"{_COMPONENTS}{event.type}"},
        "bindings": {
            "kafka": {
                "key": {"type": "string", "format": "uuid", "description": "The aggregate's id."},
                "bindingVersion": "0.5.0",
            }
        },
    }


def meaning(event: type[Event]) -> str:
    """The first paragraph of the event's docstring."""
    return " ".join((event.__doc__ or "").split("\n\n")[0].split())


def _header(description: str, **schema: Any) -> Schema:
    return {"type": "string", "description": description, **schema}


HEADERS: Final[Schema] = {
    "title": "CloudEventHeaders",
    "type": "object",
    "description": "CloudEvents attributes as Kafka headers, UTF-8.",
    "properties": {
        "ce_specversion": _header("CloudEvents version.", const="1.0"),
        "ce_id": _header("The event's own id; the same after every repetition.", format="uuid"),
        "ce_type": _header("The event's name under one prefix.", pattern=f"^{TYPE_PREFIX.replace('.', '[.]')}"),
        "ce_source": _header("The service that says so.", format="uri-reference"),
        "ce_subject": _header("The aggregate's id, as in the record key.", format="uuid"),
        "ce_time": _header("When it was recorded.", format="date-time"),
        "ce_dataschema": _header("The payload's JSON Schema.", format="uri"),
        "ce_partitionkey": _header("The record key.", format="uuid"),
        "ce_sequence": _header("Version of the aggregate after this fact: 1, 2, 3 …", pattern="^[1-9][0-9]*$"),
        "ce_actor": _header("Who did it: the token's subject, or `system`."),
        "ce_traceparent": _header("W3C trace context."),
        "content-type": _header("Of the value.", const="application/json"),
    },
    "required": [
        "ce_specversion", "ce_id", "ce_type", "ce_source", "ce_subject", "ce_time", "ce_sequence", "ce_actor",
        "content-type",
    ],
    "additionalProperties": True,
}  # fmt: skip
