"""Every event of the platform by its name on the wire."""

from collections.abc import Iterator, Mapping
from types import MappingProxyType
from typing import Final

from shared.events import Event, afterschool, inspection, metrics, registry

PRODUCERS: Final = {"registry": registry, "inspection": inspection, "afterschool": afterschool, "metrics": metrics}


def events_of(producer: str) -> Iterator[type[Event]]:
    """The events one service publishes, in the order in which its module tells them."""
    for item in vars(PRODUCERS[producer]).values():
        if isinstance(item, type) and issubclass(item, Event) and "type" in vars(item):
            yield item


EVENTS: Final[Mapping[str, type[Event]]] = MappingProxyType(
    {event.type: event for producer in PRODUCERS for event in events_of(producer)}
)
