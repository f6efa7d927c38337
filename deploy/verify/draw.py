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


def sha256(value: Any) -> str:
    if not isinstance(value, bytes):
        value = json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()
    return hashlib.sha256(value).hexdigest()


def result_of(seed: bytes, terms: Any, targets: Any, inspectors: Any) -> Any:
    def order(*words: str) -> str:
        return hmac.new(seed, "|".join(words).encode(), hashlib.sha256).hexdigest()

    load, result = {person["id"]: 0 for person in inspectors}, []
    strata: dict[str, list[Any]] = {}
    for one in targets:
        strata.setdefault(one["stratum"], []).append((order("target", one["stratum"], one["id"]), one))
    want = -(-len(targets) * terms["share_bp"] // 10000)
    names = sorted(strata, key=lambda name: order("stratum", name))
    if want <= len(names):
        part = {name: int(place < want) for place, name in enumerate(names)}
    else:
        above = {n: max(Fraction(want * len(strata[n]), len(targets)) - 1, Fraction(0)) for n in names}
        exact = {n: above[n] * (want - len(names)) / sum(above.values()) for n in names}
        part = {n: 1 + int(exact[n]) for n in names}
        for n in sorted(names, key=lambda n: int(exact[n]) - exact[n])[: want - sum(part.values())]:
            part[n] += 1
    drawn = [pair for n, members in strata.items() for pair in sorted(members, key=lambda m: m[0])[: part[n]]]
    for _, one in sorted(drawn, key=lambda pair: pair[0]):
        free = [person for person in inspectors if one["id"] not in person["excluded"]]
        free.sort(key=lambda person: (load[person["id"]], order("inspector", one["id"], person["id"])))
        pair = [person["id"] for person in free if person["certified"]][: terms["certified_per_pair"]]
        pair += [person["id"] for person in free if person["id"] not in pair][: 2 - len(pair)]
        for person in pair:
            load[person] += 1
        result.append({"target": one["id"], "stratum": one["stratum"], "inspectors": pair})
    return result


def differences(proof: Any) -> Iterator[str]:
    seed, promised = bytes.fromhex(proof["seed"]), proof["commitment"]
    lists = [proof[name] for name in ("terms", "targets", "inspectors")]
    if set(proof) != {"format", "commitment", "seed", "terms", "targets", "inspectors", "result"}:
        yield "the members of the document"
    if proof["format"] != "double-wings-draw-1" or len(promised) != 4:
        yield "the format"
    if promised["seed_sha256"] != sha256(seed) or seed.hex() != proof["seed"]:
        yield "the seed is not the one that was promised"
    for name, content in zip(("terms", "targets", "inspectors"), lists, strict=True):
        if promised[name + "_sha256"] != sha256(content):
            yield "the " + name + " are not those that were promised"
    if proof["result"] != result_of(seed, *lists):
        yield "the result is not what the seed draws from these lists"


if __name__ == "__main__":
    try:
        found = list(differences(json.loads(Path(sys.argv[1]).read_text(encoding="utf-8"))))
    except (LookupError, ValueError, TypeError, AttributeError) as error:
        found = ["the document cannot be read as a proof: " + type(error).__name__]
    print("\n".join(found) or "proof holds")
    sys.exit(bool(found))
