"""Lots drawn from a seed, in whole numbers and text only, so that anybody who has the seed draws the same.

Order is that of HMAC-SHA256(seed, words). Strata divide a share by Sainte-Laguë's method, but each has one before any
has two; what is equal is decided in the order of the seed.
"""

import hashlib
import hmac
from collections.abc import Mapping, Sequence
from fractions import Fraction
from heapq import heapify, heappop, heappush
from typing import Final, TypedDict

from shared.domain.canonical import canonical

WHOLE: Final = 10_000
"""The share is in basis points."""


class Listed(TypedDict):
    """A target on the canonical list."""

    id: str
    stratum: str


def sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def order(seed: bytes, *words: str) -> str:
    """The sort key of something in the order that the seed gives."""
    return hmac.digest(seed, "|".join(words).encode(), hashlib.sha256).hex()


def wanted(targets: int, share: int) -> int:
    """How many targets the share asks for, rounded up."""
    return -(-targets * share // WHOLE)


def parts(seed: bytes, sizes: Mapping[str, int], want: int) -> dict[str, int]:
    """How many of each stratum are drawn, one by one: first from strata without any, however small; then from the one
    with the greatest quotient size / (2 x drawn + 1)."""
    drawn = dict.fromkeys(sizes, 0)
    names = sorted(sizes, key=lambda name: order(seed, "stratum", name))
    next_ones = [(False, Fraction(0), place, name) for place, name in enumerate(names) if sizes[name]]
    heapify(next_ones)
    for _ in range(want):
        _, _, place, name = heappop(next_ones)
        drawn[name] += 1
        if drawn[name] < sizes[name]:
            heappush(next_ones, (True, Fraction(-sizes[name], 2 * drawn[name] + 1), place, name))
    return drawn


def sampled(seed: bytes, targets: Sequence[Listed], share: int) -> list[Listed]:
    """A uniform sample without replacement from every stratum, in the order of the seed."""
    strata: dict[str, list[Listed]] = {}
    for target in targets:
        strata.setdefault(target["stratum"], []).append(target)
    counts = parts(seed, {name: len(members) for name, members in strata.items()}, wanted(len(targets), share))

    def place(target: Listed) -> str:
        return order(seed, "target", target["stratum"], target["id"])

    chosen = [one for name, members in strata.items() for one in sorted(members, key=place)[: counts[name]]]
    return sorted(chosen, key=place)


def seed_of(secret: bytes, public_value: str, inputs: Mapping[str, str]) -> bytes:
    """SHA-256(secret ‖ public value ‖ SHA-256 of the canonical `inputs`, which are hashes by name).

    The secret is committed to beforehand and the public value is drawn after the inputs are frozen: nobody can try
    seeds until the result is convenient.
    """
    return hashlib.sha256(secret + public_value.encode() + hashlib.sha256(canonical(dict(inputs))).digest()).digest()
