"""Does this proof of a drawn sample hold? `python sample.py proof.json` needs nothing but Python 3.10.

Compare its `commitment` with the one you saw published before the draw, and its `public_value` with the source that the
terms name: these two are what nobody can change afterwards.
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


def canonical(value: Any) -> bytes:
    return json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()


def sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def result_of(seed: bytes, share_bp: int, targets: Any) -> list[str]:
    def order(*words: str) -> str:
        return hmac.new(seed, "|".join(words).encode(), hashlib.sha256).hexdigest()

    def claim(name: str) -> tuple[bool, Fraction]:
        return not part[name], Fraction(len(strata[name]) * bool(part[name]), 2 * part[name] + 1)

    strata: dict[str, list[tuple[str, str]]] = {}
    for one in targets:
        strata.setdefault(one["stratum"], []).append((order("target", one["stratum"], one["id"]), one["id"]))
    part = dict.fromkeys(sorted(strata, key=lambda name: order("stratum", name)), 0)
    for _ in range(-(-len(targets) * share_bp // 10_000)):
        part[max((name for name in part if part[name] < len(strata[name])), key=claim)] += 1
    return [one for _, one in sorted(drawn for name in part for drawn in sorted(strata[name])[: part[name]])]


def differences(proof: Any) -> Iterator[str]:
    secret, promised = bytes.fromhex(proof["secret"]), proof["commitment"]
    if set(proof) != {"format", "commitment", "secret", "public_value", "seed", "terms", "targets", "result"}:
        yield "the members of the document"
    if proof["format"] != "double-wings-sample-1" or len(promised) != 3:
        yield "the format"
    if promised["secret_sha256"] != sha256(secret) or secret.hex() != proof["secret"] or len(secret) != 32:
        yield "the secret is not the one that was promised"
    inputs = {f"{name}_sha256": sha256(canonical(proof[name])) for name in ("terms", "targets")}
    for name, digest in inputs.items():
        if promised[name] != digest:
            yield "the " + name.removesuffix("_sha256") + " are not those that were promised"
    frozen = hashlib.sha256(canonical(inputs)).digest()
    seed = hashlib.sha256(secret + proof["public_value"].encode() + frozen).digest()
    if proof["seed"] != seed.hex():
        yield "the seed is not made of the secret, the public value and the list"
    if proof["result"] != result_of(seed, proof["terms"]["share_bp"], proof["targets"]):
        yield "the result is not what the seed draws from this list"


if __name__ == "__main__":
    try:
        found = list(differences(json.loads(Path(sys.argv[1]).read_text(encoding="utf-8"), object_pairs_hook=members)))
    except (LookupError, ValueError, TypeError, AttributeError) as error:
        found = ["the document cannot be read as a proof: " + type(error).__name__]
    print("\n".join(found) or "proof holds")
    sys.exit(bool(found))
