"""Checks a published allocation of places: `python allocation.py FILE ...` needs nothing but Python 3.11.

It draws the lottery of FILE again, allocates again, and prints what differs. Exit code 0 if nothing differs, 1 if
something does, 2 without a file. By itself a file proves only that it fits together. Compare yourself:

- `commitment` with the one published before the wishes opened;
- `public_value` with the source that was named then, and whose value was drawn after the wishes had closed;
- the hashes in `inputs` with those published when the wishes closed;
- your child's entry in `children` with what you asked for.

FILE is one JSON object about one market: all courses of one school and term in one weekday slot, or in one block of
several slots.

    format         "double-wings-allocation-1"
    market         school, term, slots (sorted; a block has several)
    offerings      sorted by id: id, and pools in published order as [group, free seats]
    children       sorted by id: id (a pseudonym), choices (at most five, best first), groups (sorted), credit
    left           child: market, for each child with a seat in a block that takes a slot of this market
    inputs         market: SHA-256 of {market, offerings, children}, for every market drawn with the same seed
    secret         32 bytes, in hexadecimal like every hash and number here
    commitment     SHA-256 of the secret
    public_value   text
    seats          child: offering, and the pool that the seat is of
    cutoffs        per offering and pool: seats, admitted, last (credit and number of the last admitted child, or null)
    wished_swaps   pairs of children who would both prefer the other's seat, which reserves prevent; children in a pair

Hashed JSON is json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False) in UTF-8. The market's name
is school|term|slot+slot. The seed is SHA-256(secret, public_value, SHA-256 of inputs), a child's number is
HMAC-SHA256(seed, market's name|child). A child counts in the first pool of an offering whose group it has, else in
"general". Among the children of one pool the higher credit is first, then the smaller number.

The rule: every child that has not left asks for its first choice. Each offering fills its reserved seats with the best
of their groups and all other seats with the best of the others. It refuses the rest, who ask for their next choice. A
child may lose a seat to a better one who asks later. This ends when nobody is refused.

`left` is checked if the files of the blocks are given too.
"""

import hashlib
import hmac
import json
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

MEMBERS = {
    *("format", "market", "offerings", "children", "left", "inputs", "secret", "commitment", "public_value"),
    *("seats", "cutoffs", "wished_swaps"),
}
SHOWN = 20
"""Differences of one kind that are printed; more are counted."""


