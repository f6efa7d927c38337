"""The drawing itself: from a seed and two lists to a result, in whole numbers and text only, so that anybody who has
the proof computes the same. `deploy/verify/draw.py` says the same again without us.

Order is that of HMAC-SHA256(seed, words). Targets: the strata (grid × risk class) divide the share by Sainte-Laguë's
method, but each has one before any has two; what is equal is decided in the order of the seed. Inspectors: for each
target in the order of the seed, those who have the fewest targets so far come first (the load is balanced), and among
these the order of the seed decides.
"""

import hashlib
import hmac
from collections.abc import Mapping, Sequence
from fractions import Fraction
from heapq import heapify, heappop, heappush
from typing import Any, Final, TypedDict

WHOLE: Final = 10_000
"""The share is in basis points."""


class ListedTarget(TypedDict):
    """A target on the canonical list."""

    id: str
    stratum: str


class ListedInspector(TypedDict):
    """An inspector on the canonical list: who it is stays ours, `id` is a name made for this draw."""

    id: str
    certificate: str | None
    certified: bool
    excluded: list[str]


class Assignment(TypedDict):
    """A drawn target and the pair that visits it."""

    target: str
    stratum: str
    inspectors: list[str]


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


def drawn_targets(seed: bytes, targets: Sequence[ListedTarget], share: int) -> list[ListedTarget]:
    """A uniform sample without replacement from every stratum, in the order of the seed."""
    strata: dict[str, list[ListedTarget]] = {}
    for target in targets:
        strata.setdefault(target["stratum"], []).append(target)
    counts = parts(seed, {name: len(members) for name, members in strata.items()}, wanted(len(targets), share))

    def place(target: ListedTarget) -> str:
        return order(seed, "target", target["stratum"], target["id"])

    chosen = [one for name, members in strata.items() for one in sorted(members, key=place)[: counts[name]]]
    return sorted(chosen, key=place)


def paired(
    seed: bytes, drawn: Sequence[ListedTarget], inspectors: Sequence[ListedInspector], certified: int
) -> list[Assignment]:
    """Two inspectors for each target; the first `certified` of them are certified, and none is excluded for the
    target."""
    load = {person["id"]: 0 for person in inspectors}
    excluded = {person["id"]: frozenset(person["excluded"]) for person in inspectors}
    result = []
    for target in drawn:
        free = sorted(
            (person for person in inspectors if target["id"] not in excluded[person["id"]]),
            key=lambda person: (load[person["id"]], order(seed, "inspector", target["id"], person["id"])),
        )
        pair = [person["id"] for person in free if person["certified"]][:certified]
        pair += [person["id"] for person in free if person["id"] not in pair][: 2 - len(pair)]
        for person_id in pair:
            load[person_id] += 1
        result.append(Assignment(target=target["id"], stratum=target["stratum"], inspectors=pair))
    return result


def uncovered(targets: Sequence[ListedTarget], inspectors: Sequence[ListedInspector], certified: int) -> list[str]:
    """The targets for which no pair exists, whatever the seed."""
    all_certified = sum(person["certified"] for person in inspectors)
    lost: dict[str, list[int]] = {}
    for person in inspectors:
        for target_id in person["excluded"]:
            count = lost.setdefault(target_id, [0, 0])
            count[0] += 1
            count[1] += person["certified"]
    missing = []
    for target in targets:
        gone, gone_certified = lost.get(target["id"], (0, 0))
        if len(inspectors) - gone < 2 or all_certified - gone_certified < certified:
            missing.append(target["id"])
    return missing


def draw(
    seed: bytes,
    terms: Mapping[str, Any],
    targets: Sequence[ListedTarget],
    inspectors: Sequence[ListedInspector],
) -> list[Assignment]:
    """The result, in the order of the seed."""
    drawn = drawn_targets(seed, targets, terms["share_bp"])
    return paired(seed, drawn, inspectors, terms["certified_per_pair"])
