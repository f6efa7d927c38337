"""The drawing itself: from a seed and two lists to a result, in whole numbers and text only, so that anybody who has
the proof computes the same. `deploy/verify/draw.py` says the same again without us.

Targets are sampled from their strata (grid × risk class), see `shared/domain/lots.py`. Inspectors: for each target in
the order of the seed, those who have the fewest targets so far come first (the load is balanced), and among these the
order of the seed decides.
"""

from collections.abc import Mapping, Sequence
from typing import Any, TypedDict

from shared.domain.lots import Listed, order, sampled


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


def paired(
    seed: bytes, drawn: Sequence[Listed], inspectors: Sequence[ListedInspector], certified: int
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


def uncovered(targets: Sequence[Listed], inspectors: Sequence[ListedInspector], certified: int) -> list[str]:
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
    targets: Sequence[Listed],
    inspectors: Sequence[ListedInspector],
) -> list[Assignment]:
    """The result, in the order of the seed."""
    drawn = sampled(seed, targets, terms["share_bp"])
    return paired(seed, drawn, inspectors, terms["certified_per_pair"])
