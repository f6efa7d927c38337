"""The lottery is fair and can be done again by anybody; every transition of a draw and each refused one."""

import copy
import json
import random
import subprocess
import sys
from collections import Counter
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from pydantic import ValidationError

from deploy.verify.draw import differences, result_of
from services.inspection.planning.draws import domain
from services.inspection.planning.draws.domain import (
    LARGEST,
    Draw,
    DrawDetails,
    DrawHeldInThePast,
    DrawNotCommitted,
    DrawNotRevealed,
    DrawnTarget,
    DrawScopeEmpty,
    DrawTooLarge,
    ExclusionNotInScope,
    InspectorNotInPool,
    NotEnoughInspectors,
    Person,
    RecusalNotOnList,
    ShareTooSmall,
    Unvisited,
    check_share,
)
from services.inspection.planning.draws.lottery import ListedInspector, draw, paired, uncovered
from shared.domain.lots import Listed, parts, sampled, wanted
from shared.domain.refusals import Refusal

AT = datetime(2026, 3, 2, tzinfo=UTC)
DAY = date(2026, 3, 2)
SCRIPT = Path(__file__).parents[2] / "deploy" / "verify" / "draw.py"
DICE = random.Random(20260302)
STRATA = {UUID(int=n): ("g1|high", "g1|low", "|low")[n % 3] for n in range(1, 61)}
PEOPLE = [Person(f"i{n}", "t1", f"晋{n}" if n < 4 else None, n < 4) for n in range(6)]


def committed(strata: dict[UUID, str] = STRATA, people: list[Person] = PEOPLE, **more: Any) -> Draw:
    last = more.pop("last_visitors", {})
    on = more.pop("held_on", DAY)
    details = DrawDetails.model_validate({"name": "抽查", "share_bp": 2000, **more})
    return Draw.commit_to(details, district=None, held_on=on, strata=strata, people=people, last_visitors=last, at=AT)[
        0
    ]


def revealed(**more: Any) -> Draw:
    drawn = committed(**more)
    drawn.reveal(at=AT)
    return drawn


def targets(*sizes: int) -> list[Listed]:
    return [
        Listed(id=f"{stratum}-{n}", stratum=f"s{stratum}") for stratum, size in enumerate(sizes) for n in range(size)
    ]


def inspector(name: str, *excluded: str, certified: bool = True) -> ListedInspector:
    return ListedInspector(id=name, certificate=None, certified=certified, excluded=list(excluded))


@pytest.mark.parametrize(
    ("sizes", "share", "expected"),
    [
        ((100, 100), 500, {5}),
        ((10, 10, 180), 500, {1, 8}),  # the small ones have one each, which the large one pays for
        ((1, 1, 98), 500, {1, 3}),
        ((7, 7, 7), 10_000, {7}),
        ((50, 30, 20), 1000, {5, 3, 2}),
        ((1,) * 100, 500, {0, 1}),  # more strata than the share asks for: five of them
        ((3, 2), 1, {0, 1}),
    ],
)
def test_the_share_is_divided_among_the_strata(sizes: tuple[int, ...], share: int, expected: set[int]) -> None:
    named = {f"s{n}": size for n, size in enumerate(sizes)}
    counts = parts(DICE.randbytes(32), named, wanted(sum(sizes), share))
    assert sum(counts.values()) == wanted(sum(sizes), share)
    assert set(counts.values()) == expected
    assert all(counts[name] <= size for name, size in named.items())


def test_any_division_holds_the_total_and_leaves_no_stratum_out() -> None:
    for _ in range(500):
        sizes = {f"s{n}": DICE.randint(1, 40) for n in range(DICE.randint(1, 12))}
        want = wanted(sum(sizes.values()), DICE.randint(1, 10_000))
        counts = parts(DICE.randbytes(32), sizes, want)
        assert sum(counts.values()) == want
        assert all(0 <= counts[name] <= size for name, size in sizes.items())
        assert want < len(sizes) or min(counts.values()) >= 1


def test_where_not_every_stratum_can_have_one_the_small_ones_have_the_same_chance() -> None:
    sizes = {"small": 1, "large": 60, "other": 3, "more": 36}
    counts = Counter(name for _ in range(2000) for name, n in parts(DICE.randbytes(32), sizes, 2).items() if n)
    assert sum((counts[name] - 1000) ** 2 / 1000 for name in sizes) < 16.3


def test_the_share_is_never_undercut() -> None:
    assert [wanted(number, 500) for number in (1, 20, 21, 1000)] == [1, 1, 2, 50]
    check_share(500, minimum=500)
    with pytest.raises(ShareTooSmall) as refused:
        check_share(499, minimum=500)
    assert refused.value.facts == {"minimum_bp": 500}


