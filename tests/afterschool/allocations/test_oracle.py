"""Another implementation of deferred acceptance, the package `matching`, gives the same seats.

It knows hospitals with one order of residents each and no reserves. A soft reserve can be told to it nevertheless: the
reserved seats of an offering are a hospital of their own, which puts the group first; the group asks there before it
asks for the seats of everybody, and all others ask there last.
"""

import random

import pytest
from matching.games import HospitalResident

from services.afterschool.placement.allocations.lottery import Key
from services.afterschool.placement.allocations.market import GENERAL, Market
from services.afterschool.placement.allocations.mechanism import allocate
from tests.afterschool.allocations.markets import by_name, crowd, tiny


def by_matching(one: Market, numbers: list[bytes]) -> dict[str, str]:
    """child -> offering."""
    ranks = {child.id: Key(child.credit, number).rank for child, number in zip(one.children, numbers, strict=True)}
    offerings = {offering.id: offering for offering in one.offerings}
    sizes = {f"{offering.id}|{pool}": size for offering in one.offerings for pool, size in offering.pools if size}
    wishes: dict[str, list[str]] = {}
    order: dict[str, list[tuple[bool, bytes, str]]] = {}
    for child in one.children:
        wishes[child.id] = []
        for choice in child.choices:
            own = offerings[choice].pool_of(child.groups)
            pools = dict.fromkeys([own, GENERAL, *(pool for pool, _ in offerings[choice].pools)])
            for pool in pools:
                if f"{choice}|{pool}" in sizes:
                    wishes[child.id].append(f"{choice}|{pool}")
                    order.setdefault(f"{choice}|{pool}", []).append(
                        (pool not in (own, GENERAL), ranks[child.id], child.id)
                    )
    residents = {name: listed for name, listed in wishes.items() if listed}
    hospitals = {name: [child for *_, child in sorted(asking)] for name, asking in order.items()}
    game = HospitalResident.create_from_dictionaries(residents, hospitals, {name: sizes[name] for name in hospitals})
    return {
        str(resident.name): str(hospital.name).split("|")[0]
        for hospital, residents in game.solve(optimal="resident").items()
        for resident in residents
    }


@pytest.mark.parametrize("reserves", [False, True])
def test_the_package_agrees(reserves: bool) -> None:
    for seed in range(200):
        one = tiny(random.Random(seed), reserves=reserves)
        numbers = by_name(seed, one.children)
        ours = {name: seat.offering for name, seat in allocate(one, numbers).seats.items()}
        assert by_matching(one, numbers) == ours, seed


def test_the_package_agrees_on_a_crowd() -> None:
    one = crowd(random.Random(5), 300, 10, 20)
    numbers = by_name(5, one.children)
    assert by_matching(one, numbers) == {name: seat.offering for name, seat in allocate(one, numbers).seats.items()}
