"""Every event of the platform by its name on the wire."""

import importlib
import pkgutil
from collections.abc import Iterator, Mapping
from types import MappingProxyType
from typing import Final

from shared.events import Event, afterschool, inspection, metrics, registry

PRODUCERS: Final = {"registry": registry, "inspection": inspection, "afterschool": afterschool, "metrics": metrics}


def events_of(producer: str) -> Iterator[type[Event]]:
    """The events that one service publishes: by family, and in the order in which each module defines them."""
    package = PRODUCERS[producer]
    for family in pkgutil.iter_modules(package.__path__, f"{package.__name__}."):
        module = importlib.import_module(family.name)
        for item in vars(module).values():
            if (
                isinstance(item, type)
                and issubclass(item, Event)
                and item.__module__ == family.name
                and "type" in vars(item)
            ):
                yield item


EVENTS: Final[Mapping[str, type[Event]]] = MappingProxyType(
    {event.type: event for producer in PRODUCERS for event in events_of(producer)}
)