CRITICAL = {7: 24.3, 11: 31.3, 23: 49.7}
"""Chi-square at 0.999, by degrees of freedom."""


def test_ten_thousand_draws_are_uniform_in_every_stratum() -> None:
    listed, share, draws = targets(8, 12, 24), 2500, 10_000
    counts: Counter[str] = Counter()
    for _ in range(draws):
        counts.update(target["id"] for target in sampled(DICE.randbytes(32), listed, share))
    assert sum(counts.values()) == draws * wanted(len(listed), share)
    for stratum, size in enumerate((8, 12, 24)):
        observed = [counts[f"{stratum}-{n}"] for n in range(size)]
        expected = sum(observed) / size
        # Without replacement the counts vary less than independent ones: by the share that is not drawn.
        variance = expected * (1 - expected / draws) * size / (size - 1)
        assert sum((one - expected) ** 2 for one in observed) / variance < CRITICAL[size - 1]


def test_no_inspector_is_favoured_and_the_load_is_balanced() -> None:
    people = [inspector(name) for name in "abcd"]
    first: Counter[str] = Counter()
    for _ in range(2000):
        result = paired(DICE.randbytes(32), targets(6), people, 1)
        load = Counter(name for one in result for name in one["inspectors"])
        assert set(load.values()) == {3}
        first[result[0]["inspectors"][0]] += 1
    assert sum((one - 500) ** 2 / 500 for one in first.values()) < 16.3


def test_recused_and_last_visitors_never_go() -> None:
    listed = targets(30)
    people = [inspector(name, *DICE.sample([one["id"] for one in listed], 15)) for name in "abcdef"]
    people += [inspector("x", certified=False), inspector("y", certified=False), inspector("z")]
    excluded = {person["id"]: set(person["excluded"]) for person in people}
    certified = {person["id"] for person in people if person["certified"]}
    for needed in (1, 2):
        if uncovered(listed, people, needed):
            continue
        for _ in range(200):
            for one in paired(DICE.randbytes(32), listed, people, needed):
                assert len(set(one["inspectors"])) == 2
                assert len(certified.intersection(one["inspectors"])) >= needed
                assert not any(one["target"] in excluded[person] for person in one["inspectors"])


@pytest.mark.parametrize(
    ("people", "certified", "missing"),
    [
        ([inspector("a"), inspector("b")], 2, 0),
        ([inspector("a"), inspector("b", "0-0")], 1, 1),
        ([inspector("a"), inspector("b", certified=False)], 1, 0),
        ([inspector("a"), inspector("b", certified=False)], 2, 2),
        ([inspector("a", "0-1"), *[inspector(name, certified=False) for name in "bc"]], 1, 1),
        ([inspector("a")], 1, 2),
        ([], 1, 2),
    ],
)
def test_too_few_are_noticed_before_anything_is_promised(
    people: list[ListedInspector], certified: int, missing: int
) -> None:
    assert len(uncovered(targets(2), people, certified)) == missing


def test_what_is_promised_is_what_is_revealed() -> None:
    drawn = committed()
    before = drawn.commitment
    with pytest.raises(DrawNotRevealed):
        drawn.proof()
    result, fact = drawn.reveal(at=AT)
    assert (fact.drawn, len(result), drawn.drawn_total) == (12, 12, 12)
    proof = drawn.proof()
    assert proof["commitment"] == before
    assert list(differences(json.loads(json.dumps(proof)))) == []
    published = drawn.assignments()
    assert {one.institution_id for one in published} <= set(STRATA)
    assert all(len(one.certificates) == 2 and any(one.certificates) for one in published)
    assert [len(part.assignments) for part in drawn.listed_results({}, at=AT)] == [12]
    assert not any(person.subject in json.dumps(proof) for person in PEOPLE)


def test_names_in_the_proof_follow_from_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(domain, "new_id", lambda: UUID(int=7))
    ones, others = committed(), committed()
    assert ones.id == others.id
    assert ones.people.keys().isdisjoint(others.people)
    assert sorted(person["subject"] for person in ones.people.values()) == [person.subject for person in PEOPLE]


