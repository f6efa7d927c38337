"""Does this proof of a random inspection hold? `python draw.py proof.json` needs nothing but Python 3.10.

Compare its `commitment` with the one you saw published before the draw: that is what nobody can change afterwards.
"""

import hashlib
import hmac
import json
import sys
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path
from typing import Any


def members(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    if len(dict(pairs)) != len(pairs):
        raise ValueError("a name is there twice, and two readers may see two documents")
    return dict(pairs)


def sha256(value: Any) -> str:
    if not isinstance(value, bytes):
        value = json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()
    return hashlib.sha256(value).hexdigest()


def result_of(seed: bytes, terms: Any, targets: Any, inspectors: Any) -> Any:
    def order(*words: str) -> str:
        return hmac.new(seed, "|".join(words).encode(), hashlib.sha256).hexdigest()

    def claim(name: str) -> tuple[bool, Fraction]:
        return not part[name], Fraction(len(strata[name]) * bool(part[name]), 2 * part[name] + 1)

    strata: dict[str, list[Any]] = {}
    for one in targets:
        strata.setdefault(one["stratum"], []).append((order("target", one["stratum"], one["id"]), one["id"]))
    part = dict.fromkeys(sorted(strata, key=lambda name: order("stratum", name)), 0)
    for _ in range(-(-len(targets) * terms["share_bp"] // 10_000)):
        part[max((name for name in part if part[name] < len(strata[name])), key=claim)] += 1
    drawn = sorted((place, one, name) for name in part for place, one in sorted(strata[name])[: part[name]])
    load, result = {person["id"]: 0 for person in inspectors}, []
    for _, one, name in drawn:
        free = [person for person in inspectors if one not in person["excluded"]]
        free.sort(key=lambda person: (load[person["id"]], order("inspector", one, person["id"])))
        pair = [person["id"] for person in free if person["certified"]][: terms["certified_per_pair"]]
        pair += [person["id"] for person in free if person["id"] not in pair][: 2 - len(pair)]
        load.update({person: load[person] + 1 for person in pair})
        result.append({"target": one, "stratum": name, "inspectors": pair})
    return result


def differences(proof: Any) -> Iterator[str]:
    seed, promised = bytes.fromhex(proof["seed"]), proof["commitment"]
    if set(proof) != {"format", "commitment", "seed", "terms", "targets", "inspectors", "result"}:
        yield "the members of the document"
    if proof["format"] != "double-wings-draw-1" or len(promised) != 4:
        yield "the format"
    if promised["seed_sha256"] != sha256(seed) or seed.hex() != proof["seed"]:
        yield "the seed is not the one that was promised"
    for name in ("terms", "targets", "inspectors"):
        if promised[name + "_sha256"] != sha256(proof[name]):
            yield "the " + name + " are not those that were promised"
    if proof["result"] != result_of(seed, proof["terms"], proof["targets"], proof["inspectors"]):
        yield "the result is not what the seed draws from these lists"


if __name__ == "__main__":
    try:
        found = list(differences(json.loads(Path(sys.argv[1]).read_text(encoding="utf-8"), object_pairs_hook=members)))
    except (LookupError, ValueError, TypeError, AttributeError) as error:
        found = ["the document cannot be read as a proof: " + type(error).__name__]
    print("\n".join(found) or "proof holds")
    sys.exit(bool(found))
