"""Events as the consumer hands them over."""

from collections.abc import Sequence
from datetime import UTC, datetime
from uuid import UUID

from shared.data.database import new_id
from shared.events import Event
from shared.facts.envelope import Envelope
from shared.facts.inbox import Delivery

AT = datetime(2026, 3, 2, 1, 0, tzinfo=UTC)


def deliver(event: Event, *, key: UUID | None = None, sequence: int = 1, offset: int = 0) -> Delivery:
    envelope = Envelope(
        event_id=new_id(),
        type=event.type,
        source=f"/{event.type.split('.')[0]}",
        key=key or new_id(),
        sequence=sequence,
        time=AT,
        actor="test",
        traceparent=None,
        topic=event.topic,
        partition=0,
        offset=offset,
    )
    return Delivery(event, envelope)


def deliver_all(events: Sequence[Event]) -> list[Delivery]:
    return [deliver(event, offset=number) for number, event in enumerate(events)]
