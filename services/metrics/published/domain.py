"""Which numbers of people are too small to be published, and which others would give them away."""

from collections.abc import Mapping
from typing import Final

from services.metrics.indicators.domain import Value
from services.metrics.tree.domain import Indicator

SMALLEST: Final = 10
"""A smaller number of children or answers could be traced to persons."""
FEWEST: Final = 2
"""A single hidden number is the difference between the whole and the others."""

Parts = tuple[int, ...]


def _counts(value: Value) -> Parts:
    """The people that a value tells: those counted, and of a share also all of them, and the others."""
    if value.denominator is None:
        return (value.numerator,)
    return (value.numerator, value.denominator, value.denominator - value.numerator)


def is_small(indicator: Indicator, value: Value) -> bool:
    """Whether a value tells a small number of people, or lets it be computed."""
    return indicator.counts_people and value.known and min(_counts(value)) < SMALLEST


def hidden_parts(indicator: Indicator, whole: Value, parts: Mapping[str, Value]) -> frozenset[str]:
    """The keys of the parts that must not be shown.

    All, if the whole is small. Otherwise the small ones, and with them the next larger ones, until the hidden numbers
    together are not small either: their sum can be computed from the whole.
    """
    if is_small(indicator, whole):
        return frozenset(parts)
    hidden = {key for key, value in parts.items() if is_small(indicator, value)}
    others = sorted((key for key in parts if key not in hidden), key=lambda key: _counts(parts[key]))
    while hidden and others and not _covered([_counts(parts[key]) for key in hidden]):
        hidden.add(others.pop(0))
    return frozenset(hidden)


def _covered(counts: list[Parts]) -> bool:
    return len(counts) >= FEWEST and all(sum(column) >= SMALLEST for column in zip(*counts, strict=True))
