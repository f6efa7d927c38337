"""The drawing itself: from a seed and two lists to a result, in whole numbers and text only, so that anybody who has
the proof computes the same. `deploy/verify/draw.py` says the same again without us.

Order is that of HMAC-SHA256(seed, words). Targets: each stratum (grid × risk class) gets its part of the share, by
largest remainder over what is left when every stratum has one; if there are more strata than targets to draw, as many
strata as there are get one each, in the order of the seed. Inspectors: for each target in the order of the seed, those
who have the fewest targets so far come first (the load is balanced), and among these the order of the seed decides.
"""

import hashlib
import hmac
from collections.abc import Mapping, Sequence
from fractions import Fraction
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
    """Where something stands in the order of the seed."""
    return hmac.digest(seed, "|".join(words).encode(), hashlib.sha256).hex()


def wanted(targets: int, share: int) -> int:
    """How many a share asks for; never less than it says."""
    return -(-targets * share // WHOLE)


def parts(seed: bytes, sizes: Mapping[str, int], want: int) -> dict[str, int]:
    """How many of each stratum are drawn."""
    names = sorted(sizes, key=lambda name: order(seed, "stratum", name))
    if want <= len(names):
        return {name: int(place < want) for place, name in enumerate(names)}
    total = sum(sizes.values())
    above = {name: max(Fraction(want * sizes[name], total) - 1, Fraction(0)) for name in names}
    left, scale = want - len(names), sum(above.values())
    exact = {name: above[name] * left / scale for name in names}
    drawn = {name: 1 + int(exact[name]) for name in names}
    rest = want - sum(drawn.values())
    for name in sorted(names, key=lambda name: int(exact[name]) - exact[name])[:rest]:
        drawn[name] += 1
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
    """Two inspectors for each, the first `certified` of them certified, nobody for whom he is excluded."""
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


def uncovered(targets: Sequence[ListedTarget], inspectors: Sequence[ListedInspector], certified: int) -> int:
    """How many targets could not be given a pair, whatever the seed."""
    all_certified = sum(person["certified"] for person in inspectors)
    lost: dict[str, list[int]] = {}
    for person in inspectors:
        for target_id in person["excluded"]:
            count = lost.setdefault(target_id, [0, 0])
            count[0] += 1
            count[1] += person["certified"]
    missing = 0
    for target in targets:
        gone, gone_certified = lost.get(target["id"], (0, 0))
        missing += len(inspectors) - gone < 2 or all_certified - gone_certified < certified
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