def test_who_closed_since_is_not_visited() -> None:
    drawn, asked = committed(), committed(scope={"statuses": ["closed"]})
    assert [drawn.gone(status) for status in ("active", "suspended", "closed", "merged")] == [
        None,
        None,
        Unvisited.CLOSED,
        Unvisited.MERGED,
    ]
    assert [asked.gone(status) for status in ("closed", "merged")] == [None, Unvisited.MERGED]
    drawn.reveal(at=AT)
    first = drawn.assignments()[0].institution_id
    (part,) = drawn.listed_results({first: Unvisited.CLOSED, UUID(int=99): Unvisited.MERGED}, at=AT)
    assert (len(part.assignments), part.unvisited) == (12, {first: "closed"})


@pytest.mark.parametrize(
    ("went", "expected"),
    [([], None), (["a", "b"], True), (["b", "c", "a"], True), (["a", "c"], False), (["c"], False)],
)
def test_whether_those_went_who_were_drawn(went: list[str], expected: bool | None) -> None:
    assert DrawnTarget(UUID(int=1), None, ["a", "b"], None, UUID(int=2), "done", "t1", went).as_drawn is expected


@pytest.mark.parametrize("act", ["reveal", "cancel"])
@pytest.mark.parametrize("state", ["revealed", "cancelled"])
def test_a_draw_ends_once(state: str, act: str) -> None:
    drawn = committed()
    if state == "revealed":
        drawn.reveal(at=AT)
    else:
        assert drawn.cancel("x", at=AT).reason == "x"
        assert drawn.assignments() == []
    with pytest.raises(DrawNotCommitted):
        drawn.reveal(at=AT) if act == "reveal" else drawn.cancel("x", at=AT)


@pytest.mark.parametrize(
    ("more", "refusal"),
    [
        ({"strata": {}}, DrawScopeEmpty),
        ({"strata": {UUID(int=n): "a" for n in range(LARGEST + 1)}}, DrawTooLarge),
        ({"held_on": DAY - timedelta(days=1)}, DrawHeldInThePast),
        ({"people": PEOPLE[:1]}, NotEnoughInspectors),
        ({"people": PEOPLE[3:], "certified_per_pair": 2}, NotEnoughInspectors),
        ({"people": PEOPLE[:2], "last_visitors": {UUID(int=1): ["i0"]}}, NotEnoughInspectors),
        ({"recusals": [{"subject": "i9", "institution_id": UUID(int=1), "reason": "亲属"}]}, InspectorNotInPool),
        ({"recusals": [{"subject": "i0", "institution_id": UUID(int=99), "reason": "亲属"}]}, RecusalNotOnList),
    ],
)
def test_draws_that_cannot_be(more: dict[str, Any], refusal: type[Refusal]) -> None:
    with pytest.raises(refusal):
        committed(**more)


def test_the_refusal_names_whom_nobody_may_visit() -> None:
    last = {UUID(int=n): ["i0", "i1", "i2", "i3", "i4"] for n in range(1, 31)}
    with pytest.raises(NotEnoughInspectors) as refused:
        committed(last_visitors=last)
    named = [str(UUID(int=n)) for n in range(1, 21)]
    assert refused.value.facts == {"targets": 30, "inspectors": 6, "institutions": named}


def test_what_is_left_out_is_never_drawn_and_which_is_published_but_not_why() -> None:
    last = {UUID(int=1): ["i0", "i1", "i2", "i3", "i4"]}
    left_out = [{"institution_id": UUID(int=n), "reason": "正在立案调查"} for n in (2, 1)]
    drawn = revealed(last_visitors=last, exclusions=left_out, share_bp=10_000)
    assert (drawn.targets_total, drawn.drawn_total, drawn.excluded_total) == (58, 58, 2)
    proof = drawn.proof()
    assert proof["terms"]["excluded"] == [str(UUID(int=1)), str(UUID(int=2))]
    assert "立案" not in json.dumps(proof, ensure_ascii=False)
    assert not {one["id"] for one in proof["targets"]} & set(proof["terms"]["excluded"])
    with pytest.raises(ExclusionNotInScope):
        committed(exclusions=[{"institution_id": UUID(int=99), "reason": "x"}])
    with pytest.raises(DrawScopeEmpty):
        committed(exclusions=[{"institution_id": one, "reason": "x"} for one in STRATA])
    with pytest.raises(ValidationError):
        committed(exclusions=[left_out[0], left_out[0]])


def test_who_is_not_there_is_not_listed() -> None:
    people = [replace(person, present=person.subject != "i0") for person in PEOPLE]
    recusal = {"subject": "i0", "institution_id": UUID(int=1), "reason": "亲属"}
    drawn = committed(people=people, recusals=[recusal])
    assert drawn.inspectors_total == 5
    assert "i0" not in {person["subject"] for person in drawn.people.values()}
    with pytest.raises(NotEnoughInspectors):
        committed(people=people[:2])