def members(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    if len(dict(pairs)) != len(pairs):
        raise ValueError("a name is there twice, and two readers may see two documents")
    return dict(pairs)


def sha256(value: Any) -> bytes:
    if not isinstance(value, bytes):
        value = json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()
    return hashlib.sha256(value).digest()


def name_of(document: Any) -> str:
    market = document["market"]
    return "|".join((market["school"], market["term"], "+".join(market["slots"])))


def key_of(child: Any, seed: bytes, market: str) -> tuple[int, str]:
    return -child["credit"], hmac.new(seed, f"{market}|{child['id']}".encode(), hashlib.sha256).hexdigest()


def pool_of(child: Any, offering: Any) -> str:
    return next((group for group, _ in offering["pools"] if group in child["groups"]), "general")


def hold(offering: Any, asking: list[Any], keys: dict[str, Any]) -> tuple[dict[str, list[Any]], list[Any], int]:
    """The children an offering takes, by pool; those it refuses; and how many seats everybody could have."""
    asking = sorted(asking, key=lambda child: keys[child["id"]])
    taken: dict[str, list[Any]] = {group: [] for group, _ in offering["pools"]} | {"general": []}
    sizes, others = dict(offering["pools"]), []
    for child in asking:
        pool = pool_of(child, offering)
        if pool != "general" and len(taken[pool]) < sizes[pool]:
            taken[pool].append(child)
        else:
            others.append(child)
    free = sum(sizes.values()) - sum(map(len, taken.values()))
    taken["general"] = others[:free]
    return taken, others[free:], free


def allocate(document: Any, keys: dict[str, Any]) -> tuple[dict[str, Any], list[Any]]:
    """Seats and cut-offs, in rounds: all who have no seat ask at once."""
    offerings = {offering["id"]: offering for offering in document["offerings"]}
    result = {name: hold(offering, [], keys) for name, offering in offerings.items()}
    asked: Counter[str] = Counter()
    seatless = [child for child in document["children"] if child["id"] not in document["left"]]
    while seatless:
        newcomers: dict[str, list[Any]] = {}
        for child in seatless:
            if asked[child["id"]] < len(child["choices"]):
                newcomers.setdefault(child["choices"][asked[child["id"]]], []).append(child)
                asked[child["id"]] += 1
        seatless = []
        for name, asking in newcomers.items():
            holders = [child for pool in result[name][0].values() for child in pool]
            result[name] = hold(offerings[name], holders + asking, keys)
            seatless += result[name][1]
    seats, cutoffs = {}, []
    for name, (taken, _, free) in sorted(result.items()):
        for pool, holders in sorted(taken.items()):
            seats.update({child["id"]: {"offering": name, "pool": pool} for child in holders})
            last = max((keys[child["id"]] for child in holders), default=None)
            cutoffs.append(
                {
                    "offering": name,
                    "pool": pool,
                    "seats": free if pool == "general" else dict(offerings[name]["pools"])[pool],
                    "admitted": len(holders),
                    "last": last and {"credit": -last[0], "number": last[1]},
                }
            )
    return seats, cutoffs


def wished_swaps(document: Any, seats: dict[str, Any]) -> dict[str, int]:
    wishes = {}
    for child in document["children"]:
        if child["id"] in seats:
            has = seats[child["id"]]["offering"]
            wishes[child["id"]] = [(has, more) for more in child["choices"][: child["choices"].index(has)]]
    wanted = Counter(wish for own in wishes.values() for wish in own)
    pairs = sum(count * wanted[more, has] for (has, more), count in wanted.items()) // 2
    return {"pairs": pairs, "children": sum(any(wanted[more, has] for has, more in own) for own in wishes.values())}


def differences(document: Any) -> Iterator[str]:
    """The faults within one file."""
    if set(document) != MEMBERS or document["format"] != "double-wings-allocation-1":
        yield "the format or the members of the document"
    name, secret = name_of(document), bytes.fromhex(document["secret"])
    if sha256(secret).hex() != document["commitment"] or len(secret) != 32:
        yield "the secret is not the one that was promised"
    frozen = {part: document[part] for part in ("market", "offerings", "children")}
    if document["inputs"].get(name) != sha256(frozen).hex():
        yield "market, offerings or children are not those that were frozen"
    yield from faulty_input(document)
    seed = sha256(secret + document["public_value"].encode() + sha256(document["inputs"]))
    keys = {child["id"]: key_of(child, seed, name) for child in document["children"]}
    seats, cutoffs = allocate(document, keys)
    published = document["seats"]
    yield from some(
        f"child {child}: published {told(published.get(child))}, by the rule {told(seats.get(child))}"
        for child in sorted({*published, *seats})
        if published.get(child) != seats.get(child)
    )
    found = {(cut["offering"], cut["pool"]): cut for cut in document["cutoffs"]}
    wanted = {(cut["offering"], cut["pool"]): cut for cut in cutoffs}
    yield from some(
        f"cut-off of {offering}, pool {pool}: published {found.get((offering, pool))}, "
        f"by the rule {wanted.get((offering, pool))}"
        for offering, pool in sorted({*found, *wanted})
        if found.get((offering, pool)) != wanted.get((offering, pool))
    )
    if len(found) != len(document["cutoffs"]):
        yield "a cut-off is published twice"
    if document["wished_swaps"] != wished_swaps(document, seats):
        yield "the number of wished swaps"


def faulty_input(document: Any) -> Iterator[str]:
    """Input on which the rule means nothing."""
    offerings, children = document["offerings"], document["children"]
    names = {offering["id"] for offering in offerings}
    if len(names) != len(offerings) or len({child["id"] for child in children}) != len(children):
        yield "an offering or a child is listed twice"
    if any(size < 0 for offering in offerings for _, size in offering["pools"]):
        yield "a pool has less than no seat"
    for child in children:
        choices = child["choices"]
        if len(choices) > 5 or len({*choices}) != len(choices) or not names.issuperset(choices):
            yield f"the choices of child {child['id']}"


def between(documents: dict[str, Any]) -> Iterator[str]:
    """The faults between the files of one draw."""
    if len({sha256([one["inputs"], one["secret"], one["public_value"]]) for one in documents.values()}) > 1:
        yield "the files are not of one draw"
    for name, document in documents.items():
        listed = {child["id"] for child in document["children"]}
        for other, block in documents.items():
            if before(block, document):
                placed = listed & {*block["seats"]}
                said = {child for child, where in document["left"].items() if where == other}
                elsewhere = {child for child in placed - said if document["left"].get(child) in (None, name)}
                yield from some(f"child {child}: has a seat in {other} and takes part in {name}" for child in elsewhere)
                yield from some(f"child {child}: left {name} without a seat in {other}" for child in said - placed)
        wrong = {where for where in document["left"].values() if where in documents}
        wrong -= {other for other, block in documents.items() if before(block, document)}
        yield from some(f"children left {name} for {other}, which does not come before it" for other in sorted(wrong))


def before(block: Any, document: Any) -> bool:
    """Whether a seat in the one takes a child out of the other: the market with more slots is first, then by name."""
    one, other = block["market"], document["market"]
    return (
        (one["school"], one["term"]) == (other["school"], other["term"])
        and not {*one["slots"]}.isdisjoint(other["slots"])
        and (-len(one["slots"]), name_of(block)) < (-len(other["slots"]), name_of(document))
    )


def told(seat: Any) -> str:
    return f"{seat['offering']} ({seat['pool']})" if seat else "no seat"


def some(lines: Iterator[str]) -> Iterator[str]:
    """The first lines, and how many more there are."""
    number = 0
    for number, line in enumerate(lines, 1):
        if number <= SHOWN:
            yield line
    if number > SHOWN:
        yield f"... and {number - SHOWN} more like these"


def main(paths: list[str]) -> int:
    documents: dict[str, Any] = {}
    found = []
    for path in paths:
        try:
            document = json.loads(Path(path).read_text(encoding="utf-8"), object_pairs_hook=members)
            found += [f"{path}: {line}" for line in differences(document)]
            documents[name_of(document)] = document
        except (OSError, LookupError, ValueError, TypeError, AttributeError) as error:
            found.append(f"{path}: cannot be read as an allocation: {type(error).__name__}")
    if not found:
        found += between(documents)
    print("\n".join(found) or "the allocation follows its rules")
    missing = sorted({block for one in documents.values() for block in one["left"].values()} - documents.keys())
    if missing:
        print("not checked, because their files were not given: who has a seat in " + ", ".join(missing))
    return 1 if found else 0


if __name__ == "__main__":
    if len(sys.argv) < 2:
        print(__doc__, file=sys.stderr)
        sys.exit(2)
    sys.exit(main(sys.argv[1:]))
