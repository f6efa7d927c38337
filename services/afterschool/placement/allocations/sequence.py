"""The markets of a term in their order: courses that span several slots first, as blocks.

A child who gets a seat in a block leaves every later market that shares a slot with it, so that it never has two seats
at the same time. Markets of two schools, or of two terms, are independent and may run in different processes.
"""

from collections.abc import Iterable, Iterator, Mapping
from typing import NamedTuple

from services.afterschool.placement.allocations.lottery import Draw, input_hash, numbers
from services.afterschool.placement.allocations.market import Market
from services.afterschool.placement.allocations.mechanism import Allocation, allocate


class Outcome(NamedTuple):
    """One market with its lottery numbers and result. `left`: child -> the market in which it has a seat instead."""

    market: Market
    numbers: list[bytes]
    left: Mapping[str, str]
    allocation: Allocation


def input_hashes(markets: Iterable[Market]) -> dict[str, str]:
    """The hash of the frozen input of each market that is drawn with one seed, by its name."""
    hashes: dict[str, str] = {}
    for market in markets:
        if market.name in hashes:
            raise ValueError(f"{market.name}: two markets have the same slots")
        hashes[market.name] = input_hash(market)
    return hashes


def apart(markets: Iterable[Market]) -> list[list[Market]]:
    """The markets by school and term; each list may run in a process of its own."""
    parts: dict[tuple[str, str], list[Market]] = {}
    for market in markets:
        parts.setdefault((market.school, market.term), []).append(market)
    return list(parts.values())


def run(markets: Iterable[Market], draw: Draw) -> Iterator[Outcome]:
    """The results: the markets with most slots first, then by name."""
    placed: dict[tuple[str, str, str], dict[str, str]] = {}
    for market in sorted(markets, key=lambda market: (-len(market.slots), market.name)):
        taken = [placed.setdefault(place, {}) for place in market.places]
        left = {
            child.id: block
            for child in market.children
            for there in taken
            if (block := there.get(child.id)) is not None
        }
        drawn = numbers(draw.seed, market)
        outcome = Outcome(market, drawn, left, allocate(market, drawn, left))
        for there in taken:
            there.update(dict.fromkeys(outcome.allocation.seats, market.name))
        yield outcome