def test_recusals_and_last_visits_become_exclusions() -> None:
    recusal = {"subject": "i0", "institution_id": UUID(int=1), "reason": "亲属"}
    drawn = committed(recusals=[recusal], last_visitors={UUID(int=2): ["i1", "gone"]}, share_bp=10_000)
    listed = {one["id"]: one["excluded"] for one in json.loads(drawn.inspectors)}
    subjects = {name: person["subject"] for name, person in drawn.people.items()}
    assert {subjects[name]: excluded for name, excluded in listed.items() if excluded} == {
        "i0": [str(UUID(int=1))],
        "i1": [str(UUID(int=2))],
    }
    drawn.reveal(at=AT)
    pairs = {one["target"]: {subjects[name] for name in one["inspectors"]} for one in json.loads(drawn.result or "")}
    assert "i0" not in pairs[str(UUID(int=1))]
    assert "i1" not in pairs[str(UUID(int=2))]


def leaves(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    if isinstance(value, dict):
        return [leaf for key, one in value.items() for leaf in leaves(one, (*path, key))]
    if isinstance(value, list):
        return [leaf for place, one in enumerate(value) for leaf in leaves(one, (*path, place))]
    return [path]


def test_the_script_finds_every_changed_value() -> None:
    proof = json.loads(json.dumps(revealed().proof()))
    paths = leaves(proof)
    assert len(paths) > 150
    for path in paths:
        changed = copy.deepcopy(proof)
        place = changed
        for step in path[:-1]:
            place = place[step]
        value = place[path[-1]]
        place[path[-1]] = (not value) if isinstance(value, bool) else f"{value}x" if value is None else _nudged(value)
        differs = True
        with suppress(LookupError, ValueError, TypeError):  # no proof at all, which the script says too
            differs = bool(list(differences(changed)))
        assert differs, path


def _nudged(value: str | int) -> str | int:
    return value + 1 if isinstance(value, int) else value[:-1] + ("0" if value[-1] != "0" else "1")


def test_changing_any_input_changes_the_proof() -> None:
    proof = json.loads(json.dumps(revealed().proof()))
    inputs = (bytes.fromhex(proof["seed"]), proof["terms"], proof["targets"], proof["inspectors"])
    assert draw(*inputs) == proof["result"]
    assert draw(DICE.randbytes(32), *inputs[1:]) != proof["result"]
    assert committed().seed_sha256 != committed().seed_sha256
    again = committed(strata=STRATA | {UUID(int=1): "g2|low"})
    assert again.commitment["targets_sha256"] != proof["commitment"]["targets_sha256"]


def test_the_script_draws_what_we_draw() -> None:
    for _ in range(200):
        listed = targets(*[DICE.randint(1, 30) for _ in range(DICE.randint(1, 10))])
        DICE.shuffle(listed)
        people = [inspector(name, certified=DICE.random() < 0.7) for name in "abcdefgh"[: DICE.randint(2, 8)]]
        terms = {"share_bp": DICE.randint(1, 10_000), "certified_per_pair": DICE.randint(0, 2)}
        seed = DICE.randbytes(32)
        assert result_of(seed, terms, listed, people) == draw(seed, terms, listed, people)


def verified(path: Path) -> tuple[int, str]:
    ran = subprocess.run([sys.executable, "-I", SCRIPT, path], capture_output=True, encoding="utf-8", check=False)
    return ran.returncode, ran.stdout


def test_the_script_runs_by_itself(tmp_path: Path) -> None:
    file = tmp_path / "proof.json"
    content = json.dumps(revealed().proof(), ensure_ascii=False)
    file.write_text(content, encoding="utf-8")
    assert verified(file) == (0, "proof holds\n")
    seed = json.loads(content)["seed"]
    file.write_text(content.replace(seed, "0" * 64), encoding="utf-8")
    code, said = verified(file)
    assert code == 1
    assert "the seed is not the one that was promised" in said
    for twice in ('{"seed": "00", ', '{"commitment": {"seed_sha256": "00"}, '):
        file.write_text(twice + content[1:], encoding="utf-8")
        assert verified(file) == (1, "the document cannot be read as a proof: ValueError\n")
    file.write_text(content.replace('"terms": {', '"terms": {"name": "x", ', 1), encoding="utf-8")
    assert verified(file) == (1, "the document cannot be read as a proof: ValueError\n")
    file.write_text(content[:-1], encoding="utf-8")
    assert verified(file) == (1, "the document cannot be read as a proof: JSONDecodeError\n")
