"""The whole tree: its branches, and its indicators by code."""

from collections.abc import Mapping
from typing import Final

from services.metrics.tree.domain import Indicator, IndicatorNotFound, Source
from services.metrics.tree.inside import INSIDE, INSIDE_INDICATORS
from services.metrics.tree.outside import OUTSIDE, OUTSIDE_INDICATORS
from services.metrics.tree.x import X_INDICATORS

BRANCHES: Final = (*OUTSIDE, *INSIDE)
INDICATORS: Final[Mapping[str, Indicator]] = {
    one.code: one for one in (*OUTSIDE_INDICATORS, *INSIDE_INDICATORS, *X_INDICATORS)
}
REPORTED: Final = tuple(one.code for one in INDICATORS.values() if one.source is Source.REPORTED)


def indicator(code: str) -> Indicator:
    """The indicator of that code; raises `IndicatorNotFound`."""
    found = INDICATORS.get(code)
    if found is None:
        raise IndicatorNotFound
    return found
